"""Checking in: a proposal, the answers of those it concerns, and what comes of it.

Alike: each newcomer who accepts is in at once. By percentages, or where agreed
percentages would change: all who are not the host accept, or nothing changes
(CM-03). Nobody is in who has not said yes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask_babel import gettext as _
from sqlalchemy import select

from ppvcms.api import (
    Present,
    Refusal,
    change_performers,
    db,
    label,
    new_id,
    now_ms,
    performers_in,
    person,
    push_person,
    push_room,
    refusal_to_perform,
    room_shared_by,
    send_notice,
    transaction,
)

from .models import Part, Proposal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session

    from ppvcms.api import Actor, RoomView

ANSWER_MS = 60_000
HOLDS_MS = 900_000
"""An acceptance given before the room is live counts when it goes live in this time."""
MOST = 12
WHOLE = 100


@dataclass(frozen=True, slots=True)
class Wish:
    """Who shall be in: ids in their order, without the host; percents of all, or alike."""

    guests: tuple[str, ...]
    percents: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True)
class _Plan:
    """Who would be there, with which weights, and who is asked."""

    people: tuple[str, ...]
    weights: Mapping[str, int]
    asked: tuple[str, ...]
    alike: bool


def propose(room: RoomView, actor: Actor, wish: Wish, *, key: str) -> str | Refusal:
    """Ask people to share the show of a room; return the proposal's id.

    The guests are all who shall be there besides the host; who is there already and
    is not named stays. The same key asks once.
    """
    plan = _refusal_of(room, actor, wish) or _plan(room, wish)
    if isinstance(plan, Refusal):
        return plan
    unique = f"{actor.user_id}:{key}"[:96]

    def act(session: Session) -> str | Refusal:
        known = session.scalar(select(Proposal.id).where(Proposal.key == unique))
        if known is not None:
            return known
        if _waiting(session, room.id, now_ms(session)) is not None:
            return Refusal(
                "one_open",
                _("You have asked a moment ago. Nobody else was asked."),
                _("Wait for the answers, or take the question back."),
            )
        proposal = _write(session, room, plan, unique)
        for one in plan.asked:
            _ask(session, one, proposal, actor.name, room)
        push_room(session, room, "checkin", {"room": room.slug})
        return proposal.id

    return transaction(act)


def _plan(room: RoomView, wish: Wish) -> _Plan | Refusal:
    host = room.performer_id
    here = {one.performer_id: one.weight for one in performers_in(db.session(), room.id)}
    people = tuple(dict.fromkeys([host, *here, *wish.guests]))
    if len(people) > MOST:
        return Refusal("range", _("At most %(most)s people fit into one show.", most=MOST))
    alike = wish.percents is None and len(set(here.values())) <= 1
    weights = dict.fromkeys(people, 1) if wish.percents is None else dict(wish.percents)
    if set(weights) != set(people):
        return Refusal("percent", _("Give a percentage for each person. Nobody was asked."))
    asked = tuple(one for one in people if one != host and not (alike and one in here))
    if not asked:
        return Refusal("nothing", _("They are here already. Nothing was changed."))
    return _Plan(people, weights, asked, alike)


def _write(session: Session, room: RoomView, plan: _Plan, key: str) -> Proposal:
    now = now_ms(session)
    proposal = Proposal(
        id=new_id(),
        room_id=room.id,
        host_id=room.performer_id,
        open_for=room.id,
        key=key,
        alike=plan.alike,
        made_at=now,
        expires_at=now + ANSWER_MS,
    )
    session.add(proposal)
    session.flush()
    session.add_all(
        Part(
            proposal_id=proposal.id,
            performer_id=one,
            place=place,
            weight=plan.weights[one],
            answer="waiting" if one in plan.asked else ("host" if place == 0 else "yes"),
        )
        for place, one in enumerate(plan.people)
    )
    session.flush()
    return proposal


def answer(proposal_id: str, actor: Actor, room: RoomView, *, yes: bool) -> str | Refusal:
    """Say yes or no to a proposal; return its state afterwards.

    A yes that makes it complete changes the show in the same transaction (R-48).
    """
    refusal = refusal_to_perform(actor, "check_in") if yes else None
    if refusal is not None:
        return refusal

    def act(session: Session) -> str | Refusal:
        proposal = session.get(Proposal, proposal_id, with_for_update=True, populate_existing=True)
        part = session.get(Part, (proposal_id, actor.user_id), populate_existing=True)
        if proposal is None or part is None or part.answer == "host":
            return Refusal("not_found", _("You were not asked."))
        if part.answer != "waiting":
            return proposal.state
        refused = _take(session, proposal, part, yes=yes)
        if refused is not None:
            return refused
        push_person(session, proposal.host_id, "checkin", {"room": room.slug})
        push_room(session, room, "checkin", {"room": room.slug})
        return proposal.state

    return transaction(act)


def _take(session: Session, proposal: Proposal, part: Part, *, yes: bool) -> Refusal | None:
    """Write an answer and do what it amounts to; a refusal leaves the question open."""
    now = now_ms(session)
    if proposal.state != "waiting" or now >= proposal.expires_at:
        return Refusal("expired", _("This question has ended. Nothing was changed."))
    part.answer, part.answered_at = ("yes" if yes else "no"), now
    refused = _carry_on(session, proposal, now)
    if refused is not None:
        part.answer, part.answered_at = "waiting", None
    return refused


def withdraw(proposal_id: str, actor: Actor, room: RoomView) -> Refusal | None:
    """Take a question back; who has said yes already stays."""

    def act(session: Session) -> Refusal | None:
        proposal = session.get(Proposal, proposal_id, with_for_update=True)
        if proposal is None or proposal.host_id != actor.user_id:
            return Refusal("not_found", _("There is no such question."))
        if proposal.state in {"waiting", "accepted"}:
            _close(proposal, "withdrawn", now_ms(session))
            push_room(session, room, "checkin", {"room": room.slug})
        return None

    return transaction(act)


def check_out(room: RoomView, actor: Actor, performer_id: str) -> Refusal | None:
    """Take somebody out of the show: oneself, or anybody by the host (R-48, R-50).

    The parts of those who stay keep their proportions.
    """
    leaves = performer_id == actor.user_id
    if not (leaves or actor.user_id == room.performer_id):
        return Refusal("forbidden", _("This is not your show. Nothing was changed."))
    if performer_id == room.performer_id:
        return Refusal("host", _("Go off air to end your own show. Nothing was changed."))

    def act(session: Session) -> Refusal | None:
        here = performers_in(session, room.id)
        staying = [one for one in here if one.performer_id != performer_id]
        if len(staying) == len(here):
            return None
        # The last one leaves the show to who it belongs to, who may be away.
        staying = staying or [Present(room.performer_id)]
        reason = "left" if leaves else "removed"
        refusal = change_performers(session, room.id, staying, reason=reason)
        if refusal is None:
            push_room(session, room, "checkin", {"room": room.slug})
            push_person(session, performer_id, "checkin", {"room": room.slug})
        return refusal

    return transaction(act)


def begin_with(room: RoomView) -> None:
    """Let those who accepted before the room was live into the show that has begun."""

    def act(session: Session) -> None:
        query = (
            select(Proposal)
            .where(Proposal.room_id == room.id, Proposal.state.in_(("accepted", "waiting")))
            .order_by(Proposal.made_at)
            .with_for_update()
        )
        now = now_ms(session)
        for proposal in session.scalars(query).all():
            fresh = now - (proposal.decided_at or proposal.made_at) < HOLDS_MS
            parts = _parts(session, proposal.id)
            if not fresh:
                _close(proposal, "expired", now)
            elif _new(parts) and (proposal.alike or proposal.state == "accepted"):
                refusal = _enter(session, proposal, parts)
                if refusal is None and proposal.state == "accepted":
                    _close(proposal, "done", now)
        push_room(session, room, "checkin", {"room": room.slug})

    transaction(act)


def _carry_on(session: Session, proposal: Proposal, now: int) -> Refusal | None:
    """Do what the answers so far amount to; a refusal has changed nothing."""
    parts = _parts(session, proposal.id)
    complete = all(part.answer != "waiting" for part in parts)
    spoilt = not proposal.alike and any(part.answer == "no" for part in parts)
    if spoilt or (complete and not _new(parts)):
        _close(proposal, "refused", now)
        return None
    if not _new(parts) or not (proposal.alike or complete):
        return None
    refusal = _enter(session, proposal, parts)
    if refusal is not None and refusal.code != "closed":
        return refusal
    if complete:
        # A room that is not live yet lets them in when it goes live.
        _close(proposal, "done" if refusal is None else "accepted", now)
    return None


def _enter(session: Session, proposal: Proposal, parts: Sequence[Part]) -> Refusal | None:
    if proposal.alike:
        # Who was there when it was asked may have left; who came since stays.
        here = [one.performer_id for one in performers_in(session, proposal.room_id)]
        people = dict.fromkeys([*(here or [proposal.host_id]), *_new(parts)])
        wanted = [Present(one) for one in people]
    else:
        wanted = [Present(part.performer_id, part.weight) for part in parts]
    return change_performers(session, proposal.room_id, wanted, reason="shares")


def _new(parts: Sequence[Part]) -> list[str]:
    """Return who said yes to this question; who was there before it was not asked."""
    return [part.performer_id for part in parts if part.answer == "yes" and part.answered_at]


def _parts(session: Session, proposal_id: str) -> list[Part]:
    query = select(Part).where(Part.proposal_id == proposal_id).order_by(Part.place)
    return list(session.scalars(query.execution_options(populate_existing=True)))


def _waiting(session: Session, room_id: str, now: int) -> Proposal | None:
    """Return the question that waits in a room; one that has run out is closed on the way."""
    query = select(Proposal).where(Proposal.open_for == room_id).with_for_update()
    proposal = session.scalar(query)
    if proposal is not None and now >= proposal.expires_at:
        _close(proposal, "expired", now)
        session.flush()
        return None
    return proposal


def _close(proposal: Proposal, state: str, now: int) -> None:
    proposal.state, proposal.open_for, proposal.decided_at = state, None, now


def _ask(session: Session, user_id: str, proposal: Proposal, host: str, room: RoomView) -> None:
    send_notice(
        session,
        user_id,
        "checkin.asked",
        values={"name": host, "room": room.title},
        link="/checkin/",
        key=f"checkin:{proposal.id}",
    )
    push_person(session, user_id, "checkin", {"room": room.slug})


def _refusal_of(room: RoomView, actor: Actor, wish: Wish) -> Refusal | None:
    if actor.user_id is None or actor.user_id != room.performer_id:
        return Refusal("forbidden", _("This is not your room. Nobody was asked."))
    if room_shared_by(actor.user_id) not in {None, room.id}:
        return Refusal("busy", _("You are in another show. Nobody was asked."))
    percents = wish.percents
    if percents is not None and (sum(percents.values()) != WHOLE or min(percents.values()) < 1):
        return Refusal(
            "percent", _("The percentages must be 1 or more and sum to 100. Nobody was asked.")
        )
    for user_id in wish.guests:
        refusal = _refusal_to_ask(user_id)
        if refusal is not None:
            return refusal
    return None


def _refusal_to_ask(user_id: str) -> Refusal | None:
    guest = person(user_id)
    if guest is None or not guest.can("room.perform"):
        words = _("There is no %(role)s of this name. Nobody was asked.", role=label("performer"))
        return Refusal("guest", words)
    refusal = refusal_to_perform(guest, "check_in")
    if refusal is None:
        return None
    words = _("%(name)s may not perform yet. Nobody was asked.", name=guest.name)
    return Refusal("guest", words)
