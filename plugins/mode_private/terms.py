"""What a private show costs here; amounts are minor units of credits per minute."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ppvcms.api import Block, ModeRules, Quote, RateLimits, settings

if TYPE_CHECKING:
    from ppvcms.api import RoomFacts

SLUG = "mode_private"
BLOCKS_MIN = (5, 10, 20, 30)


def quote_terms(room: RoomFacts, _client_id: str | None) -> Quote:
    """Quote the room's own rate, or the site's where it has none (BO-02)."""
    values = settings(SLUG)
    own = room.own_rate if values.own_rates else None
    return Quote(
        rate_per_minute=values.rate_private if own is None else own,
        grace_s=values.grace_private,
        minimum_minutes=max(values.minimum_minutes, room.own_minimum_minutes),
        blocks=_blocks(values.as_dict()),
    )


def _blocks(values: dict[str, Any]) -> tuple[Block, ...]:
    """Return the fixed times that have a price (PS-12)."""
    prices = {minutes: values[f"block_{minutes}"] for minutes in BLOCKS_MIN}
    return tuple(Block(minutes, price) for minutes, price in prices.items() if price)


def rules() -> ModeRules:
    """Return whether shows of this kind may be recorded."""
    return ModeRules(recording=settings(SLUG).recording)


def limits() -> RateLimits:
    """Return the range in which performers may choose (BO-03)."""
    values = settings(SLUG)
    return RateLimits(
        default=values.rate_private,
        least=values.rate_min,
        most=values.rate_max,
        own_rates=values.own_rates,
    )
