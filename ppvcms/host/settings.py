"""Settings that an owner changes in the browser: the core's, typed, and each plugin's.

Values are JSON in the table `setting`. Keys are strict. A change is seen at once
in the process that made it and within a second in every other.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, cast

from flask import current_app
from sqlalchemy import func, select

from ppvcms.accounts import audit
from ppvcms.db import after_commit, now_ms, reading
from ppvcms.events import SettingChanged
from ppvcms.host import scopes
from ppvcms.host.core_settings import (
    CORE,
    CORE_DEFAULTS,
    CoreSettings,
    SettingError,
    core_value,
    no_such_key,
)
from ppvcms.host.models import Setting
from ppvcms.host.scopes import SITE, Place, Scope, inside, studio_of
from ppvcms.host.sealing import UnreadableError, reveal, seal
from ppvcms.host.snapshot import current
from ppvcms.ids import new_id
from ppvcms.ledger.outbox import write_event

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sqlalchemy.orm import Session

    from ppvcms.host.contract import RoomView, SettingsSpec

KEEP_S = 1.0
STAMP = "the stamp"
_STAMP = select(func.count(), func.coalesce(func.sum(Setting.changed_at), 0))


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
            raise SettingError(no_such_key(self._slug, key, self._values)) from None

    def as_dict(self) -> dict[str, Any]:
        """Return all values by key."""
        return dict(self._values)

    def without(self, keys: Collection[str]) -> dict[str, Any]:
        """Return the values that are none of these, by key."""
        return {key: value for key, value in self._values.items() if key not in keys}


def site() -> CoreSettings:
    """Return the core's settings, at most a second old."""
    cache = _cache()
    kept = cast("CoreSettings | None", cache.get(CORE))
    if kept is None:
        stored = scopes.stored(CORE)
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
        plain = list(value) if isinstance(value, tuple) else value
        scopes.write(session, CORE, key, plain, SITE)
        _tell(session, CORE, key, actor_id)
    audit.record(session, actor_id, "host.setting.changed", "core", data=dict(changes))


def of(slug: str, *, room: RoomView | None = None, studio: str = "") -> Values:
    """Return a plugin's settings: the room's, its studio's, the site's, else the defaults.

    `studio` is the id of one, where a studio is meant and no room. Secrets come in
    clear; a value ``$env:NAME`` is read from the environment.

    Raises:
        SettingError: The plugin is not active or has no settings.
    """
    spec = spec_of(slug)
    own_of_room = room.id if room is not None and spec.room else ""
    if room is not None and spec.studio:
        studio = _studio_of(room.performer_id)
    elif not spec.studio:
        studio = ""
    cache, key = _cache(), (slug, own_of_room, studio)
    kept = cache.get(key)
    if kept is None:
        kept = cache[key] = Values(slug, _looked_up(slug, spec, room=own_of_room, studio=studio))
    return cast("Values", kept)


def allowed(slug: str, scope: Scope) -> frozenset[str]:
    """Return the keys that rooms or studios may set themselves: all of them unless the owner chose.

    Raises:
        SettingError: The plugin is not active or has no settings.
    """
    return _allowed(spec_of(slug), scope, scopes.stored(slug))


def allow(
    session: Session, slug: str, scope: Scope, keys: Collection[str], *, actor_id: str | None
) -> None:
    """Say which settings rooms or studios may have of their own; others' values rest meanwhile.

    Raises:
        SettingError: The plugin does not offer such a key there.
    """
    known = offered(spec_of(slug), scope)
    for key in keys:
        if key not in known:
            raise SettingError(no_such_key(slug, key, known))
    scopes.write(session, slug, scopes.ALLOWED[scope], sorted(keys), SITE)
    data = {"scope": scope.value, "keys": sorted(keys)}
    audit.record(session, actor_id, f"{slug}.setting.allowed", slug, data=data)
    _tell(session, slug, scopes.ALLOWED[scope], actor_id)


