"""Amounts as people type them, in minor units of any currency; never by floats (R-01)."""

from __future__ import annotations

import re
from decimal import Decimal

from babel.numbers import get_currency_precision

TYPED = re.compile(r"\d{1,9}(?:[.,]\d{1,3})?")
CREDITS = "CRD"


def read_amount(text: str, currency: str) -> int | None:
    """Return minor units of what was typed, or None when it is no amount of that currency."""
    if not TYPED.fullmatch(text.strip()) or not re.fullmatch("[A-Z]{3}", currency):
        return None
    minor = Decimal(text.strip().replace(",", ".")).scaleb(_decimals(currency))
    return int(minor) if minor == minor.to_integral_value() else None


def amount_text(amount: int, currency: str) -> str:
    """Return minor units as they are typed: 2550 US cents are 25.50."""
    return f"{Decimal(amount).scaleb(-_decimals(currency)):f}"


def _decimals(currency: str) -> int:
    return 2 if currency == CREDITS else int(get_currency_precision(currency))
