"""Sending a tip: once per key, in one transaction with its line of chat.

Amounts are minor units of credits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _
from sqlalchemy import select

from ppvcms.api import (
    KeyReusedError,
    Refusal,
    charge,
    credits_text,
    db,
    names_of,
    new_id,
    now_ms,
    once,
    post_chat,
    push_room,
    refusal_to_spend,
    settings,
    time_left_after,
    transaction,
    wallet,
)

from .choices import SLUG, Look, look_of, options
from .models import Tip

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from ppvcms.api import Actor, RoomView

NOTE_MAX = 140
WARN_BELOW_S = 60


class TooSoonError(Exception):
    """The same person tipped a moment ago; the transaction is undone."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A tip that was paid, and what is available afterwards."""

    tip_id: str
    amount: int
    available: int


@dataclass(frozen=True, slots=True)
class Wish:
    """A tip as it shall be paid: how it looks is read before the money is locked."""

    amount: int
    note: str
    key: str
    to: str | None
    look: Look


def send_tip(
    room: RoomView,
    actor: Actor,
    *,
    amount: int,
    note: str,
    key: str,
    confirmed: bool,
    to: str | None = None,
) -> Sent | Refusal:
    """Pay a tip out of what is available; the same key pays once (R-04, R-44, R-46).

    All who perform share it, or the one whom `to` names gets it (WL-10). While a
    metered show runs and would have under a minute left afterwards, the payer
    confirms first.
    """
    words = " ".join(note.split())
    unique = f"{actor.user_id}:{key}"[:96]
    if _paid(unique) is None:
        refusal = _refusal(room, actor, amount=amount, note=words)
        refusal = refusal or refusal_to_spend(actor, "tip", amount)
        if refusal is not None:
            return refusal
        left_s = time_left_after(str(actor.user_id), amount)
        if left_s is not None and left_s < WARN_BELOW_S and not confirmed:
            return _confirm(left_s)
    asked = {"room": room.id, "amount": amount, "note": words, "to": to}
    wish = Wish(amount, words, unique, to, look_of(amount))
    try:
        answer = transaction(
            lambda session: once(
                session,
                f"tips:{unique}",
                asked,
                lambda: _pay(session, room, actor, wish),
            )
        )
    except KeyReusedError:
        return Refusal(
            "key_reused",
            _("This tip was sent already, with another amount. Nothing more was taken."),
        )
    except TooSoonError:
        return Refusal(
            "too_fast",
            _("That was a moment too fast. Nothing was taken."),
            _("Wait a few seconds and send it again."),
        )
    if isinstance(answer, Refusal):
        return answer
    return Sent(answer["tip"], amount, wallet(str(actor.user_id)).available)


def _pay(session: Session, room: RoomView, actor: Actor, wish: Wish) -> dict[str, Any] | Refusal:
    tip_id = new_id()
    transfer = charge(
        session,
        payer=actor,
        room_id=room.id,
        amount=wish.amount,
        kind="tip",
        source=f"tips:tip:{tip_id}",
        memo=f"Tip: {room.title}",
        key=f"tips:{wish.key}",
        to=wish.to,
    )
    if isinstance(transfer, Refusal):
        return transfer
    now = now_ms(session)
    # The charge has locked the wallet, so two tips of one person look one after the other.
    _refuse_haste(session, str(actor.user_id), now)
    session.add(
        Tip(
            id=tip_id,
            key=wish.key,
            room_id=room.id,
            show_id=room.show_id,
            user_id=str(actor.user_id),
            amount=wish.amount,
            note=wish.note,
            to_id=wish.to,
            transfer_id=transfer,
            made_at=now,
        )
    )
    session.flush()
    _say(session, room, actor, wish, tip_id)
    return {"tip": tip_id}


def _say(session: Session, room: RoomView, actor: Actor, wish: Wish, tip_id: str) -> None:
    """Show a tip in the chat of its place, and let its pages hear it."""
    look = wish.look
    words = wish.note or look.label or _("sent a tip")
    if wish.to is not None:
        name = names_of((wish.to,)).get(wish.to, "")
        words = _("to %(name)s: %(words)s", name=name, words=words)
    data = {"amount": wish.amount, "tip": tip_id, "colour": look.colour, "image": look.image}
    post_chat(session, room, words, kind="tip", actor=actor, data=data)
    shown = look.as_json() | {
        "id": tip_id,
        "name": actor.name,
        "amount": wish.amount,
        "note": wish.note,
        "room": room.slug,
    }
    push_room(session, room, "tip", shown)


def _refuse_haste(session: Session, user_id: str, now: int) -> None:
    query = select(Tip.made_at).where(Tip.user_id == user_id).order_by(Tip.made_at.desc()).limit(1)
    last = session.scalar(query)
    if last is not None and now - last < settings(SLUG).gap_s * 1000:
        raise TooSoonError


def _paid(unique: str) -> str | None:
    return db.session.scalar(select(Tip.id).where(Tip.key == unique))


def _refusal(room: RoomView, actor: Actor, *, amount: int, note: str) -> Refusal | None:
    values = settings(SLUG, room=room)
    if actor.user_id is None:
        return Refusal("sign_in", _("You are not signed in."), _("Sign in to send a tip."))
    if room.state == "offline":
        return Refusal("closed", _("The room is not live any more. Nothing was taken."))
    if len(note) > NOTE_MAX:
        return Refusal(
            "invalid",
            _("A note has at most %(most)s characters. Nothing was taken.", most=NOTE_MAX),
        )
    ready = {option.amount for option in options()}
    if amount not in ready and not values.least <= amount <= values.most:
        return Refusal(
            "range",
            _(
                "A tip is between %(least)s and %(most)s credits. Nothing was taken.",
                least=credits_text(values.least),
                most=credits_text(values.most),
            ),
        )
    return None


def _confirm(left_s: int) -> Refusal:
    return Refusal(
        "confirm",
        _("After this tip the show could go on for %(left)s more seconds.", left=left_s),
        _("Send it all the same, or add credits first."),
        details={"left_s": left_s},
    )
