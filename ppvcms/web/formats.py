"""How amounts, moments and spans of time are written on pages."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from babel.numbers import get_currency_precision
from flask_babel import format_currency, format_date, format_datetime, format_decimal

from ppvcms.host.settings import site

if TYPE_CHECKING:
    from flask import Flask

CREDITS = "CRD"


def money(amount: int, currency: str | None = None) -> str:
    """Write minor units of a currency, of credits when none is named: ``6.00 cr``."""
    if currency in {None, CREDITS}:
        figure = format_decimal(Decimal(amount) / 100, format="#,##0.00")
        return f"{figure}\N{NO-BREAK SPACE}{site().unit_sign}"
    precision = get_currency_precision(currency)
    return str(format_currency(Decimal(amount).scaleb(-precision), currency))


def moment(at_ms: int | None) -> str:
    """Write epoch milliseconds as date and time of the reader's zone."""
    return str(format_datetime(_utc(at_ms), "medium")) if at_ms else ""


def iso(at_ms: int) -> str:
    """Write epoch milliseconds for machines: ``2026-03-01T19:00:00Z``."""
    return _utc(at_ms).strftime("%Y-%m-%dT%H:%M:%SZ")


def day(at_ms: int | None) -> str:
    """Write epoch milliseconds as a date of the reader's zone."""
    return str(format_date(_utc(at_ms), "medium")) if at_ms else ""


def duration(seconds: float | None) -> str:
    """Write seconds as ``0:07``, ``12:40`` or ``1:02:03``."""
    whole = max(0, int(seconds or 0))
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def init_formats(app: Flask) -> None:
    """Give templates their filters."""
    filters = {
        "money": money,
        "datetime": moment,
        "date": day,
        "duration": duration,
        "iso": iso,
    }
    app.jinja_env.filters.update(filters)


def _utc(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, tz=UTC)
