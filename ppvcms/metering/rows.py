"""Between the row of a seat and the pure state that the clock works on."""

from __future__ import annotations

from dataclasses import astuple
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from ppvcms.errors import PpvcmsError
from ppvcms.metering.models import Seat
from ppvcms.metering.state import Part, Phase, Reason, SeatState, Side
from ppvcms.metering.terms import Terms

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

OPEN = (Phase.SECURED, Phase.LIVE, Phase.PAUSED, Phase.EXHAUSTED, Phase.WAITING, Phase.BREAK)
OPEN_STATES = tuple(phase.value for phase in OPEN)
MOST_KEPT = 20_000

# Terms never change once a seat is open, so they are parsed once per process.
_terms: dict[str, Terms] = {}

COLUMNS = tuple(column for column in Seat.__table__.columns if column.name != "terms")


class StaleSeatError(PpvcmsError):
    """Somebody else moved a seat that was locked: the whole batch is undone."""


def by_due(session: Session, *, now: int, limit: int) -> Sequence[Row[Any]]:
    """Claim the seats that are due, locked in the order of their ids; others skip them."""
    due = (
        select(Seat.id)
        .where(Seat.state.in_(OPEN_STATES), Seat.due_at <= now)
        .order_by(Seat.due_at)
        .limit(limit)
    )
    return _claim(session, due, skip_locked=True)


def by_id(session: Session, seat_id: str) -> Row[Any] | None:
    """Return one seat, locked, whatever its state, or None."""
    return session.execute(select(*COLUMNS).where(Seat.id == seat_id).with_for_update()).first()


def of_shows(session: Session, show_ids: Iterable[str]) -> Sequence[Row[Any]]:
    """Return the open seats of shows, locked in the order of their ids."""
    ids = select(Seat.id).where(Seat.show_id.in_(list(show_ids)), Seat.state.in_(OPEN_STATES))
    return _claim(session, ids, skip_locked=False)


def _claim(session: Session, ids: Any, *, skip_locked: bool) -> Sequence[Row[Any]]:
    query = (
        select(*COLUMNS)
        .where(Seat.id.in_(ids), Seat.state.in_(OPEN_STATES))
        .order_by(Seat.id)
        .with_for_update(skip_locked=skip_locked)
    )
    return session.execute(query).all()


def read_terms(session: Session, seat_ids: Iterable[str]) -> dict[str, Terms]:
    """Return the locked terms of seats."""
    wanted = list(seat_ids)
    unknown = [seat_id for seat_id in wanted if seat_id not in _terms]
    if unknown:
        if len(_terms) > MOST_KEPT:
            _terms.clear()
            unknown = wanted
        for seat_id, stored in session.execute(
            select(Seat.id, Seat.terms).where(Seat.id.in_(unknown))
        ):
            _terms[seat_id] = Terms.from_json(stored)
    return {seat_id: _terms[seat_id] for seat_id in wanted}


def state_of(row: Any, terms: Terms | None = None) -> SeatState:
    """Return what the clock knows of a stored seat."""
    return SeatState(
        terms=Terms.from_json(row.terms) if terms is None else terms,
        role=row.role,
        rate=row.rate,
        opened_at=row.opened_at,
        secured=row.secured,
        secured_until=row.secured_until,
        phase=Phase(row.state),
        started_at=row.started_at,
        live_since=row.live_since,
        counted_ms=row.counted_ms,
        parts=tuple(Part(*part) for part in row.parts),
        part_at=row.part_at,
        posted=row.posted,
        posted_at=row.posted_at,
        paused_at=row.paused_at,
        cause=Side(row.pause_cause) if row.pause_cause else None,
        paused_ms=row.paused_ms,
        resume_by=row.resume_by,
        resume_after=row.resume_after,
        gaps=tuple(row.gaps),
        uncounted_ms=row.uncounted_ms,
        warned=row.warned,
        waiting_since=row.waiting_since,
        back_at=row.back_at,
        break_ms=row.break_ms,
        closed_at=row.closed_at,
        reason=Reason(row.close_reason) if row.close_reason else None,
    )


def values_of(state: SeatState) -> dict[str, Any]:
    """Return every column of a seat that its life changes."""
    return {
        "state": state.phase.value,
        "role": state.role,
        "rate": state.rate,
        "part_at": state.part_at,
        "parts": [astuple(part) for part in state.parts],
        "secured": state.secured,
        "secured_until": state.secured_until,
        "started_at": state.started_at,
        "bill_from": state.started_at,
        "live_since": state.live_since,
        "counted_ms": state.counted_ms,
        "due": state.due,
        "posted": state.posted,
        "posted_at": state.posted_at,
        "paused_at": state.paused_at,
        "pause_cause": state.cause.value if state.cause else None,
        "paused_ms": state.paused_ms,
        "resume_by": state.resume_by,
        "resume_after": state.resume_after,
        "gaps": list(state.gaps),
        "uncounted_ms": state.uncounted_ms,
        "warned": state.warned,
        "waiting_since": state.waiting_since,
        "back_at": state.back_at,
        "break_ms": state.break_ms,
        "closed_at": state.closed_at,
        "close_reason": state.reason.value if state.reason else None,
    }


def store(session: Session, seat_id: str, *, seen_seq: int, values: dict[str, Any]) -> None:
    """Write one seat, if it is still as it was read.

    Raises:
        StaleSeatError: It is not; nothing of the batch may stay.
    """
    changed = session.execute(
        update(Seat)
        .where(Seat.id == seat_id, Seat.seq == seen_seq)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    if changed.rowcount != 1:  # type: ignore[attr-defined] # an UPDATE's result has it
        raise StaleSeatError(f"Seat {seat_id} was moved by somebody else.")


def note_hours(session: Session, seat_id: str, hours: int) -> None:
    """Write how many counted hours of a locked seat are divided (R-38)."""
    session.execute(
        update(Seat)
        .where(Seat.id == seat_id)
        .values(shared_hours=hours)
        .execution_options(synchronize_session=False)
    )
