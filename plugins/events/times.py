"""Moments, time zones and weekly hours: pure functions."""

from __future__ import annotations

import functools
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterable

WEEK = 7
MINUTE_MS = 60_000


def zone_named(name: str) -> ZoneInfo:
    """Return a time zone; UTC for a name that nobody knows."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def moment_of(local: datetime, zone: str) -> int | None:
    """Return the moment of a local time in epoch milliseconds; of two, the earlier one.

    None when the clocks leave this time out, as in spring.
    """
    there = local.replace(tzinfo=zone_named(zone), fold=0)
    again = there.astimezone(UTC).astimezone(there.tzinfo)
    if again.replace(tzinfo=None) != local:
        return None
    return int(there.timestamp() * 1000)


def local_of(at_ms: int, zone: str) -> datetime:
    """Return a moment as local time, without its zone."""
    return (
        datetime.fromtimestamp(at_ms / 1000, tz=UTC)
        .astimezone(zone_named(zone))
        .replace(tzinfo=None)
    )


def next_span(
    weekday: int, from_min: int, until_min: int, zone: str, *, now: int
) -> tuple[int, int]:
    """Return beginning and end of weekly hours that run or come next, in epoch milliseconds.

    Hours that end at or before they begin go on after midnight.
    """
    return _next_span(weekday, from_min, until_min, zone, now // MINUTE_MS)


@functools.lru_cache(maxsize=4_096)
def _next_span(
    weekday: int, from_min: int, until_min: int, zone: str, minute: int
) -> tuple[int, int]:
    # Hours begin and end with a minute, so all of one minute have the same answer.
    now = minute * MINUTE_MS
    today = local_of(now, zone).date()
    first = today + timedelta(days=(weekday - today.weekday()) % WEEK - WEEK)
    for day in (first, first + timedelta(days=WEEK), first + timedelta(days=2 * WEEK)):
        start = _at(day, from_min, zone)
        end = _at(day if until_min > from_min else day + timedelta(days=1), until_min, zone)
        if end > now:
            return start, end
    raise AssertionError


def soonest(spans: Iterable[tuple[int, int]]) -> tuple[int, int] | None:
    """Return the span that begins first."""
    return min(spans, default=None)


def _at(day: date, minute: int, zone: str) -> int:
    # Wall time: a missing hour in spring is what the clock shows an hour later.
    local = datetime(day.year, day.month, day.day, tzinfo=zone_named(zone)) + timedelta(
        minutes=minute
    )
    return int(local.timestamp() * 1000)
