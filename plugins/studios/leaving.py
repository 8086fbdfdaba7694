"""What follows when a contract has ended (CM-10)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import or_, select

from ppvcms.api import studio_parts

from .contracts import log_contract
from .models import Contract, RoomSeat, StudioRoom

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def follow_parts(session: Session) -> None:
    """End contracts whose part was ended by the business in the back office."""
    query = select(Contract).where(Contract.state == "accepted", Contract.bound.is_not(None))
    for row in session.scalars(query.with_for_update()).all():
        held = [one for one in studio_parts(performer_id=row.performer_id) if one.id == row.part_id]
        if held and held[0].until_at is not None:
            row.ends_at, row.bound = held[0].until_at, None
            log_contract(session, None, "ended", row)


def leave_rooms(session: Session, now: int) -> None:
    """Take the rooms of a studio from those whose contract has ended."""
    holds = select(Contract.id).where(
        Contract.studio_id == StudioRoom.studio_id,
        Contract.performer_id == RoomSeat.performer_id,
        Contract.state == "accepted",
        or_(Contract.ends_at.is_(None), Contract.ends_at > now),
    )
    query = (
        select(RoomSeat)
        .join(StudioRoom, StudioRoom.room_id == RoomSeat.room_id)
        .where(~holds.exists())
    )
    for seat in session.scalars(query).all():
        session.delete(seat)
