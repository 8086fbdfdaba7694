"""What a list of rooms can be asked for: filters and orders, over what a room is now."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from ppvcms.rooms.states import RoomState

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ppvcms.rooms.cards import Card
    from ppvcms.rooms.outlines import Outline

_RANK = {state: place for place, state in enumerate(RoomState)}


ANSWER = "is_"
"""What begins the part of an address that names the answer to a question of the owner."""
MOST_ANSWERS = 10


class Order(StrEnum):
    """How a list can be sorted; the first is the default."""

    STATE = "state"
    NAME = "name"
    PRICE = "price"
    NEW = "new"
    VIEWERS = "viewers"
    RATING = "rating"


@dataclass(frozen=True, slots=True)
class Filters:
    """What a visitor asked for; it lives in the address of the page (RM-09).

    `answers` are of the owner's questions, by key. `least` and `most` bound the
    cost per minute of any paid kind of show; `rating` is the least mean of stars.
    """

    state: str = ""
    category: str = ""
    tag: str = ""
    language: str = ""
    country: str = ""
    mode: str = ""
    name: str = ""
    least: int | None = None
    most: int | None = None
    rating: int | None = None
    answers: tuple[tuple[str, str], ...] = ()
    order: Order = Order.STATE
    page: int = 1

    @property
    def asks(self) -> bool:
        """Whether anybody could be left out."""
        return replace(self, order=Order.STATE, page=1) != Filters()

    def as_args(self) -> dict[str, Any]:
        """Return the arguments of the address, without what is at its default."""
        plain = {
            "state": self.state,
            "category": self.category,
            "tag": self.tag,
            "language": self.language,
            "country": self.country,
            "mode": self.mode,
            "q": self.name,
            "least": "" if self.least is None else str(self.least),
            "most": "" if self.most is None else str(self.most),
            "rating": "" if self.rating is None else str(self.rating),
            "sort": "" if self.order is Order.STATE else self.order.value,
            "page": "" if self.page == 1 else str(self.page),
        }
        plain |= {f"{ANSWER}{key}": value for key, value in self.answers}
        return {name: value for name, value in plain.items() if value}


def filters_from(args: Mapping[str, str]) -> Filters:
    """Read filters from the arguments of an address; what does not fit is left out."""

    def amount(name: str) -> int | None:
        value = args.get(name, "")
        return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else None  # noqa: PLR2004

    order = args.get("sort", "")
    words = {
        name: args.get(name, "").strip()[:64]
        for name in ("state", "category", "tag", "language", "country", "mode")
    }
    return Filters(
        **words,
        name=args.get("q", "").strip()[:64],
        least=amount("least"),
        most=amount("most"),
        rating=amount("rating"),
        answers=_answers(args),
        order=Order(order) if order in set(Order) else Order.STATE,
        page=max(1, amount("page") or 1),
    )


def _answers(args: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(
        (name.removeprefix(ANSWER)[:32], value.strip()[:64])
        for name, value in sorted(args.items())
        if name.startswith(ANSWER) and value.strip()
    )[:MOST_ANSWERS]


def fits(card: Outline | Card, filters: Filters) -> bool:
    """Whether a card is what the filters ask for."""
    if filters.name and filters.name.casefold() not in f"{card.together} {card.title}".casefold():
        return False
    if filters.tag and filters.tag not in card.tags:
        return False
    if filters.rating and (card.facts.rating or 0) < filters.rating * 100:
        return False
    if filters.mode and all(price.mode != filters.mode for price in card.prices):
        return False
    if filters.state and filters.state != (
        "live" if filters.state == "live" and card.state.live else card.state.value
    ):
        return False
    # Written out: this is asked of every room for every list.
    return (
        (not filters.category or filters.category == card.category)
        and (not filters.language or filters.language == card.language)
        and (not filters.country or filters.country == card.country)
        and _in_band(card, filters)
    )


def _in_band(card: Outline | Card, filters: Filters) -> bool:
    if filters.least is None and filters.most is None:
        return True
    least = filters.least or 0
    most = filters.most if filters.most is not None else 2**53
    return any(price.paid and least <= price.rate <= most for price in card.prices)


def order_key(order: Order) -> Callable[[Outline | Card], tuple[Any, ...]]:
    """Return what a list in this order is sorted by."""

    def key(card: Outline | Card) -> tuple[Any, ...]:
        name = card.performer.casefold()
        by_state = (_RANK[card.state], -card.featured, name, card.id)
        if order is Order.NAME:
            return (name, card.id)
        if order is Order.PRICE:
            return (card.cheapest is None, card.cheapest or 0, *by_state)
        if order is Order.NEW:
            return (-card.created_at, card.id)
        if order is Order.RATING:
            return (-(card.facts.rating or 0), -card.facts.reviews, *by_state)
        if order is Order.VIEWERS:
            return (-(card.viewers or 0), *by_state)
        return by_state

    return key


def asks_for_prices(filters: Filters) -> bool:
    """Whether what shows cost decides what is on a page."""
    bounds = (filters.least, filters.most)
    return bool(filters.mode) or filters.order is Order.PRICE or bounds != (None, None)


def asks_for_ratings(filters: Filters) -> bool:
    """Whether what plugins know decides what is on a page."""
    return bool(filters.rating) or filters.order is Order.RATING
