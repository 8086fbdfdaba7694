"""Taking somebody out of a room: the paid seat, the picture, the chat, the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from ppvcms.db import db
from ppvcms.media.services import revoke_person_in
from ppvcms.metering.models import Seat
from ppvcms.metering.rows import OPEN_STATES
from ppvcms.metering.seats import end_seat
from ppvcms.realtime import drop, push
from ppvcms.rooms.models import Show, Visit

if TYPE_CHECKING:
    from ppvcms.accounts.actor import Actor


def put_out(room_id: str, user_id: str, *, by: Actor, text: str) -> None:
    """End what somebody has in a room now, and tell their pages why.

    An open seat is settled as ended by the performer or by staff, never by the
    payer (R-21). Whether they may come back is for `check_room_entry` to say.
    """
    show_ids = db.session.scalars(select(Show.id).where(Show.room_id == room_id)).all()
    seats = select(Seat.id).where(
        Seat.payer_id == user_id, Seat.show_id.in_(show_ids), Seat.state.in_(OPEN_STATES)
    )
    for seat_id in db.session.scalars(seats).all():
        end_seat(seat_id, by)
    live = select(Show.id).where(Show.room_id == room_id, Show.ended_at.is_(None))
    for show_id in db.session.scalars(live).all():
        revoke_person_in(show_id, user_id, reason="staff")
    pages = select(Visit.sid).where(Visit.room_id == room_id, Visit.user_id == user_id)
    for sid in db.session.scalars(pages).all():
        drop(sid, f"room:{room_id}")
    push(f"user:{user_id}", "put_out", {"room": room_id, "text": text})
