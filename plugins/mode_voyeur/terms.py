"""What unseen watching costs here; amounts are minor units of credits per minute."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ppvcms.api import settings, usual_limits, usual_quote

if TYPE_CHECKING:
    from ppvcms.api import Quote, RateLimits, RoomFacts

SLUG = "mode_voyeur"


def quote_terms(room: RoomFacts, _client_id: str | None) -> Quote:
    """Quote the room's own rate, or the site's where it has none."""
    return usual_quote(settings(SLUG), room)


def limits() -> RateLimits:
    """Return the range in which rooms may choose."""
    return usual_limits(settings(SLUG))
