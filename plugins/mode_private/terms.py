"""What a private show costs here; amounts are minor units of credits per minute."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ppvcms.api import Quote, RateLimits, settings

if TYPE_CHECKING:
    from ppvcms.api import RoomFacts

SLUG = "mode_private"


def quote_terms(room: RoomFacts, _client_id: str | None) -> Quote:
    """Quote the room's own rate, or the site's where it has none (BO-02)."""
    values = settings(SLUG)
    own = room.own_rate if values.own_rates else None
    return Quote(
        rate_per_minute=values.rate_private if own is None else own,
        grace_s=values.grace_private,
        minimum_minutes=max(values.minimum_minutes, room.own_minimum_minutes),
    )


def limits() -> RateLimits:
    """Return the range in which performers may choose (BO-03)."""
    values = settings(SLUG)
    return RateLimits(
        default=values.rate_private,
        least=values.rate_min,
        most=values.rate_max,
        own_rates=values.own_rates,
    )
