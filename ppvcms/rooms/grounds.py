"""Cards that are kept: each is made anew as soon as it would rest on something else.

Making a card asks every kind of show what it costs. So a list reads what its cards
rest on, compares that with the last time, and has those made that differ. Nothing
is kept for a time: what is compared was read in the same request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from flask_babel import get_locale
from sqlalchemy import Text, bindparam, cast, select

from ppvcms.accounts.models import User
from ppvcms.db import db, now_ms, reading
from ppvcms.host import kept, registry
from ppvcms.host.contract import RoomRef
from ppvcms.rooms.cardfacts import NOTHING, card_facts
from ppvcms.rooms.cards import make_cards, partners_of, shown_viewers
from ppvcms.rooms.models import Category, Room, Show
from ppvcms.rooms.outlines import tags_of
from ppvcms.rooms.pictures import choose_image, images_of
from ppvcms.rooms.prices import own_rates
from ppvcms.rooms.states import RoomSignals, RoomState, since, state_of
from ppvcms.rooms.ways import agreements, roles_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ppvcms.accounts.actor import Actor
    from ppvcms.host.contract import CardFacts
    from ppvcms.rooms.cards import Card, Made
    from ppvcms.rooms.pictures import ImageRef
    from ppvcms.rooms.prices import OwnRate

_ROOM, _USER, _CATEGORY = Room.__table__.c, User.__table__.c, Category.__table__.c
_SHOW, _PARENT = Show.__table__.alias("running"), Show.__table__.alias("parent")
_SAID = (
    _USER.display_name,
    _ROOM.title,
    _ROOM.brief,
    _CATEGORY.slug,
    _CATEGORY.name,
    _ROOM.language,
    _ROOM.country,
    _ROOM.featured,
    _ROOM.auto_reject,
    _ROOM.created_at,
    _SHOW.c.mode,
    _SHOW.c.private,
    _SHOW.c.free_until,
    _PARENT.c.mode,
    _PARENT.c.free_until,
    # Read as text: what most rooms say of themselves was read a moment ago.
    cast(_ROOM.tags, Text),
)
_SIGNS = (
    _ROOM.id,
    _ROOM.slug,
    _ROOM.performer_id,
    _ROOM.image_source,
    _ROOM.show_viewers,
    _ROOM.hidden,
    _ROOM.away_since,
    _ROOM.evidence_at,
    _ROOM.ready_by,
    _SHOW.c.state,
    _SHOW.c.paid,
    _SHOW.c.private.label("apart"),
    _SHOW.c.started_at,
)
_GROUNDS = (
    select(*_SIGNS, *_SAID)
    .select_from(Room.__table__)
    .join(User.__table__, _USER.id == _ROOM.performer_id)
    .outerjoin(_SHOW, _SHOW.c.id == _ROOM.show_id)
    .outerjoin(_PARENT, _PARENT.c.id == _SHOW.c.parent_id)
    .outerjoin(Category.__table__, _CATEGORY.id == _ROOM.category_id)
    .where(_ROOM.id.in_(bindparam("ids", expanding=True)), _USER.state == "active")
)


class Ground(NamedTuple):
    """What a card rests on, beside the settings, the active plugins and their facts."""

    id: str
    slug: str
    performer_id: str
    state: RoomState
    since: int | None
    image_id: str | None
    viewers: int | None
    partners: tuple[str, ...]
    agreed: frozenset[str]
    roles: frozenset[str]
    rates: Mapping[str, OwnRate]
    said: tuple[Any, ...]
    """What the room, its category and its shows say, as their rows have it."""


def cards_in(room_ids: Iterable[str], actor: Actor) -> dict[str, Card]:
    """Return rooms of active people as somebody sees them, by their ids."""
    shelf = kept.shelf("cards", str(get_locale()))
    grounds = _grounds(list(room_ids))
    refs = [RoomRef(ground.id, ground.slug, ground.performer_id) for ground in grounds]
    facts = card_facts(refs, actor)
    found: dict[str, Card] = {}
    for ground in grounds:
        known = facts.get(ground.id, NOTHING)
        rested, card = shelf.get((ground.id, ground.image_id, known), (None, None))
        if card is not None and rested == ground:
            found[ground.id] = card
    lacking = {ground.id: ground.image_id for ground in grounds if ground.id not in found}
    return found | _made(lacking, facts, shelf) if lacking else found


def _made(
    chosen: Mapping[str, str | None], facts: Mapping[str, CardFacts], shelf: kept.Shelf
) -> dict[str, Card]:
    """Make cards, and keep those that will be the same as long as they rest on the same."""
    steady = all(mode.steady for mode in registry.room_modes().values())
    fresh = make_cards(Room.id.in_(list(chosen)), facts, chosen)
    for one in fresh:
        if steady and _is_whole(one.card):
            key = one.card.id, one.card.image_id, one.card.facts
            shelf.keep(key, (_ground_of(one), one.card))
    return {one.card.id: one.card for one in fresh}


def _is_whole(card: Card) -> bool:
    """Whether every mode said its price: one that failed may answer the next time."""
    shown = sum(card.scene.shows(mode) for mode in registry.room_modes().values())
    return len(card.prices) == shown


class Reading(NamedTuple):
    """What was read of rooms at one moment, with what is decided anew for every page."""

    grounds: list[Ground]
    signals: dict[str, RoomSignals]
    pictures: dict[str, tuple[str, list[ImageRef]]]
    """How rooms choose that have several pictures, and these."""


def _grounds(ids: list[str]) -> list[Ground]:
    """Return what the cards of rooms rest on now."""
    now = now_ms(db.session())
    read = kept.unchanged("grounds", tuple(ids), lambda: _read(ids, now))
    if any(state_of(read.signals[ground.id], now) is not ground.state for ground in read.grounds):
        # Time alone changed it: who gave no sign of life is not there any more.
        read = _read(ids, now)
    return [
        ground._replace(image_id=choose_image(*_choice(read, ground)))
        if ground.id in read.pictures
        else ground
        for ground in read.grounds
    ]


def _choice(read: Reading, ground: Ground) -> tuple[str, RoomState, list[ImageRef]]:
    source, images = read.pictures[ground.id]
    return source, ground.state, images


def _read(ids: list[str], now: int) -> Reading:
    rows = reading().execute(_GROUNDS, {"ids": ids}).all()
    signals = {row.id: _signals(row) for row in rows}
    states = {room_id: state_of(one, now) for room_id, one in signals.items()}
    agreed, rates, images = agreements(ids), own_rates(ids), images_of(ids)
    roles = roles_of(row.performer_id for row in rows)
    partners, viewers = partners_of(states), shown_viewers(rows, states)
    grounds = [
        Ground(
            row.id,
            row.slug,
            row.performer_id,
            states[row.id],
            since(signals[row.id], states[row.id]),
            choose_image(row.image_source, states[row.id], images.get(row.id)),
            viewers.get(row.id),
            partners.get(row.id, ()),
            agreed.get(row.id, frozenset()),
            roles.get(row.performer_id, frozenset()),
            rates.get(row.id, {}),
            (*row[len(_SIGNS) : -1], tags_of(row[-1])),
        )
        for row in rows
    ]
    several = {
        row.id: (row.image_source, images[row.id])
        for row in rows
        if len(images.get(row.id, ())) > 1
    }
    return Reading(grounds, signals, several)


def _signals(row: Any) -> RoomSignals:
    live = row.state == "live"
    return RoomSignals(
        show_live=live,
        private=live and row.apart,
        paid=live and row.paid,
        hidden=row.hidden,
        away_since=row.away_since,
        started_at=row.started_at if live else None,
        evidence_at=row.evidence_at,
        ready_by=row.ready_by,
    )


def _ground_of(made: Made) -> Ground:
    """Return what a card was made of, in the form in which it is read the next time."""
    room, performer, show, parent, category, category_name = made.row
    card, scene = made.card, made.card.scene
    return Ground(
        card.id,
        card.slug,
        card.performer_id,
        card.state,
        card.since,
        card.image_id,
        card.viewers,
        card.partners,
        scene.agreed,
        scene.performer_roles,
        made.rates,
        (
            performer,
            room.title,
            room.brief,
            category,
            category_name,
            room.language,
            room.country,
            room.featured,
            room.auto_reject,
            room.created_at,
            *((show.mode, show.private, show.free_until) if show else (None, None, None)),
            *((parent.mode, parent.free_until) if parent else (None, None)),
            card.tags,
        ),
    )
