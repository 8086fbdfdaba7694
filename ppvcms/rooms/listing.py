"""The list of rooms: pages of cards, and the pushes that keep open lists right.

However many rooms there are, a page of the list takes the same number of queries.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ppvcms.accounts.actor import VISITOR
from ppvcms.host import dispatch
from ppvcms.host.contract import RoomRef
from ppvcms.host.settings import site
from ppvcms.realtime import push
from ppvcms.rooms.cardfacts import NOTHING, card_facts
from ppvcms.rooms.cards import Card, make_cards, partners_of, signals_of, viewer_counts
from ppvcms.rooms.filters import (
    Filters,
    Order,
    asks_for_prices,
    asks_for_ratings,
    filters_from,
    fits,
    order_key,
)
from ppvcms.rooms.grounds import cards_in
from ppvcms.rooms.models import Room
from ppvcms.rooms.outlines import outlines
from ppvcms.rooms.pictures import SNAPSHOT, ImageRef, choose_image, image_url, images_of
from ppvcms.rooms.questions import rooms_answering

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ppvcms.accounts.actor import Actor
    from ppvcms.rooms.outlines import Outline

__all__ = [
    "SNAPSHOT",
    "Card",
    "Filters",
    "ImageRef",
    "Order",
    "Page",
    "card_of",
    "cards_of",
    "choose_image",
    "filters_from",
    "image_url",
    "images_of",
    "is_listed",
    "lasting_picture",
    "listed",
    "listing",
    "push_card",
    "signals_of",
    "viewer_counts",
]


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the list, with what the filter form offers."""

    cards: Sequence[Card]
    filters: Filters
    total: int
    pages: int
    categories: Sequence[tuple[str, str]] = field(default_factory=tuple)
    tags: Sequence[str] = field(default_factory=tuple)
    languages: Sequence[str] = field(default_factory=tuple)
    countries: Sequence[str] = field(default_factory=tuple)


def listing(filters: Filters, *, per_page: int | None = None, actor: Actor = VISITOR) -> Page:
    """Return one page of the listed rooms that fit the filters, as somebody sees it.

    Cards are looked up for that page alone, unless prices or viewers decide what is on it.
    """
    rooms = _without_unlisted(_outlines(filters, actor))
    fitting = [room for room in rooms if fits(room, filters)] if filters.asks else rooms
    if filters.answers:
        answering = rooms_answering(filters.answers)
        fitting = [room for room in fitting if room.id in answering]
    found = sorted(fitting, key=order_key(filters.order))
    size = per_page or site().per_page
    pages = max(1, -(-len(found) // size))
    number = min(filters.page, pages)
    shown = [room.id for room in found[(number - 1) * size : number * size]]
    cards = cards_in(shown, actor)
    return Page(
        cards=[cards[room_id] for room_id in shown if room_id in cards],
        filters=filters,
        total=len(found),
        pages=pages,
        categories=sorted({(r.category, r.category_name or "") for r in rooms if r.category}),
        tags=sorted({tag for room in rooms for tag in room.tags}),
        languages=sorted({room.language for room in rooms if room.language}),
        countries=sorted({room.country for room in rooms if room.country}),
    )


def listed() -> Sequence[Outline | Card]:
    """Return every room that lists show to visitors, in no order."""
    return _without_unlisted(outlines())


def is_listed(room: Room) -> bool:
    """Whether lists show a room to visitors, as far as its owner and plugins say."""
    asked = [room.performer_id]
    answers = dispatch.collect("unlisted_performers", performer_ids=asked) if room.listed else []
    return room.listed and not any(room.performer_id in ids for _slug, ids in answers)


def lasting_picture(room_id: str) -> str:
    """Return where a room's first approved picture lies, never a live one, or an empty text.

    What others keep of a live picture would outlast the show.
    """
    images = images_of([room_id]).get(room_id, ())
    return next((image_url(image.id) for image in images if image.kind != SNAPSHOT), "")


def _outlines(filters: Filters, actor: Actor) -> Sequence[Outline | Card]:
    """Return every listed room with as much as the filters and the order look at."""
    rooms = outlines()
    if asks_for_prices(filters) or filters.order is Order.VIEWERS:
        return list(cards_in([room.id for room in rooms], actor).values())
    partners = partners_of({room.id: room.state for room in rooms})
    rooms = [
        replace(room, partners=partners[room.id]) if room.id in partners else room for room in rooms
    ]
    if not asks_for_ratings(filters):
        return rooms
    facts = card_facts([RoomRef(one.id, one.slug, one.performer_id) for one in rooms], actor)
    return [replace(room, facts=facts.get(room.id, NOTHING)) for room in rooms]


def _without_unlisted(rooms: Sequence[Outline | Card]) -> Sequence[Outline | Card]:
    """Leave out who must not be listed, such as performers who are not verified."""
    asked = sorted({room.performer_id for room in rooms})
    answers = dispatch.collect("unlisted_performers", performer_ids=asked) if asked else []
    hidden = {performer_id for _slug, ids in answers for performer_id in ids}
    return [room for room in rooms if room.performer_id not in hidden] if hidden else rooms


def cards_of(room_ids: Iterable[str], actor: Actor) -> list[Card]:
    """Return the cards of some rooms, who is here first, as somebody sees them."""
    return by_state(cards_in(room_ids, actor).values())


def by_state(cards: Iterable[Card]) -> list[Card]:
    """Return cards with who is here first."""
    return sorted(cards, key=order_key(Order.STATE))


def card_of(room_id: str) -> Card | None:
    """Return the card of one room, listed or not."""
    made = make_cards(Room.id == room_id, {}, {})
    return made[0].card if made else None


def push_card(room_id: str) -> None:
    """Tell open lists and open pages of the room what changed (RM-01)."""
    card = card_of(room_id)
    if card is not None:
        push("site", "listing", card.as_change())
