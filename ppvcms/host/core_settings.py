"""The settings of the core: each with its type and its default, and what fits (features.md, 4)."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from ppvcms.errors import PpvcmsError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

CORE = "core"


class SettingError(PpvcmsError):
    """A setting has no such key or cannot have this value; the message is for the page."""


@dataclass(frozen=True, slots=True)
class CoreSettings:
    """Every setting of the core with its default (features.md, section 4).

    ``_s`` are seconds, ``_min`` minutes, ratios whole percents.
    """

    site_name: str = "ppvcms"
    site_tagline: str = ""
    social_picture: str = ""
    """The id of the library's picture that links to the site show elsewhere."""
    theme: str = "stage"
    time_zone: str = "UTC"
    locale: str = "en"
    locales: tuple[str, ...] = ("en",)
    unit_name: str = "credits"
    unit_sign: str = "cr"
    shop_currency: str = "USD"
    credit_price: int = 100
    """What one credit costs, in minor units of the shop's currency, where no pack is bought."""
    test_mode: bool = True
    resume_window_s: int = 120
    pause_cap_s: int = 600
    evidence_every_s: int = 2
    evidence_lost_s: int = 5
    connect_time_s: int = 60
    request_minutes: int = 3
    wallet_extend_s: int = 60
    extend_below_s: int = 60
    warn_1_s: int = 60
    warn_2_s: int = 20
    request_ttl_s: int = 120
    away_after_private_min: int = 10
    grace_again_after_min: int = 60
    rate_changes_per_day: int = 5
    ratio_default: int = 80
    ratio_by_type: Mapping[str, int] = field(default_factory=lambda: {"tip": 90})
    login_tries: int = 5
    login_lock_min: int = 15
    per_address_day: int = 3
    min_age: int = 18
    register_fields: tuple[str, ...] = ()
    profile_fields: tuple[str, ...] = ()
    banned_names: tuple[str, ...] = ("admin", "administrator", "owner", "support", "staff")
    hold_days: int = 14
    show_viewers: bool = True
    per_page: int = 24
    snapshot_every_s: int = 60
    mail_gap_min: int = 5
    search_engines: bool = True
    expect_performers: int = 0
    expect_watching: int = 0
    """How many people are expected to watch in the busiest hour, for the advice on size."""
    maintenance: bool = False
    maintenance_text: str = ""
    maintenance_until_at: int = 0


CORE_DEFAULTS: dict[str, Any] = {
    each.name: getattr(CoreSettings(), each.name) for each in fields(CoreSettings)
}


def core_value(key: str, value: Any) -> Any:
    """Return a value as a setting of the core holds it, or raise SettingError: pure."""
    if key not in CORE_DEFAULTS:
        raise SettingError(no_such_key(CORE, key, CORE_DEFAULTS))
    default = CORE_DEFAULTS[key]
    if isinstance(default, tuple) and isinstance(value, (list, tuple)):
        return tuple(str(part) for part in value)
    fits = type(value) is type(default)
    if not fits or (isinstance(value, int) and value < 0):
        kind = {bool: "on or off", int: "a whole number from 0", str: "a text"}
        wanted = kind.get(type(default), f"a {type(default).__name__}")
        raise SettingError(f"'{key}' must be {wanted}; {value!r} is not.")
    return value


def no_such_key(slug: str, key: str, known: Collection[str]) -> str:
    """Return what to say of a wrong key: the nearest right one, else all."""
    near = difflib.get_close_matches(key, known, n=1)
    hint = f" Did you mean '{near[0]}'?" if near else f" It has: {', '.join(sorted(known)) or '-'}."
    return f"'{slug}' has no setting '{key}'.{hint}"
