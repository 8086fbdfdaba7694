"""What happens to payers when a running show changes: another kind, ready again, over.

Each is prompt where somebody pressed a button, and surely done by the fact in the
outbox, whoever died between the two.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from ppvcms.db import db, transaction
from ppvcms.events import ModeChanged, ShowEnded
from ppvcms.metering import calls, settle, waiting
from ppvcms.metering.models import Seat
from ppvcms.metering.rows import OPEN_STATES
from ppvcms.metering.state import Reason
from ppvcms.results import Refusal
from ppvcms.rooms import change, switches
from ppvcms.rooms.models import Room, Show

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from ppvcms.accounts.actor import Actor
    from ppvcms.events import Event


def change_mode(room_id: str, actor: Actor, mode_key: str) -> Show | Refusal:
    """Make a running show one of another kind, and settle who paid for the one before (MD-04)."""
    show = change.change_mode(room_id, actor, mode_key)
    if not isinstance(show, Refusal):
        settle_before_change(show.id, by=actor.user_id)
    return show


def settle_before_change(show_id: str, *, by: str | None = None) -> int:
    """Settle the seats of a show that were opened for its kind before; return how many."""
    show = db.session.get(Show, show_id, populate_existing=True)
    if show is None or show.changed_at is None:
        return 0
    old = _open_in(show_id).where(Seat.opened_at <= show.changed_at)
    return _settle(list(db.session.scalars(old)), Reason.MODE_CHANGED, by)


def ready(room_id: str, actor: Actor) -> dict[str, Any] | Refusal:
    """Be back after a private: who waits goes on, and who is next is called (PS-10, R-39)."""

    def act(session: Session) -> dict[str, Any] | Refusal:
        room = session.get(Room, room_id)
        show_id = room.show_id if room is not None else None
        if show_id is not None:
            waiting.lock(session, show_id)
        done = switches.switch(room_id, actor, "away", on=False)
        if show_id is not None and not isinstance(done, Refusal):
            waiting.end(session, show_id)
        return done

    done = transaction(act)
    if not isinstance(done, Refusal):
        calls.call_next(room_id)
    return done


def follow(event: Event) -> None:
    """Hear that a show ended or changed, and settle who paid for it."""
    if isinstance(event, ModeChanged):
        settle_before_change(event.show_id, by=event.actor_id)
    elif isinstance(event, ShowEnded):
        reason = Reason.STAFF if event.reason == Reason.STAFF else Reason.WENT_OFF
        seats = list(db.session.scalars(_open_in(event.show_id)))
        _settle(seats, reason, event.actor_id)
        _after_private(event.show_id)


def _after_private(show_id: str) -> None:
    """Let all wait until the performer is ready, or go on where nobody has to be (PS-10, R-39).

    Who watched the private unseen did not wait until now.
    """
    private = db.session.get(Show, show_id, populate_existing=True)
    if private is None or private.parent_id is None:
        return
    public_id = private.parent_id

    def act(session: Session) -> None:
        waiting.lock(session, public_id)
        room = session.get_one(Room, private.room_id, with_for_update=True)
        if room.show_id != public_id:
            return
        turn = waiting.begin if room.ready_by is not None else waiting.end
        turn(session, public_id)

    transaction(act)


def _settle(seat_ids: list[str], reason: Reason, by: str | None) -> int:
    return sum(settle.end(seat_id, reason, by=by) for seat_id in seat_ids)


def _open_in(show_id: str) -> Any:
    return select(Seat.id).where(Seat.show_id == show_id, Seat.state.in_(OPEN_STATES))
