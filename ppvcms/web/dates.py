"""Days as filters name them, in the reader's time zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from flask_babel import get_timezone


def day_begins(text: str) -> int | None:
    """Return the epoch milliseconds at which a day such as 2026-11-21 begins, or None."""
    found = _day(text)
    return _ms(found) if found is not None else None


def day_after(text: str) -> int | None:
    """Return the epoch milliseconds at which a day is over, or None."""
    found = _day(text)
    return _ms(found + timedelta(days=1)) if found is not None else None


def offset_ms() -> int:
    """Return how far ahead of UTC the reader's clock is at this moment."""
    offset = datetime.now(UTC).astimezone(get_timezone()).utcoffset()
    return int(offset.total_seconds() * 1000) if offset else 0


def iso_utc(at: int | None) -> str:
    """Return epoch milliseconds in the form that programs read."""
    if at is None:
        return ""
    return datetime.fromtimestamp(at / 1000, tz=UTC).isoformat(timespec="seconds")


def moment_in(local: datetime, zone: str) -> int | None:
    """Return the epoch milliseconds of a local time; None where the clocks leave it out."""
    there = local.replace(tzinfo=ZoneInfo(zone), fold=0)
    again = there.astimezone(UTC).astimezone(there.tzinfo)
    return int(there.timestamp() * 1000) if again.replace(tzinfo=None) == local else None


def local_in(at: int, zone: str) -> datetime:
    """Return a moment as the clocks of a zone show it."""
    return datetime.fromtimestamp(at / 1000, tz=ZoneInfo(zone)).replace(tzinfo=None)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _ms(day: date) -> int:
    midnight = datetime(day.year, day.month, day.day, tzinfo=get_timezone() or UTC)
    return int(midnight.timestamp() * 1000)
