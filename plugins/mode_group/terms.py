"""What a group show costs here; amounts are minor units of credits per minute."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ppvcms.api import settings, usual_limits, usual_quote, usual_rules

if TYPE_CHECKING:
    from ppvcms.api import ModeRules, Quote, RateLimits, RoomFacts

SLUG = "mode_group"


def quote_terms(room: RoomFacts, _client_id: str | None) -> Quote:
    """Quote the room's own rate, or the site's where it has none."""
    return usual_quote(settings(SLUG), room)


def limits() -> RateLimits:
    """Return the range in which rooms may choose."""
    return usual_limits(settings(SLUG))


def rules() -> ModeRules:
    """Return how many two-way places there are, and whether unseen watching is allowed."""
    return usual_rules(settings(SLUG))
