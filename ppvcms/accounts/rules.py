"""What the owner decides about accounts, as values; the defaults are those of a new site."""

from __future__ import annotations

from dataclasses import dataclass

MINUTE_MS = 60_000
DAY_MS = 24 * 60 * MINUTE_MS


@dataclass(frozen=True, slots=True)
class AccountRules:
    """Limits and words that sign-up and sign-in obey (AC-07, AC-13, AC-14)."""

    login_tries: int = 5
    login_lock_min: int = 15
    per_address_day: int = 3
    banned_names: tuple[str, ...] = ("admin", "administrator", "owner", "support", "staff")
    site_words: tuple[str, ...] = ()


DEFAULT = AccountRules()
