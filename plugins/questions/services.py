"""Asking, answering, refusing, withdrawing: each with its money in one transaction (R-52 to R-55).

Amounts are minor units of credits, times epoch milliseconds. Questions are
locked before escrows, escrows before accounts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _
from sqlalchemy import select

from ppvcms.api import (
    KeyReusedError,
    Refusal,
    credits_text,
    db,
    escrow_pay,
    escrow_put,
    escrow_refund,
    new_id,
    now_ms,
    once,
    refusal_to_spend,
    settings,
    transaction,
)

from . import files, tell
from .models import Question, QuestionReply
from .offers import KINDS, SLUG, closed, offer_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from ppvcms.api import Actor, RoomView

    from .files import Incoming, Kept

LONGEST = 4000
LONGEST_REASON = 300
HOUR_MS = 3_600_000
OPEN, ANSWERED, REFUSED = "open", "answered", "refused"
WITHDRAWN, RETURNED = "withdrawn", "returned"


@dataclass(frozen=True, slots=True)
class Draft:
    """A question as the page sends it; `price` is what was shown beside the button."""

    kind: str
    text: str
    price: int
    key: str


def ask(
    room: RoomView, actor: Actor, draft: Draft, incoming: Sequence[Incoming] = ()
) -> str | Refusal:
    """Send a question with its price into escrow and return its id; the same key asks once (R-52).

    A file that fails the check leaves all as it was: nothing sent, nothing taken (R-55).
    """
    refusal = _refusal(room, actor, draft, incoming)
    if refusal is None and draft.price:
        refusal = refusal_to_spend(actor, "question", draft.price)
    if refusal is not None:
        return refusal
    kept = files.keep(actor, incoming)
    if isinstance(kept, Refusal):
        return kept
    unique = f"{actor.user_id}:{draft.key}"[:96]
    asked = {"room": room.id, "kind": draft.kind, "text": draft.text, "price": draft.price}
    try:
        answer = transaction(
            lambda session: once(
                session,
                f"questions:{unique}",
                asked,
                lambda: _ask(session, room, actor, draft, unique, kept),
            )
        )
    except KeyReusedError:
        files.drop_unused(kept)
        return Refusal("key_reused", _("This was sent already, with other words."))
    files.drop_unused(kept)
    return answer if isinstance(answer, Refusal) else str(answer["question"])


def reply(
    question_id: str, actor: Actor, text: str, *, key: str, incoming: Sequence[Incoming] = ()
) -> Refusal | None:
    """Write an answer; the first one to an open question earns its price (R-53).

    A reply that comes after the refund is refused, and who wrote it is told (R-54).
    """
    words = text.strip()
    if len(words) > LONGEST or not (words or incoming):
        return Refusal("text", _("Write an answer of at most %(most)s characters.", most=LONGEST))
    kept = files.keep(actor, incoming)
    if isinstance(kept, Refusal):
        return kept
    unique = f"{question_id}:{key}"[:96]

    def act(session: Session) -> Refusal | None:
        question = locked(session, question_id)
        if question is None or question.performer_id != actor.user_id:
            return not_yours()
        known = session.scalar(select(QuestionReply.id).where(QuestionReply.key == unique))
        if known is not None:
            return None
        refusal = _answer(session, question)
        if refusal is not None:
            return refusal
        row = QuestionReply(
            id=new_id(), key=unique, question_id=question.id, text=words, made_at=now_ms(session)
        )
        session.add(row)
        session.flush()
        files.attach(session, question.id, kept, reply_id=row.id)
        tell.answered(session, question, actor.name)
        return None

    answer = transaction(act)
    files.drop_unused(kept)
    return answer


def refuse(question_id: str, actor: Actor, reason: str) -> Refusal | None:
    """Refuse an open question; all of its price goes back at once (R-54)."""
    words = " ".join(reason.split())[:LONGEST_REASON]

    def act(session: Session) -> Refusal | None:
        question = locked(session, question_id)
        if question is None or question.performer_id != actor.user_id:
            return not_yours()
        refusal = _give_back(session, question, REFUSED, actor)
        if refusal is None:
            question.reason = words
            tell.refused(session, question, actor.name)
        return refusal

    return transaction(act)


def withdraw(question_id: str, actor: Actor) -> Refusal | None:
    """Take an unread question back, and its price with it (R-52)."""

    def act(session: Session) -> Refusal | None:
        question = locked(session, question_id)
        if question is None or question.sender_id != actor.user_id:
            return not_yours()
        if question.state == OPEN and question.read_at is not None:
            return Refusal(
                "read",
                _("It was read already, so it cannot be taken back. Nothing was changed."),
                _("Without an answer in time the credits come back by themselves."),
            )
        return _give_back(session, question, WITHDRAWN, actor)

    return transaction(act)


def mark_read(question_id: str, actor: Actor) -> None:
    """Note that the one who was asked has seen a question; this earns nothing (R-53)."""

    def act(session: Session) -> None:
        question = locked(session, question_id)
        if question is not None and question.performer_id == actor.user_id:
            question.read_at = question.read_at or now_ms(session)

    transaction(act)


def returned(session: Session, question: Question, reason: str) -> None:
    """Note that an open question has ended without an answer, and tell both (R-54)."""
    if question.state != OPEN:
        return
    question.state, question.reason, question.ended_at = RETURNED, reason, now_ms(session)
    tell.returned(session, question)


def locked(session: Session, question_id: str) -> Question | None:
    """Return a question, locked until the transaction ends."""
    return session.get(Question, question_id, with_for_update=True, populate_existing=True)


def not_yours() -> Refusal:
    """Return the refusal for a question of other people."""
    return Refusal("not_found", _("There is no such question. Nothing was changed."))


def _ask(
    session: Session,
    room: RoomView,
    actor: Actor,
    draft: Draft,
    unique: str,
    kept: Sequence[Kept],
) -> dict[str, Any] | Refusal:
    question_id, now = new_id(), now_ms(session)
    deadline = now + settings(SLUG).deadline_h * HOUR_MS
    waits = _wait(session, room, actor, draft, unique, question_id, deadline)
    if isinstance(waits, Refusal):
        return waits
    question = Question(
        id=question_id,
        key=unique,
        performer_id=room.performer_id,
        room_id=room.id,
        sender_id=str(actor.user_id),
        kind=draft.kind,
        text=draft.text.strip(),
        price=draft.price,
        escrow_id=waits,
        state=OPEN,
        made_at=now,
        deadline_at=deadline,
    )
    session.add(question)
    session.flush()
    files.attach(session, question_id, kept)
    tell.asked(session, question, actor.name)
    return {"question": question_id}


def _wait(
    session: Session,
    room: RoomView,
    actor: Actor,
    draft: Draft,
    unique: str,
    question_id: str,
    deadline: int,
) -> str | Refusal | None:
    """Put the price away and return the escrow's id; None for a free question."""
    if not draft.price:
        return None
    made = escrow_put(
        session,
        payer=actor,
        room_id=room.id,
        amount=draft.price,
        kind="question",
        source=f"questions:question:{question_id}",
        memo=_("Question: %(room)s", room=room.title),
        key=f"questions:{unique}",
        ends_at=deadline,
    )
    return made if isinstance(made, Refusal) else made.id