def save(
    session: Session,
    slug: str,
    key: str,
    value: Any,
    *,
    actor_id: str | None = None,
    place: Place = SITE,
) -> None:
    """Set one value of a plugin, for the site, a studio or a room.

    Raises:
        SettingError: The plugin has no such key, or it cannot be set there.
    """
    spec = spec_of(slug)
    known = spec.defaults if place is SITE else allowed(slug, place.scope)
    if key not in known:
        raise SettingError(no_such_key(slug, key, known))
    secret = key in spec.secrets
    scopes.write(session, slug, key, seal(str(value)) if secret else value, place)
    _note(session, "changed", slug, key, actor_id, place, value="(secret)" if secret else value)


def reset(
    session: Session, slug: str, key: str, *, actor_id: str | None = None, place: Place = SITE
) -> None:
    """Give a setting of the site its default again, one of a room or studio the wider scope's."""
    scopes.erase(session, slug, key, place)
    _note(session, "reset", slug, key, actor_id, place)


def own_values(slug: str, place: Place) -> dict[str, Any]:
    """Return what a room or a studio has set for itself, whether it holds now or not."""
    return scopes.stored(slug, place)


def changed_at(slug: str, place: Place = SITE) -> dict[str, int]:
    """Return when each value of a plugin was set at a place, in epoch milliseconds."""
    return scopes.moments(slug, place)


def without_secrets(slug: str) -> dict[str, Any]:
    """Return a plugin's values for the site that are no secrets, also where one cannot be read.

    Raises:
        SettingError: The plugin is not active or has no settings.
    """
    spec = spec_of(slug)
    values = {**spec.defaults, **scopes.stored(slug)}
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


def _looked_up(slug: str, spec: SettingsSpec, *, room: str, studio: str) -> dict[str, Any]:
    site_wide = scopes.stored(slug)
    values = {**spec.defaults, **_known(slug, spec, site_wide)}
    for scope, place_id in ((Scope.STUDIO, studio), (Scope.ROOM, room)):
        if place_id:
            may = _allowed(spec, scope, site_wide)
            own = scopes.stored(slug, Place(scope, place_id))
            values = inside(spec, values, {key: own[key] for key in own if key in may})
    return values


def _allowed(spec: SettingsSpec, scope: Scope, site_wide: Mapping[str, Any]) -> frozenset[str]:
    known = offered(spec, scope)
    return known & frozenset(site_wide.get(scopes.ALLOWED[scope], known))


def offered(spec: SettingsSpec, scope: Scope) -> frozenset[str]:
    """Return the keys that a plugin lets rooms or studios set: pure."""
    return spec.room if scope is Scope.ROOM else spec.studio


def _studio_of(performer_id: str) -> str:
    cache, key = _cache(), ("studio", performer_id)
    if key not in cache:
        cache[key] = studio_of(performer_id)
    return cast("str", cache[key])


def _note(
    session: Session,
    what: str,
    slug: str,
    key: str,
    actor_id: str | None,
    place: Place,
    **data: Any,
) -> None:
    where = {} if place is SITE else {place.scope.value: place.id}
    about = {**data, **where}
    audit.record(session, actor_id, f"{slug}.setting.{what}", f"{slug}.{key}", data=about)
    _tell(session, slug, key, actor_id)


def _tell(session: Session, slug: str, key: str, actor_id: str | None) -> None:
    fact = SettingChanged(id=new_id(), at=now_ms(session), actor_id=actor_id, plugin=slug, key=key)
    write_event(session, fact)
    after_commit(session, forget)


def _known(slug: str, spec: SettingsSpec, stored: Mapping[str, Any]) -> dict[str, Any]:
    # A key that a newer version dropped stays in the table and is not seen.
    return {
        key: _revealed(slug, key, value) if key in spec.secrets else value
        for key, value in stored.items()
        if key in spec.defaults
    }


def _revealed(slug: str, key: str, value: str) -> str:
    try:
        return reveal(value)
    except UnreadableError:
        raise SettingError(
            f"The secret '{key}' of '{slug}' cannot be read: the site's secret key has changed. "
            "Enter it again on the plugin's settings page."
        ) from None
