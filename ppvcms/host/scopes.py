"""Where a setting holds: for the site, for one studio, or for one room; the rows of each."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, or_, select

from ppvcms.accounts.models import StudioPart
from ppvcms.db import now_ms, reading, wall_ms
from ppvcms.host.models import Setting

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from ppvcms.host.contract import SettingsSpec


class Scope(StrEnum):
    """How far a value reaches; a narrower one goes before a wider one."""

    SITE = "site"
    STUDIO = "studio"
    ROOM = "room"


@dataclass(frozen=True, slots=True)
class Place:
    """One site, studio or room; the site has no id."""

    scope: Scope = Scope.SITE
    id: str = ""


SITE = Place()
ALLOWED = {Scope.STUDIO: "@studio", Scope.ROOM: "@room"}
"""The rows that say which keys a scope may set; no form's field can be named so."""


def stored(slug: str, place: Place = SITE) -> dict[str, Any]:
    """Return what was set for a plugin at a place, by key."""
    query = select(Setting.key, Setting.value).where(*_at(slug, place))
    return {row.key: row.value for row in reading().execute(query)}


def moments(slug: str, place: Place) -> dict[str, int]:
    """Return when each value of a plugin was set at a place, in epoch milliseconds."""
    query = select(Setting.key, Setting.changed_at).where(*_at(slug, place))
    return {row.key: row.changed_at for row in reading().execute(query)}


def write(session: Session, slug: str, key: str, value: Any, place: Place) -> None:
    """Set a value."""
    row = Setting(
        scope=place.scope.value,
        scope_id=place.id,
        plugin=slug,
        key=key,
        value=value,
        changed_at=now_ms(session),
    )
    session.merge(row)


def erase(session: Session, slug: str, key: str, place: Place) -> None:
    """Forget a value."""
    session.execute(delete(Setting).where(*_at(slug, place), Setting.key == key))


def studio_of(performer_id: str) -> str:
    """Return the studio that somebody works for now, or an empty text."""
    now = wall_ms()
    query = (
        select(StudioPart.studio_id)
        .where(
            StudioPart.performer_id == performer_id,
            StudioPart.from_at <= now,
            or_(StudioPart.until_at.is_(None), StudioPart.until_at > now),
        )
        .order_by(StudioPart.from_at.desc(), StudioPart.id.desc())
        .limit(1)
    )
    return reading().scalar(query) or ""


def inside(spec: SettingsSpec, wider: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Return a wider scope's values with the own ones that fit inside them now: pure.

    The owner may have narrowed what is possible since somebody set theirs.
    """
    values = {**wider, **own}
    wrong = spec.within(wider, values) if spec.within and own else {}
    if not wrong:
        return values
    values = {**wider, **{key: value for key, value in own.items() if key not in wrong}}
    return dict(wider) if spec.within and spec.within(wider, values) else values


def _at(slug: str, place: Place) -> tuple[ColumnElement[bool], ...]:
    return (
        Setting.scope == place.scope.value,
        Setting.scope_id == place.id,
        Setting.plugin == slug,
    )
