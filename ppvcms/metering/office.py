"""What staff may do to sessions and shows that run: stop them, with a reason that is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import gettext as _
from sqlalchemy import select

from ppvcms.accounts import audit
from ppvcms.db import after_commit, db, transaction
from ppvcms.media.services import revoke_person
from ppvcms.metering.models import Seat
from ppvcms.metering.rows import OPEN_STATES
from ppvcms.metering.seats import end_seat
from ppvcms.realtime import push
from ppvcms.results import Refusal
from ppvcms.rooms import chat
from ppvcms.rooms.models import Room, Show
from ppvcms.rooms.shows import end_public

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from ppvcms.accounts.actor import Actor

LONGEST_REASON = 500


def stop_seat(seat_id: str, actor: Actor, *, reason: str) -> Refusal | None:
    """End one session for both sides; what was counted until now is settled (R-14)."""

    def write(session: Session) -> Refusal | None:
        seat = session.get(Seat, seat_id)
        if seat is None or seat.state not in OPEN_STATES:
            return _over()
        _note(session, actor, f"seat:{seat_id}", reason, [seat.payer_id, seat.performer_id])
        return None

    refusal = _refusal_of(reason) or transaction(write)
    if refusal is not None:
        return refusal
    ended = end_seat(seat_id, actor)
    return ended if isinstance(ended, Refusal) else None


def stop_show(show_id: str, actor: Actor, *, reason: str) -> Refusal | None:
    """End a show, the private show inside it, and every session of both."""

    def write(session: Session) -> Refusal | None:
        show = session.get(Show, show_id)
        if show is None or show.state != "live":
            return _over()
        _note(session, actor, f"show:{show_id}", reason, [show.performer_id])
        return None

    refusal = _refusal_of(reason) or transaction(write)
    if refusal is not None:
        return refusal
    inside = select(Show.id).where((Show.id == show_id) | (Show.parent_id == show_id))
    seats = select(Seat.id).where(Seat.show_id.in_(inside), Seat.state.in_(OPEN_STATES))
    for seat_id in db.session.scalars(seats).all():
        end_seat(seat_id, actor)
    # A private show is over with its session.
    end_public(show_id, reason="staff", ended_by=actor.user_id)
    return None


def message_room(room_id: str, actor: Actor, *, text: str) -> Refusal | None:
    """Show a line of the site to everybody in a room, in its private too (BO-07)."""
    line = " ".join(text.split())
    if not 0 < len(line) <= LONGEST_REASON:
        return Refusal("text", _("Write up to 500 characters. Nothing was sent."))

    def write(session: Session) -> None:
        room = session.get_one(Room, room_id)
        show = session.get(Show, room.show_id) if room.show_id is not None else None
        for place in {None, show.id if show is not None and show.private else None}:
            chat.say(session, room_id, line, kind="system", show_id=place)
        audit.record(
            session, actor.user_id, "rooms.room.messaged", f"room:{room_id}", data={"text": line}
        )

    transaction(write)
    return None


def stop_person(user_id: str, actor: Actor) -> None:
    """End all that a person takes part in and carries, as when the account is closed (R-14)."""
    sides = (Seat.payer_id == user_id) | (Seat.performer_id == user_id)
    seats = select(Seat.id).where(sides, Seat.state.in_(OPEN_STATES))
    for seat_id in db.session.scalars(seats).all():
        end_seat(seat_id, actor)
    shows = select(Show.id).where(Show.performer_id == user_id, Show.state == "live")
    for show_id in db.session.scalars(shows).all():
        end_public(show_id, reason="staff", ended_by=actor.user_id)
    revoke_person(user_id)


def _note(session: Session, actor: Actor, subject: str, reason: str, people: list[str]) -> None:
    action = f"metering.{subject.partition(':')[0]}.stopped"
    audit.record(session, actor.user_id, action, subject, reason=reason.strip())
    text = _("The site ended this: %(reason)s", reason=reason.strip())
    for user_id in people:
        notice = {"level": "warning", "code": "stopped", "text": text}
        after_commit(session, _teller(user_id, notice))


def _teller(user_id: str, notice: dict[str, str]) -> Callable[[], None]:
    return lambda: push(f"user:{user_id}", "notice", notice)


def _refusal_of(reason: str) -> Refusal | None:
    if 0 < len(reason.strip()) <= LONGEST_REASON:
        return None
    return Refusal("reason", _("Say why, in up to 500 characters. Nothing was stopped."))


def _over() -> Refusal:
    return Refusal("closed", _("This is over already. Nothing was changed."))
