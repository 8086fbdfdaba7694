"""Cards as pages show them: what they say, and how they are drawn, once for all readers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from babel import Locale, UnknownLocaleError
from flask import g, url_for
from flask_babel import get_locale

from ppvcms.db import wall_ms
from ppvcms.host import kept
from ppvcms.rooms import listing
from ppvcms.web.drawing import filled, parts_of, shelf_of_readers
from ppvcms.web.guards import current_actor

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from markupsafe import Markup

    from ppvcms.host.contract import CardBadge
    from ppvcms.rooms.prices import Price

NEW_MS = 30 * 86_400_000


@dataclass(frozen=True, slots=True)
class RoomPage:
    """A room as its pages show it; amounts in minor units."""

    id: str
    slug: str
    url: str
    name: str
    title: str
    brief: str
    state: str
    category: str | None
    language_name: str
    tags: tuple[str, ...]
    image_url: str
    prices: tuple[Price, ...]
    viewers: int | None
    featured: int
    is_new: bool = False
    own: bool = False
    offline_message: str = ""
    description_html: Markup | str = ""
    gallery: tuple[str, ...] = ()
    rating: str = ""
    reviews: int = 0
    next_event: int | None = None
    followed: bool = False
    follow_url: str = ""
    badges: tuple[CardBadge, ...] = ()


def room_cards(room_ids: Iterable[str]) -> list[RoomPage]:
    """Return rooms as cards of a list take them, who is here first."""
    wanted = set(room_ids)
    listed: dict[str, listing.Card] = g.get("room_cards", {})
    more = (
        listing.cards_of(wanted - listed.keys(), current_actor()) if wanted - listed.keys() else []
    )
    known = [card for card in listed.values() if card.id in wanted]
    return pages_of(listing.by_state([*known, *more]))


def pages_of(found: Sequence[listing.Card]) -> list[RoomPage]:
    """Return cards as pages show them, each put together once while its card is kept."""
    # The first page's address tells where this site lies, for all the others.
    shelf = kept.shelf("room_pages", str(get_locale()), url_for("site.home"))
    newest = wall_ms() - NEW_MS
    pages = []
    for card in found:
        of, page = shelf.get(id(card), (None, None))
        if page is None or of is not card or page.is_new != (card.created_at > newest):
            page = page_of(card)
            shelf.keep(id(card), (card, page))
        pages.append(page)
    return pages


def page_of(card: listing.Card) -> RoomPage:
    """Return a card as pages show it."""
    return RoomPage(
        id=card.id,
        slug=card.slug,
        url=url_for("site.profile", slug=card.slug),
        name=card.together,
        title=card.title,
        brief=card.brief,
        state=card.state.value,
        category=card.category_name,
        language_name=language_name(card.language),
        tags=card.tags,
        image_url=card.image,
        prices=card_prices(card),
        viewers=card.viewers,
        featured=card.featured,
        is_new=card.created_at > wall_ms() - NEW_MS,
        rating=_stars(card.facts.rating),
        reviews=card.facts.reviews,
        next_event=card.facts.next_event_at,
        followed=card.facts.followed,
        follow_url=card.facts.follow_url,
        badges=card.facts.badges,
    )


def _stars(hundredths: int | None) -> str:
    """Write a mean of stars with one decimal, or nothing without any."""
    tenths = ((hundredths or 0) + 5) // 10
    return f"{tenths // 10}.{tenths % 10}" if tenths else ""


def card_prices(card: listing.Card) -> tuple[Price, ...]:
    """Return what a minute costs here, the show that runs first (RM-06)."""
    paid = [price for price in card.prices if price.paid and not price.way]
    return tuple(sorted(paid, key=lambda price: (price.mode != card.mode, not price.private)))


def draw(rooms: Sequence[RoomPage], lazy_from: int) -> list[Markup]:
    """Return the HTML of cards, the pictures of the first ones loaded at once.

    They are kept like everything drawn, by the room itself: `pages_of` brings the same
    one as long as nothing of it has changed.
    """
    shelf = shelf_of_readers()
    cards = []
    for number, room in enumerate(rooms):
        lazy = number >= lazy_from
        of, parts = shelf.get((id(room), lazy), (None, []))
        if of is not room:
            parts = parts_of("ui/_performer_card.html", {"room": room, "lazy": lazy})
            shelf.keep((id(room), lazy), (room, parts))
        cards.append(filled(parts))
    return cards


def language_name(code: str) -> str:
    """Return a language's name in the reader's own."""
    try:
        return str(Locale.parse(code).get_display_name(get_locale()) or code).capitalize()
    except (UnknownLocaleError, ValueError):
        return code
