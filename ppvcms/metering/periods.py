"""Periods: the parts of a seat during which the same people share its charge (R-48).

A seat whose sharers never changed has no rows; its terms say who shares. The
first change writes down two: who shared until now, and who does from now on.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select

from ppvcms.db import now_ms
from ppvcms.faultpoints import faultpoint
from ppvcms.metering import rows
from ppvcms.metering.models import Period
from ppvcms.metering.sharing import sharers_of
from ppvcms.metering.terms import Sharer
from ppvcms.rooms.models import Room, Show

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.orm import Session

    from ppvcms.metering.terms import Terms


@dataclass(frozen=True, slots=True)
class Sharing:
    """Who shares a seat from a moment on, and how much of it was divided already (R-38)."""

    nr: int
    starts_at: int
    sharers: tuple[Sharer, ...]
    shared: int = 0


def lock(session: Session, show_ids: Iterable[str]) -> None:
    """Lock the open seats of shows in the order of their ids: before the room, never after it."""
    rows.of_shows(session, show_ids)


def begin(session: Session, show_id: str, *, now: int | None = None) -> None:
    """Begin a new period of every open seat of a show, with the sharers of now (R-48).

    In the caller's transaction, in which the check-in or check-out takes effect.
    Moves no money. `now` stands for the database's clock in tests.
    """
    seats = rows.of_shows(session, [show_id])
    show = session.get_one(Show, show_id)
    room = session.get_one(Room, show.room_id)
    moment = now_ms(session) if now is None else now
    terms = rows.read_terms(session, [seat.id for seat in seats])
    known = read(session, [seat.id for seat in seats])
    fresh: list[dict[str, Any]] = []
    for seat in seats:
        before = known.get(seat.id) or (_first(seat, terms[seat.id]),)
        if seat.id not in known:
            fresh.append(_values(seat.id, before[0]))
        kind = terms[seat.id].share_type or seat.mode
        sharers = sharers_of(session, room, kind, show_id=show_id)
        fresh.append(_values(seat.id, Sharing(before[-1].nr + 1, moment, sharers)))
    if fresh:
        session.execute(insert(Period), fresh)
    faultpoint("period.begun")


def of_seat(session: Session, seat: Any, terms: Terms) -> tuple[Sharing, ...]:
    """Return the periods of a seat in order; at least one."""
    return read(session, [seat.id]).get(seat.id) or (_first(seat, terms),)


def read(session: Session, seat_ids: Sequence[str]) -> dict[str, tuple[Sharing, ...]]:
    """Return the periods that are written down, by seat and in order."""
    found: dict[str, tuple[Sharing, ...]] = {}
    query = select(Period).where(Period.seat_id.in_(seat_ids)).order_by(Period.seat_id, Period.nr)
    for row in session.scalars(query.execution_options(populate_existing=True)):
        sharers = tuple(Sharer(**stored) for stored in row.sharers)
        one = Sharing(row.nr, row.starts_at, sharers, row.shared)
        found[row.seat_id] = (*found.get(row.seat_id, ()), one)
    return found


def write(session: Session, seat_id: str, one: Sharing, *, amount: int = 0, shared: int) -> None:
    """Write what a period came to, and how much of it is divided, in minor units."""
    row = session.get(Period, (seat_id, one.nr))
    if row is None:
        row = Period(**_values(seat_id, one))
        session.add(row)
    row.amount, row.shared = amount, shared
    session.flush()


def _first(seat: Any, terms: Terms) -> Sharing:
    return Sharing(1, seat.opened_at, terms.sharers)


def _values(seat_id: str, one: Sharing) -> dict[str, Any]:
    return {
        "seat_id": seat_id,
        "nr": one.nr,
        "starts_at": one.starts_at,
        "sharers": [asdict(sharer) for sharer in one.sharers],
        "amount": 0,
        "shared": one.shared,
    }