def _answer(session: Session, question: Question) -> Refusal | None:
    """Pay for the first reply; further ones to an answered question are free."""
    if question.state == ANSWERED:
        return None
    if question.state != OPEN:
        return _over()
    if question.escrow_id is not None:
        paid = escrow_pay(session, question.escrow_id, reason=ANSWERED)
        if isinstance(paid, Refusal):
            return _over()
    question.state, question.ended_at = ANSWERED, now_ms(session)
    question.read_at = question.read_at or question.ended_at
    return None


def _give_back(session: Session, question: Question, state: str, actor: Actor) -> Refusal | None:
    if question.state != OPEN:
        return _over()
    if question.escrow_id is not None:
        back = escrow_refund(session, question.escrow_id, reason=state, actor_id=actor.user_id)
        if isinstance(back, Refusal):
            return _over()
    question.state, question.ended_at = state, now_ms(session)
    return None


def _over() -> Refusal:
    return Refusal(
        "over",
        _("This question has ended meanwhile. Nothing was sent and no credits moved."),
        _("Load the page again to see how it ended."),
    )


def _refusal(
    room: RoomView, actor: Actor, draft: Draft, incoming: Sequence[Incoming]
) -> Refusal | None:
    nothing = _("Nothing was sent and nothing was taken.")
    if actor.user_id is None or not actor.can("message.send"):
        return Refusal("forbidden", f"{_('Your account cannot send questions.')} {nothing}")
    if actor.user_id == room.performer_id:
        return Refusal("forbidden", f"{_('This is your own room.')} {nothing}")
    unfit = _unfit(draft, incoming, nothing)
    if unfit is not None or _known(f"{actor.user_id}:{draft.key}"[:96]):
        return unfit
    return _not_taken(room, draft, nothing)


def _unfit(draft: Draft, incoming: Sequence[Incoming], nothing: str) -> Refusal | None:
    if draft.kind not in KINDS or not draft.key:
        return Refusal("kind", f"{_('Choose a kind of question.')} {nothing}")
    text = draft.text.strip()
    if len(text) > LONGEST or not (text or incoming):
        words = _("Write a question of at most %(most)s characters.", most=LONGEST)
        return Refusal("text", f"{words} {nothing}")
    return files.lacks(draft.kind, incoming)


def _not_taken(room: RoomView, draft: Draft, nothing: str) -> Refusal | None:
    offer = offer_of(room.performer_id)
    if not offer.takes:
        return closed(offer)
    if draft.price != offer.prices[draft.kind]:
        now = credits_text(offer.prices[draft.kind])
        return Refusal(
            "price",
            f"{_('The price has changed to %(price)s meanwhile.', price=now)} {nothing}",
            _("Send it again if that is right for you."),
        )
    return None


def _known(unique: str) -> bool:
    return db.session.scalar(select(Question.id).where(Question.key == unique)) is not None
