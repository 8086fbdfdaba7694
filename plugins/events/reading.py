"""What is planned: for pages and cards. Moments are epoch milliseconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, func, select

from ppvcms.api import CardFacts, db, now_ms

from .models import Event, Hours, Wish
from .times import next_span, soonest

if TYPE_CHECKING:
    from collections.abc import Sequence

PER_PAGE = 60
_NEXT = (
    select(Event.room_id, func.min(Event.starts_at))
    .where(
        Event.room_id.in_(bindparam("ids", expanding=True)),
        Event.starts_at > bindparam("now"),
        Event.cancelled_at.is_(None),
    )
    .group_by(Event.room_id)
)
_WISHES = (
    select(Wish.event_id, func.count())
    .where(Wish.event_id.in_(bindparam("ids", expanding=True)))
    .group_by(Wish.event_id)
)
_COMING = (
    select(Event)
    .where(Event.ends_at > bindparam("now"), Event.cancelled_at.is_(None))
    .order_by(Event.starts_at, Event.id)
    .limit(bindparam("most"))
    .offset(bindparam("skipped"))
)
_HOURS = select(Hours.room_id, Hours.weekday, Hours.from_min, Hours.until_min, Hours.zone).where(
    Hours.room_id.in_(bindparam("ids", expanding=True))
)


@dataclass(frozen=True, slots=True)
class Open:
    """Weekly hours as they come next."""

    weekday: int
    starts_at: int
    ends_at: int


def event_of(event_id: str) -> Event | None:
    """Return an event, also a cancelled one."""
    return db.session.get(Event, event_id, populate_existing=True)


def coming(
    *, room_id: str = "", limit: int = PER_PAGE, offset: int = 0, performer_id: str = ""
) -> Sequence[Event]:
    """Return what is not over and not cancelled, the soonest first."""
    query = _COMING
    if room_id:
        query = query.where(Event.room_id == room_id)
    if performer_id:
        query = query.where(Event.performer_id == performer_id)
    values = {"now": now_ms(db.session()), "most": limit, "skipped": offset}
    return db.session.scalars(query, values).all()


def on_the_map(most: int) -> list[tuple[str, int]]:
    """Return ids of coming events, the soonest first, and when each last changed."""
    query = select(Event.id, Event.changed_at).where(
        Event.ends_at > now_ms(db.session()), Event.cancelled_at.is_(None)
    )
    rows = db.session.execute(query.order_by(Event.starts_at, Event.id).limit(most))
    return [(row.id, row.changed_at) for row in rows]


def wished(user_id: str | None, events: Sequence[Event]) -> set[str]:
    """Return of which events somebody wants to be reminded."""
    ids = [event.id for event in events]
    if user_id is None or not ids:
        return set()
    query = select(Wish.event_id).where(Wish.user_id == user_id, Wish.event_id.in_(ids))
    return set(db.session.scalars(query))


def wishes(events: Sequence[Event]) -> dict[str, int]:
    """Return how many want to be reminded of each event."""
    ids = [event.id for event in events]
    return dict(db.session.connection().execute(_WISHES, {"ids": ids}).all())


def hours_of(room_id: str) -> list[Open]:
    """Return the weekly hours of a room as they come next, Monday first."""
    now = now_ms(db.session())
    return [Open(row.weekday, *_next(row, now)) for row in hour_rows([room_id])]


def hour_rows(room_ids: Sequence[str]) -> Sequence[Hours]:
    """Return the weekly hours of rooms as they were entered."""
    query = select(Hours).where(Hours.room_id.in_(room_ids))
    return db.session.scalars(query.order_by(Hours.room_id, Hours.weekday)).all()


def card_facts_of(room_ids: Sequence[str]) -> dict[str, CardFacts]:
    """Return when each room is live next: its next event, else its weekly hours."""
    now = now_ms(db.session())
    connection = db.session.connection()
    found: dict[str, int] = dict(connection.execute(_NEXT, {"ids": room_ids, "now": now}).all())
    spans: dict[str, list[tuple[int, int]]] = {}
    others = [room_id for room_id in room_ids if room_id not in found]
    for room_id, weekday, begins, ends, zone in connection.execute(_HOURS, {"ids": others}).all():
        span = next_span(weekday, begins, ends, zone, now=now)
        spans.setdefault(room_id, []).append(span)
    for room_id, open_hours in spans.items():
        first = soonest(open_hours)
        if first is not None and first[0] > now:
            found[room_id] = first[0]
    return {room_id: CardFacts(next_event_at=at) for room_id, at in found.items()}


def _next(row: Hours, now: int) -> tuple[int, int]:
    return next_span(row.weekday, row.from_min, row.until_min, row.zone, now=now)
