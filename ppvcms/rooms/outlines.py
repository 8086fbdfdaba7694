"""Every listed room in few columns: what lists filter and sort by before they make cards.

A page of a list shows some rooms of thousands; whole rows are read for those alone.
"""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import Text, bindparam, cast, select

from ppvcms.accounts.models import User
from ppvcms.db import db, now_ms, reading
from ppvcms.host import kept
from ppvcms.rooms.cardfacts import NOTHING
from ppvcms.rooms.models import Category, Room, Show
from ppvcms.rooms.states import RoomSignals, RoomState, state_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ppvcms.host.contract import CardFacts
    from ppvcms.rooms.prices import Price

    Signs = list[Any]

OFFLINE = RoomState.OFFLINE
_COLUMNS = (
    Room.id,
    Room.slug,
    Room.performer_id,
    User.display_name,
    Room.title,
    # Read as text: what most rooms say of themselves was read a moment ago.
    cast(Room.tags, Text),
    Room.language,
    Room.country,
    Room.featured,
    Room.created_at,
    Category.slug,
    Category.name,
    Show.state,
    Room.hidden,
    Room.away_since,
    Room.evidence_at,
    Room.ready_by,
    Show.private,
    Show.paid,
    Show.started_at,
)
_LISTED = (
    select(*_COLUMNS)
    .select_from(Room)
    .join(User, User.id == Room.performer_id)
    .outerjoin(Show, Show.id == Room.show_id)
    .outerjoin(Category, Category.id == Room.category_id)
    .where(Room.listed.is_(True), User.state == "active")
)
_ROOM_IDS = (
    select(Room.performer_id, Room.id)
    .where(Room.performer_id.in_(bindparam("ids", expanding=True)))
    .order_by(Room.created_at, Room.id)
)


@dataclass(slots=True)
class Outline:
    """A room as far as filters and orders look at it, without prices and plugins' facts."""

    id: str
    slug: str
    performer_id: str
    performer: str
    title: str
    tags: tuple[str, ...]
    language: str
    country: str
    featured: int
    created_at: int
    category: str | None
    category_name: str | None
    state: RoomState
    partners: tuple[str, ...] = ()
    prices: tuple[Price, ...] = ()
    facts: CardFacts = NOTHING
    viewers: int | None = None
    cheapest: int | None = None

    @property
    def together(self) -> str:
        """The names of all who are in the show, the room's own performer first (MD-16)."""
        return ", ".join([self.performer, *self.partners])


def outlines() -> list[Outline]:
    """Return all listed rooms of active people, in no order; nobody changes what comes."""
    now = now_ms(db.session())
    return [
        outline if signs is None else replace(outline, state=_state(signs, now))
        for outline, signs in kept.unchanged("outlines", "", _read)
    ]


def _read() -> list[tuple[Outline, Signs | None]]:
    """Return outlines, with the signs of those on air."""
    return [_outline(row) for row in reading().execute(_LISTED).all()]


def room_ids_of(performer_ids: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return the rooms of performers by their ids, the oldest first, in one query."""
    found: dict[str, tuple[str, ...]] = {}
    for performer_id, room_id in reading().execute(_ROOM_IDS, {"ids": list(performer_ids)}):
        found[performer_id] = (*found.get(performer_id, ()), room_id)
    return found


def _outline(row: Sequence[Any]) -> tuple[Outline, Signs | None]:
    room_id, slug, performer_id, name, title, tags, language, country, *rest = row
    featured, created_at, category, category_name, *signs = rest
    outline = Outline(
        room_id,
        slug,
        performer_id,
        name,
        title,
        tags_of(tags),
        language,
        country,
        featured,
        created_at,
        category,
        category_name,
        OFFLINE,
    )
    # Most rooms of a large site have no show.
    return outline, signs[1:] if signs[0] == "live" else None


@functools.lru_cache(maxsize=8_192)
def tags_of(text: str) -> tuple[str, ...]:
    """Return the tags of a room from the column's text."""
    return tuple(json.loads(text).get("all", ()))


def _state(signs: Signs, now: int) -> RoomState:
    hidden, away_since, evidence_at, ready_by, private, paid, started_at = signs
    signals = RoomSignals(
        show_live=True,
        private=private,
        paid=paid,
        hidden=hidden,
        away_since=away_since,
        started_at=started_at,
        evidence_at=evidence_at,
        ready_by=ready_by,
    )
    return state_of(signals, now)
