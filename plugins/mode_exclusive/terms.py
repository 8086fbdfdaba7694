"""What an exclusive private costs here; amounts are minor units of credits per minute."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ppvcms.api import ModeRules, settings, usual_limits, usual_quote

if TYPE_CHECKING:
    from ppvcms.api import Quote, RateLimits, RoomFacts

SLUG = "mode_exclusive"


def quote_terms(room: RoomFacts, _client_id: str | None) -> Quote:
    """Quote the room's own rate, or the site's where it has none."""
    return usual_quote(settings(SLUG), room)


def rules() -> ModeRules:
    """Return whether shows of this kind may be recorded."""
    return ModeRules(recording=settings(SLUG).recording)


def limits() -> RateLimits:
    """Return the range in which rooms may choose."""
    return usual_limits(settings(SLUG))
