"""What a room mode is: a plugin says who pays which rate, the core does the rest (MD-20).

A mode supplies terms and permissions, never code that moves money.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from ppvcms.results import Refusal


@dataclass(frozen=True, slots=True)
class RoomFacts:
    """What a mode may know of a room when it quotes.

    `own_rate` is the rate the performer set for this mode inside the owner's
    limits, or None; `own_minimum_minutes` likewise (0 = off).
    """

    room_id: str
    slug: str
    title: str
    performer_id: str
    own_rate: int | None
    own_minimum_minutes: int


@dataclass(frozen=True, slots=True)
class Quote:
    """What one payer would pay in one mode, before the core locks it into terms (R-06).

    Amounts are minor units of credits. `grace_s` is what the mode gives; the
    core takes it away where R-18 says so. `minimum_minutes` of 0 is no minimum.
    """

    rate_per_minute: int
    grace_s: int = 0
    minimum_minutes: int = 0
    voyeurs: bool = False
    recording: bool = False


@dataclass(frozen=True, slots=True)
class RateLimits:
    """What the owner allows a performer to ask per minute, in minor units (BO-03)."""

    default: int
    least: int
    most: int
    own_rates: bool


@dataclass(frozen=True, slots=True)
class RoomMode:
    """A kind of show that a plugin offers.

    `paid`: a seat is metered. `private`: one payer alone with the performer, asked
    for and accepted; it takes the public stream off. `payer_publishes`: the
    payer's camera goes to the performer. `share_type` names the kind of income
    for the performer's ratio (CM-02). `limits` returns the owner's limits now.
    `quote_terms` is called as a decision; a Refusal says why this payer cannot.
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
