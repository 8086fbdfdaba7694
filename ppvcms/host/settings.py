"""Settings that an owner changes in the browser: the core's, typed, and each plugin's.

Values are JSON in the table `setting`. Keys are strict. A change is seen at once
in the process that made it and within a second in every other.
"""

from __future__ import annotations

import base64
import difflib
import os
import time
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, cast

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import current_app
from sqlalchemy import delete, func, select

from ppvcms.accounts import audit
from ppvcms.db import after_commit, db, now_ms, reading
from ppvcms.errors import PpvcmsError
from ppvcms.host.models import Setting
from ppvcms.host.snapshot import current

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from ppvcms.config import Config
    from ppvcms.host.contract import SettingsSpec

CORE = "core"
KEEP_S = 1.0
FROM_ENVIRONMENT = "$env:"
STAMP = "the stamp"
_STAMP = select(func.count(), func.coalesce(func.sum(Setting.changed_at), 0))


class SettingError(PpvcmsError):
    """A setting has no such key or cannot have this value; the message is for the page."""


@dataclass(frozen=True, slots=True)
class CoreSettings:
    """Every setting of the core with its default (features.md, section 4).

    ``_s`` are seconds, ``_min`` minutes, ratios whole percents.
    """

    site_name: str = "ppvcms"
    site_tagline: str = ""
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
    banned_names: tuple[str, ...] = ("admin", "administrator", "owner", "support", "staff")
    hold_days: int = 14
    show_viewers: bool = True
    per_page: int = 24
    snapshot_every_s: int = 60
    mail_gap_min: int = 5
    search_engines: bool = True
    maintenance: bool = False
    maintenance_text: str = ""
    maintenance_until_at: int = 0


CORE_DEFAULTS: dict[str, Any] = {
    each.name: getattr(CoreSettings(), each.name) for each in fields(CoreSettings)
}


class Values:
    """The settings of one plugin by attribute; a wrong name says which one is near."""

    __slots__ = ("_slug", "_values")

    def __init__(self, slug: str, values: Mapping[str, Any]) -> None:
        self._slug = slug
        self._values = values

    def __getattr__(self, key: str) -> Any:
        """Return a value by its key."""
        try:
            return self._values[key]
        except KeyError:
            raise SettingError(_no_such_key(self._slug, key, self._values)) from None

    def as_dict(self) -> dict[str, Any]:
        """Return all values by key."""
        return dict(self._values)


def site() -> CoreSettings:
    """Return the core's settings, at most a second old."""
    cache = _cache()
    kept = cast("CoreSettings | None", cache.get(CORE))
    if kept is None:
        stored = _stored(CORE)
        known = {key: stored[key] for key in CORE_DEFAULTS if key in stored}
        kept = CoreSettings(**{key: core_value(key, value) for key, value in known.items()})
        cache[CORE] = kept
    return kept


def save_site(session: Session, actor_id: str | None, changes: Mapping[str, Any]) -> None:
    """Set core settings and write who did it.

    Raises:
        SettingError: A key is not the core's, or its value has another type.
    """
    checked = {key: core_value(key, value) for key, value in changes.items()}
    for key, value in checked.items():
        _write(session, CORE, key, list(value) if isinstance(value, tuple) else value)
    audit.record(session, actor_id, "host.setting.changed", "core", data=dict(changes))
    after_commit(session, forget)


def of(slug: str, room_id: str | None = None) -> Values:
    """Return a plugin's settings: the room's, else the site's, else the defaults.

    Secrets come in clear; a value ``$env:NAME`` is read from the environment.

    Raises:
        SettingError: The plugin is not active or has no settings.
    """
    cache = _cache()
    kept = cache.get((slug, room_id))
    if kept is None:
        spec = spec_of(slug)
        values = {**spec.defaults, **_known(slug, spec, _stored(slug))}
        if room_id is not None:
            values |= _known(slug, spec, _stored(slug, room_id))
        kept = cache[slug, room_id] = Values(slug, values)
    return cast("Values", kept)


def save(
    session: Session,
    slug: str,
    key: str,
    value: Any,
    *,
    actor_id: str | None = None,
    room_id: str | None = None,
) -> None:
    """Set one value of a plugin, for the site or for one room.

    Raises:
        SettingError: The plugin has no such key.
    """
    spec = spec_of(slug)
    if key not in spec.defaults:
        raise SettingError(_no_such_key(slug, key, spec.defaults))
    secret = key in spec.secrets
    _write(session, slug, key, _seal(str(value)) if secret else value, room_id)
    audit.record(
        session,
        actor_id,
        f"{slug}.setting.changed",
        f"{slug}.{key}",
        data={"value": "(secret)" if secret else value, "room": room_id},
    )
    after_commit(session, forget)


def reset(session: Session, slug: str, key: str, *, actor_id: str | None = None) -> None:
    """Give a plugin's setting its default again, for the whole site."""
    session.execute(
        delete(Setting).where(
            Setting.scope == "site",
            Setting.scope_id == "",
            Setting.plugin == slug,
            Setting.key == key,
        )
    )
    audit.record(session, actor_id, f"{slug}.setting.reset", f"{slug}.{key}")
    after_commit(session, forget)


