"""What stands in the places of a notice, written for one person."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.dates import format_datetime
from babel.numbers import format_decimal

from ppvcms.host.labels import PLAIN, label
from ppvcms.host.settings import site

if TYPE_CHECKING:
    from collections.abc import Mapping

COMMON = ("name", "site", *(f"label_{role}" for role in PLAIN))
"""Places that every notice has: who reads, where, and what roles are called there."""


def common(name: str, locale: str) -> dict[str, str]:
    """Return the values that every notice has."""
    labels = {f"label_{role}": label(role, locale=locale) for role in PLAIN}
    return {"name": name, "site": site().site_name, **labels}


def written(values: Mapping[str, Any], *, locale: str, zone: str) -> dict[str, str]:
    """Write the values of a notice for its reader.

    A number named ``..._at`` is a moment in epoch milliseconds, one named
    ``...amount`` is an amount of credits in minor units; all else is written as it is.
    """
    return {name: _write(name, value, locale, zone) for name, value in values.items()}


def _write(name: str, value: Any, locale: str, zone: str) -> str:
    if type(value) is int and name.endswith("_at"):
        return _moment(value, locale, zone)
    if type(value) is int and name.endswith("amount"):
        figure = format_decimal(Decimal(value) / 100, format="#,##0.00", locale=locale)
        return f"{figure} {site().unit_sign}"
    return str(value)


def _moment(at_ms: int, locale: str, zone: str) -> str:
    try:
        place = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        place = ZoneInfo("UTC")
    moment = datetime.fromtimestamp(at_ms / 1000, tz=UTC)
    when: str = format_datetime(moment, "EEE d MMM, HH:mm", tzinfo=place, locale=locale)
    return f"{when} ({place.key})"
