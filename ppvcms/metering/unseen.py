"""How a payer is called towards the performer: who only ever watched unseen has a number (R-42)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import gettext as _
from sqlalchemy import func, select

from ppvcms.accounts.models import User
from ppvcms.metering.models import Seat
from ppvcms.rooms.modes import PayerRole

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def name_for_performer(session: Session, seat_id: str) -> str:
    """Return the payer's name, or "voyeur 2" for a seat that never was anything else."""
    seat = session.get_one(Seat, seat_id)
    roles = {seat.role, *(part[0] for part in seat.parts)}
    if roles != {PayerRole.VOYEUR.value}:
        return session.get_one(User, seat.payer_id).display_name
    before = select(func.count()).where(
        Seat.show_id == seat.show_id, Seat.mode == seat.mode, Seat.id <= seat.id
    )
    text: str = _("voyeur %(nr)s", nr=session.scalar(before))
    return text
