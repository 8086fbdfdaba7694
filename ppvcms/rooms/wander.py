"""On to the next room, or to any: free ones, and paid ones up to an agreed price (RM-16)."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from ppvcms.host import dispatch
from ppvcms.rooms.listing import Filters, listing
from ppvcms.rooms.services import by_id, view_of
from ppvcms.rooms.states import RoomState

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ppvcms.accounts.actor import Actor
    from ppvcms.rooms.listing import Card

MOST_ROOMS = 500
FREE, PAID, ALL = "free", "paid", "all"


def next_room(
    actor: Actor, *, after: str, pool: str, most: int | None = None, at_random: bool = False
) -> Card | None:
    """Return the room that follows `after` in the list, or any other; None when there is none.

    `pool` is ``free``, ``paid`` or ``all``; `most` is the highest rate per minute, in
    minor units, that the person opted in to, and without it no paid room comes.
    """
    cards = _pool(pool, most)
    places = [place for place, card in enumerate(cards) if card.slug == after]
    start = places[0] + 1 if places else 0
    others = [card for card in (*cards[start:], *cards[:start]) if card.slug != after]
    if at_random:
        random.shuffle(others)
    return next(_open_to(others, actor), None)


def _pool(pool: str, most: int | None) -> list[Card]:
    cards: list[Card] = []
    if pool in {FREE, ALL}:
        cards += _in_state(RoomState.ONLINE)
    if pool in {PAID, ALL} and most is not None:
        cards += [card for card in _in_state(RoomState.GROUP) if _rate(card) <= most]
    return cards


def _in_state(state: RoomState) -> list[Card]:
    return list(listing(Filters(state=state.value), per_page=MOST_ROOMS).cards)


def _rate(card: Card) -> int:
    """Return what a minute of the public show costs."""
    rates = [price.rate for price in card.prices if price.mode == card.public_mode]
    return rates[0] if rates else 2**53


def _open_to(cards: list[Card], actor: Actor) -> Iterator[Card]:
    """Yield the rooms that somebody may enter, asking each only when its turn comes."""
    for card in cards:
        room = by_id(card.id)
        if room.performer_id != actor.user_id and not dispatch.decide(
            "check_room_entry", room=view_of(room), actor=actor
        ):
            yield card
