"""The words of a notice: templates with `%(name)s` places, filled for one person."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.dates import format_datetime
from babel.numbers import format_decimal

from ppvcms.host.labels import PLAIN, label
from ppvcms.host.settings import site

if TYPE_CHECKING:
    from collections.abc import Mapping

PLACE = re.compile(r"%\((\w+)\)s|%%")
COMMON = ("name", "site", *(f"label_{role}" for role in PLAIN))
"""Places that every notice has: who reads, where, and what roles are called there."""


def places(*texts: str) -> frozenset[str]:
    """Return the names of the places in some templates: pure."""
    return frozenset(found[1] for text in texts for found in PLACE.finditer(text) if found[1])


def stray_percent(text: str) -> bool:
    """Whether a template has a percent sign that is neither a place nor doubled: pure."""
    return "%" in PLACE.sub("", text)


def fill(text: str, values: Mapping[str, str]) -> str:
    """Put values into their places; a place without a value stays empty: pure."""
    return PLACE.sub(lambda found: values.get(found[1], "") if found[1] else "%", text)


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
        figure = format_decimal(value / 100, format="#,##0.00", locale=locale)
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