def changed_at(slug: str) -> dict[str, int]:
    """Return when each value of a plugin was set for the site, in epoch milliseconds."""
    query = select(Setting.key, Setting.changed_at).where(
        Setting.scope == "site", Setting.plugin == slug
    )
    with db.engine.connect() as connection:
        return {row.key: row.changed_at for row in connection.execute(query)}


def without_secrets(slug: str) -> dict[str, Any]:
    """Return a plugin's values for the site that are no secrets, also where one cannot be read.

    Raises:
        SettingError: The plugin is not active or has no settings.
    """
    spec = spec_of(slug)
    values = {**spec.defaults, **_stored(slug)}
    return {key: values[key] for key in spec.defaults if key not in spec.secrets}


def spec_of(slug: str) -> SettingsSpec:
    """Return what an active plugin declared.

    Raises:
        SettingError: It is not active or declared nothing.
    """
    spec = current().settings_specs.get(slug)
    if spec is None:
        raise SettingError(f"Plugin '{slug}' is not active or has no settings.")
    return spec


def stamp() -> tuple[int, int]:
    """Return what differs after any change of any setting, for things made out of settings.

    As old as the settings themselves, and never newer than one that is read after it.
    """
    cache = _cache()
    if STAMP not in cache:
        # What was read before must not count as newer than it is.
        cache.clear()
        cache[STAMP] = tuple(reading().execute(_STAMP).one())
    return cast("tuple[int, int]", cache[STAMP])


def forget() -> None:
    """Read everything anew at the next question."""
    current_app.extensions.pop("ppvcms_settings", None)


def _cache() -> dict[Any, Any]:
    now, generation = time.monotonic(), current().generation
    made, of_generation, kept = current_app.extensions.get("ppvcms_settings", (0.0, -1, {}))
    if now - made < KEEP_S and of_generation == generation:
        return cast("dict[Any, Any]", kept)
    fresh: dict[Any, Any] = {}
    current_app.extensions["ppvcms_settings"] = (now, generation, fresh)
    return fresh


def _stored(slug: str, room_id: str | None = None) -> dict[str, Any]:
    query = select(Setting.key, Setting.value).where(
        Setting.scope == ("site" if room_id is None else "room"),
        Setting.scope_id == (room_id or ""),
        Setting.plugin == slug,
    )
    return {row.key: row.value for row in reading().execute(query)}


def _write(session: Session, slug: str, key: str, value: Any, room_id: str | None = None) -> None:
    session.merge(
        Setting(
            scope="site" if room_id is None else "room",
            scope_id=room_id or "",
            plugin=slug,
            key=key,
            value=value,
            changed_at=now_ms(session),
        )
    )


def _known(slug: str, spec: SettingsSpec, stored: Mapping[str, Any]) -> dict[str, Any]:
    # A key that a newer version dropped stays in the table and is not seen.
    return {
        key: _reveal(slug, key, value) if key in spec.secrets else value
        for key, value in stored.items()
        if key in spec.defaults
    }


def _no_such_key(slug: str, key: str, known: Mapping[str, Any]) -> str:
    near = difflib.get_close_matches(key, known, n=1)
    hint = f" Did you mean '{near[0]}'?" if near else f" It has: {', '.join(sorted(known))}."
    return f"'{slug}' has no setting '{key}'.{hint}"


def core_value(key: str, value: Any) -> Any:
    """Return a value as a setting of the core holds it, or raise SettingError: pure."""
    if key not in CORE_DEFAULTS:
        raise SettingError(_no_such_key(CORE, key, CORE_DEFAULTS))
    default = CORE_DEFAULTS[key]
    if isinstance(default, tuple) and isinstance(value, (list, tuple)):
        return tuple(str(part) for part in value)
    fits = type(value) is type(default)
    if not fits or (isinstance(value, int) and value < 0):
        kind = {bool: "on or off", int: "a whole number from 0", str: "a text"}
        wanted = kind.get(type(default), f"a {type(default).__name__}")
        raise SettingError(f"'{key}' must be {wanted}; {value!r} is not.")
    return value


def _fernet() -> Fernet:
    config: Config = current_app.config["PPVCMS"]
    key = HKDF(SHA256(), 32, salt=None, info=b"ppvcms plugin secrets").derive(
        config.secret_key.encode()
    )
    return Fernet(base64.urlsafe_b64encode(key))


def _seal(value: str) -> str:
    if not value or value.startswith(FROM_ENVIRONMENT):
        return value
    return _fernet().encrypt(value.encode()).decode()


def _reveal(slug: str, key: str, value: str) -> str:
    if not value:
        return ""
    if value.startswith(FROM_ENVIRONMENT):
        return os.environ.get(value.removeprefix(FROM_ENVIRONMENT), "")
    try:
        return _fernet().decrypt(value.encode()).decode()
    except InvalidToken:
        raise SettingError(
            f"The secret '{key}' of '{slug}' cannot be read: the site's secret key has changed. "
            "Enter it again on the plugin's settings page."
        ) from None
