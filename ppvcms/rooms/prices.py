"""What a minute costs in a room, as the card and the entry panel show it (RM-06).

All amounts are minor units of credits per minute. The numbers come from the
same question to the mode as the terms of a seat.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select

from ppvcms.db import reading
from ppvcms.host import dispatch, registry
from ppvcms.rooms.models import Room, RoomPrice
from ppvcms.rooms.modes import PayerRole, Quote, RoomFacts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ppvcms.results import Refusal
    from ppvcms.rooms.modes import Block, RateLimits, RoomMode
    from ppvcms.rooms.ways import Scene

CURRENCY = "CRD"
_OWN = select(RoomPrice.room_id, RoomPrice.mode, RoomPrice.rate, RoomPrice.minimum_minutes).where(
    RoomPrice.room_id.in_(bindparam("ids", expanding=True))
)


@dataclass(frozen=True, slots=True)
class Price:
    """What one mode costs in one room, as the card and the entry panel show it."""

    mode: str
    label: str
    rate: int
    grace_s: int
    minimum_minutes: int
    voyeurs: bool
    private: bool
    paid: bool
    entry: str = "open"
    role: str = PayerRole.VIEWER
    way: bool = False
    exclusive: bool = False
    open: bool = False
    carries: str = "video"
    blocks: tuple[Block, ...] = ()

    def as_json(self) -> dict[str, object]:
        """Return the shape `Price` of docs/realtime.md."""
        return {
            "mode": self.mode,
            "label": self.label,
            "rate": self.rate,
            "currency": CURRENCY,
            "grace_s": self.grace_s,
            "minimum_minutes": self.minimum_minutes,
            "voyeurs": self.voyeurs,
            "private": self.private,
            "paid": self.paid,
            "free": self.rate == 0,
            "entry": self.entry,
            "role": self.role,
            "way": self.way,
            "exclusive": self.exclusive,
            "open": self.open,
            "carries": self.carries,
            "blocks": [{"minutes": one.minutes, "price": one.price} for one in self.blocks],
        }


@dataclass(frozen=True, slots=True)
class OwnRate:
    """What a performer or the owner set for one room and mode."""

    rate: int
    minimum_minutes: int


OwnRates = dict[str, dict[str, OwnRate]]


def own_rates(room_ids: Iterable[str]) -> OwnRates:
    """Return the rates that rooms set themselves, by room and mode, in one query."""
    found: OwnRates = {}
    for row in reading().execute(_OWN, {"ids": list(room_ids)}).all():
        found.setdefault(row.room_id, {})[row.mode] = OwnRate(row.rate, row.minimum_minutes)
    return found


@dataclass(frozen=True, slots=True)
class Offered:
    """A mode as it is offered at this moment, asked once for many rooms."""

    mode: RoomMode
    label: str
    limits: RateLimits | None


def offered() -> list[Offered]:
    """Return the kinds of show in the order in which pages show them."""
    return [
        Offered(mode, str(mode.label), mode.limits() if mode.limits is not None else None)
        for mode in registry.room_modes().values()
    ]


def facts_of(room: Room, offer: Offered, own: Mapping[str, OwnRate], scene: Scene) -> RoomFacts:
    """Return what a mode may know of a room: its own rate only inside the owner's limits."""
    mine, limits = own.get(offer.mode.key), offer.limits
    rate = mine.rate if mine is not None and limits is not None and limits.own_rates else None
    if rate is not None and limits is not None:
        rate = min(max(rate, limits.least), limits.most)
    return RoomFacts(
        room_id=room.id,
        slug=room.slug,
        title=room.title,
        performer_id=room.performer_id,
        own_rate=rate,
        own_minimum_minutes=mine.minimum_minutes if mine is not None else 0,
        show_mode=scene.public.key if scene.public is not None else None,
    )


def price_lists(
    rooms: Sequence[Room], scenes: Mapping[str, Scene], rates: OwnRates
) -> dict[str, tuple[Price, ...]]:
    """Return what each mode costs in each room; a mode that does not quote is left out."""
    offers = offered()
    return {
        room.id: _prices(room, offers, rates.get(room.id, {}), scenes[room.id]) for room in rooms
    }


def _prices(
    room: Room, offers: Sequence[Offered], own: Mapping[str, OwnRate], scene: Scene
) -> tuple[Price, ...]:
    shown = [offer for offer in offers if scene.shows(offer.mode)]
    quotes = [(offer, quote_in(offer, room, own, scene, None)) for offer in shown]
    return tuple(_price(offer, quote, scene) for offer, quote in quotes if isinstance(quote, Quote))


def quote_in(
    offer: Offered, room: Room, own: Mapping[str, OwnRate], scene: Scene, payer_id: str | None
) -> Quote | Refusal:
    """Ask a mode what one payer would pay in a room; a mode that fails refuses.

    The show that runs may have its own rate for a way into it (MD-03).
    """
    mode = offer.mode
    slug = registry.owner_of("room_modes", mode.key) or mode.key
    facts = facts_of(room, offer, own, scene)
    quote: Quote | Refusal = dispatch.ask(slug, "quote_terms", mode.quote_terms, facts, payer_id)
    if mode.way and scene.public is not None and isinstance(quote, Quote):
        rate = scene.public.ruled.rates.get(mode.role)
        return quote if rate is None else replace(quote, rate_per_minute=rate)
    return quote


def _price(offer: Offered, quote: Quote, scene: Scene) -> Price:
    mode = offer.mode
    return Price(
        mode=mode.key,
        label=offer.label,
        rate=quote.rate_per_minute if mode.paid else 0,
        grace_s=quote.grace_s if mode.paid else 0,
        minimum_minutes=quote.minimum_minutes if mode.paid else 0,
        voyeurs=mode.private and not mode.exclusive and scene.voyeurs(private=True),
        private=mode.private,
        paid=mode.paid,
        entry=mode.entry,
        role=mode.role,
        way=mode.way,
        exclusive=mode.exclusive,
        open=scene.is_open(mode),
        carries=mode.base,
        blocks=quote.blocks,
    )
