"""What pages offer of kinds of shows: to enter and ask for, and to go live in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ppvcms.host import registry
from ppvcms.rooms.modes import Entry, PayerRole, Voyeurs
from ppvcms.rooms.ways import way_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ppvcms.rooms.prices import Price


@dataclass(frozen=True, slots=True)
class Way:
    """A way into a room's shows that somebody clicks; `rate` in minor units per minute.

    `main` ones have a button of their own, the others stand in a list.
    """

    key: str
    label: str
    summary: str
    icon: str
    rate: int
    entry: str
    open: bool
    main: bool


def ways_of(prices: Sequence[Price]) -> list[Way]:
    """Return what can be clicked in a room: shows to enter, then privates, then the rest."""
    clicked = [price for price in prices if price.entry != Entry.OPEN]
    shows = [price for price in clicked if price.entry == Entry.CLICK and not price.way]
    asked = [price for price in clicked if price.private]
    rest = [price for price in clicked if price not in shows and price not in asked]
    main = {price.mode for price in (*shows, *asked[:1])}
    return [_way(price, main=price.mode in main) for price in (*shows, *asked, *rest)]


def _way(price: Price, *, main: bool) -> Way:
    mode = registry.room_mode(price.mode)
    return Way(
        key=price.mode,
        label=price.label,
        summary=str(mode.summary) if mode is not None else "",
        icon=mode.icon if mode is not None else "door-open",
        rate=price.rate,
        entry=price.entry,
        open=price.open,
        main=main,
    )


@dataclass(frozen=True, slots=True)
class LiveMode:
    """A kind of show to go live in, with what it costs; amounts in minor units per minute."""

    key: str
    label: str
    summary: str
    icon: str
    paid: bool
    rate: int
    grace_s: int
    slots: int
    voyeurs: bool
    voyeur_rate: int


def live_modes(prices: Sequence[Price]) -> list[LiveMode]:
    """Return the kinds of shows that this performer may go live in (MD-04)."""
    unseen = _usual_rate(PayerRole.VOYEUR)
    found = []
    for price in prices:
        mode = registry.room_mode(price.mode)
        if mode is None or not mode.public:
            continue
        rules = mode.ruled
        found.append(
            LiveMode(
                key=mode.key,
                label=str(mode.label),
                summary=str(mode.summary),
                icon=mode.icon,
                paid=mode.paid,
                rate=price.rate,
                grace_s=price.grace_s,
                slots=rules.slots,
                voyeurs=rules.voyeurs is not Voyeurs.NEVER and unseen is not None,
                voyeur_rate=rules.rates.get(PayerRole.VOYEUR, unseen or 0),
            )
        )
    return found


def _usual_rate(role: PayerRole) -> int | None:
    """Return what a way into others' shows costs where nobody set another rate, if there is one."""
    way = way_of(role)
    return way.limits().default if way is not None and way.limits is not None else None
