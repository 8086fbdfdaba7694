"""Rooms as the owner prices and places them (BO-01)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, or_, select

from ppvcms.accounts.models import User
from ppvcms.db import db, now_ms
from ppvcms.host import registry
from ppvcms.rooms.listing import choose_image, image_url, images_of, signals_of
from ppvcms.rooms.models import Category, Room, Show
from ppvcms.rooms.prices import own_rates
from ppvcms.rooms.states import RoomState, state_of
from ppvcms.web.admin.queries.paging import Page, page_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Row

    from ppvcms.rooms.modes import RateLimits


@dataclass(frozen=True, slots=True)
class PricedMode:
    """A kind of show with a price of its own: a column of the table."""

    key: str
    label: str
    limits: RateLimits


@dataclass(frozen=True, slots=True)
class RoomRow:
    """A line of the table; `rates` are the room's own, in minor units per minute, by mode."""

    id: str
    slug: str
    title: str
    performer_id: str
    performer: str
    category: str
    state: RoomState
    listed: bool
    featured: int
    ratio_percent: int | None
    rates: dict[str, int]
    image_url: str


@dataclass(frozen=True, slots=True)
class CategoryRow:
    """A shelf of the listing and how many rooms stand on it."""

    id: str
    slug: str
    name: str
    weight: int
    rooms: int


def priced_modes() -> list[PricedMode]:
    """Return the paid kinds of show whose price can differ from room to room."""
    modes = sorted(registry.room_modes().values(), key=lambda mode: (mode.weight, mode.key))
    return [
        PricedMode(mode.key, mode.label, mode.limits())
        for mode in modes
        if mode.paid and mode.limits is not None
    ]


def rooms(*, words: str = "", category: str = "", page: int = 1) -> Page[RoomRow]:
    """Return rooms by title; `words` look into titles, addresses and names."""
    query = (
        select(Room, User.display_name, Category.name, Show)
        .join(User, User.id == Room.performer_id)
        .outerjoin(Category, Category.id == Room.category_id)
        .outerjoin(Show, Show.id == Room.show_id)
        .order_by(Room.title, Room.id)
        .execution_options(populate_existing=True)
    )
    if words:
        like = f"%{words.strip()}%"
        named = (Room.title.ilike(like), Room.slug.ilike(like), User.display_name.ilike(like))
        query = query.where(or_(*named))
    if category:
        query = query.where(Category.slug == category)
    return page_of(query, _rows, page)


def _rows(rows: Sequence[Row[*tuple[Any, ...]]]) -> list[RoomRow]:
    ids = [room.id for room, *_ in rows]
    rates, images, now = own_rates(ids), images_of(ids), now_ms(db.session())
    found = []
    for room, performer, category, show in rows:
        state = state_of(signals_of(room, show), now)
        picture = choose_image("fixed", state, images.get(room.id))
        found.append(
            RoomRow(
                id=room.id,
                slug=room.slug,
                title=room.title,
                performer_id=room.performer_id,
                performer=performer,
                category=category or "",
                state=state,
                listed=room.listed,
                featured=room.featured,
                ratio_percent=room.ratio_percent,
                rates={mode: own.rate for mode, own in rates.get(room.id, {}).items()},
                image_url=image_url(picture),
            )
        )
    return found


def categories() -> list[CategoryRow]:
    """Return the shelves in their order, with their numbers of rooms."""
    query = (
        select(Category, func.count(Room.id))
        .outerjoin(Room, Room.category_id == Category.id)
        .group_by(Category.id)
        .order_by(Category.weight, Category.name)
    )
    return [
        CategoryRow(row.id, row.slug, row.name, row.weight, count)
        for row, count in db.session.execute(query)
    ]
