"""What a room mode is: a plugin says who pays which rate, the core does the rest (MD-20).

A mode supplies terms and permissions, never code that moves money.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ppvcms.results import Refusal

MOST_SLOTS = 8


class Entry(StrEnum):
    """How somebody comes into a show of a mode."""

    OPEN = "open"
    CLICK = "click"
    REQUEST = "request"
    ADMIT = "admit"


class PayerRole(StrEnum):
    """What a payer is in a show; the names stand in terms, segments and receipts (R-09)."""

    VIEWER = "viewer"
    TWO_WAY = "two_way"
    VOYEUR = "voyeur"


class Voyeurs(StrEnum):
    """When unseen watching is offered in shows of a mode (MD-07)."""

    NEVER = "never"
    PUBLIC = "public"
    PRIVATE = "private"
    ALWAYS = "always"

    def allow(self, *, private: bool) -> bool:
        """Whether voyeurs may watch the public show, or the private one inside it."""
        return self is Voyeurs.ALWAYS or self is (Voyeurs.PRIVATE if private else Voyeurs.PUBLIC)


@dataclass(frozen=True, slots=True)
class Block:
    """A fixed time at one price: whole minutes, and minor units of credits (R-22)."""

    minutes: int
    price: int


@dataclass(frozen=True, slots=True)
class ModeRules:
    """What the owner lets happen in shows of a mode, now.

    `slots` are places for two-way video (0 to 8). `watchers` and `performers` are
    roles that may watch and that may offer it; empty is everybody. `rates` are the
    mode's own rates per minute, in minor units, for the payer roles ``two_way`` and
    ``voyeur``; without one, the way's own price holds.
    """

    slots: int = 0
    voyeurs: Voyeurs = Voyeurs.NEVER
    watchers: frozenset[str] = frozenset()
    performers: frozenset[str] = frozenset()
    recording: bool = False
    rates: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RoomFacts:
    """What a mode may know of a room when it quotes.

    `own_rate` is the rate the performer set for this mode inside the owner's
    limits, or None; `own_minimum_minutes` likewise (0 = off). `show_mode` is the
    mode of the public show that a way leads into, None while nothing runs.
    """

    room_id: str
    slug: str
    title: str
    performer_id: str
    own_rate: int | None
    own_minimum_minutes: int
    show_mode: str | None = None


@dataclass(frozen=True, slots=True)
class Quote:
    """What one payer would pay in one mode, before the core locks it into terms (R-06).

    Amounts are minor units of credits. `grace_s` is what the mode gives; the
    core takes it away where R-18 says so. `minimum_minutes` of 0 is no minimum.
    `blocks` may be chosen instead of the rate per minute (R-22).
    """

    rate_per_minute: int
    grace_s: int = 0
    minimum_minutes: int = 0
    recording: bool = False
    blocks: tuple[Block, ...] = ()


@dataclass(frozen=True, slots=True)
class RateLimits:
    """What the owner allows a performer to ask per minute, in minor units (BO-03)."""

    default: int
    least: int
    most: int
    own_rates: bool


@dataclass(frozen=True, slots=True)
class RoomMode:
    """A kind of show that a plugin offers, or a way into shows of other modes.

    `paid`: a seat is metered. `private`: one payer alone with the performer, asked
    for and accepted; it takes the public stream off. `payer_publishes`: the
    payer's camera goes to the performer. `way`: not a show to go live in, but a role
    in shows that run; its `payer_publishes` makes it two-way, otherwise it is unseen
    watching. `exclusive`: nobody else watches, whatever the room allows. `base` is
    what it carries: ``video``, ``audio`` or ``text``. `share_type` names the kind of
    income for the performer's ratio (CM-02). `limits` and `rules` return what the
    owner set, now. `retired`: it names old receipts and shows that run, and nothing
    begins in it. `quote_terms` is called as a decision; a Refusal says why this
    payer cannot. `steady`: without a payer it looks at nothing but the facts of the
    room, the plugin's settings and what it registered, and so do `limits` and `rules`;
    lists then keep what they said.
    """

    key: str
    label: str
    summary: str
    paid: bool
    private: bool
    payer_publishes: bool
    share_type: str
    icon: str
    quote_terms: Callable[[RoomFacts, str | None], Quote | Refusal]
    limits: Callable[[], RateLimits] | None = None
    weight: int = 0
    way: bool = False
    exclusive: bool = False
    base: str = "video"
    rules: Callable[[], ModeRules] | None = None
    retired: bool = False
    steady: bool = False

    @property
    def role(self) -> PayerRole:
        """What a payer is in a seat of this mode."""
        if self.payer_publishes:
            return PayerRole.TWO_WAY
        return PayerRole.VOYEUR if self.way else PayerRole.VIEWER

    @property
    def entry(self) -> Entry:
        """How somebody comes in."""
        if self.private:
            return Entry.REQUEST
        if self.way and self.payer_publishes:
            return Entry.ADMIT
        return Entry.CLICK if self.paid else Entry.OPEN

    @property
    def public(self) -> bool:
        """Whether a performer goes live in it."""
        return not self.private and not self.way

    @property
    def ruled(self) -> ModeRules:
        """What the owner lets happen in it, now."""
        return self.rules() if self.rules is not None else ModeRules()
