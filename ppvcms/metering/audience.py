"""Who pays in a public show now: for its performer, and for what rooms ask of the meter.

Who watches unseen is a number to the performer and nothing to anybody else (R-42).
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from ppvcms.accounts.models import User
from ppvcms.db import db, now_ms
from ppvcms.metering.entry import place_of
from ppvcms.metering.models import Seat
from ppvcms.metering.rows import OPEN_STATES
from ppvcms.metering.state import Phase
from ppvcms.metering.view import seat_views
from ppvcms.realtime import push
from ppvcms.rooms.modes import PayerRole
from ppvcms.rooms.payers import Payers
from ppvcms.rooms.services import by_id, slots_json

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from ppvcms.metering.view import SeatView
    from ppvcms.rooms.models import Room, Show


def payers(session: Session, show_id: str) -> Payers:
    """Return how many seats of a show are open, and how many have a two-way place."""
    query = select(Seat.role).where(Seat.show_id == show_id, Seat.state.in_(OPEN_STATES))
    roles = Counter(session.scalars(query))
    return Payers(seats=roles.total(), two_way=roles[PayerRole.TWO_WAY])


def unseen(session: Session, room_id: str, user_id: str) -> bool:
    """Whether a person watches a room unseen now."""
    query = select(Seat.id).where(
        Seat.payer_id == user_id,
        Seat.room_id == room_id,
        Seat.role == PayerRole.VOYEUR,
        Seat.state.in_(OPEN_STATES),
    )
    return session.scalar(query.limit(1)) is not None


def served(session: Session, show_id: str) -> dict[str, str]:
    """Return the seats of a show whose time counts now, by their payers."""
    query = select(Seat.payer_id, Seat.id).where(
        Seat.show_id == show_id,
        Seat.state == Phase.LIVE.value,
        Seat.secured_until > now_ms(session),
    )
    return {payer_id: seat_id for payer_id, seat_id in session.execute(query)}  # noqa: C416 - rows


def audience(room: Room) -> dict[str, Any]:
    """Return the shape `Audience` of docs/realtime.md, for the performer alone."""
    place = place_of(room)
    views = _views(place.public)
    seen = [view for view in views if view.role != PayerRole.VOYEUR]
    names = dict(
        db.session.execute(
            select(User.id, User.display_name).where(User.id.in_([one.payer_id for one in seen]))
        ).all()
    )
    return {
        "room": room.slug,
        "voyeurs": len(views) - len(seen),
        "slots": slots_json(room, place.scene),
        "viewers": [_row(view, names.get(view.payer_id, "")) for view in seen],
        "server_now": now_ms(db.session()),
    }


def push_audience(room_id: str) -> None:
    """Tell the performer's pages who pays now."""
    push(f"perform:{room_id}", "audience", audience(by_id(room_id)))


def _views(show: Show | None) -> list[SeatView]:
    if show is None:
        return []
    query = select(Seat.id).where(Seat.show_id == show.id, Seat.state.in_(OPEN_STATES))
    return seat_views(db.session(), list(db.session.scalars(query)))


def _row(view: SeatView, name: str) -> dict[str, Any]:
    return {
        "seat": view.id,
        "name": name,
        "role": view.role,
        "state": view.state,
        "rate": view.rate_per_minute,
        "time_left_s": view.time_left_s,
        "counting": view.counting,
        "cost": view.cost,
    }
