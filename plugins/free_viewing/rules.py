"""How long somebody may watch free shows (AC-16)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ppvcms.api import settings, wallet

from .forms import MOST_MIN

if TYPE_CHECKING:
    from ppvcms.api import Actor, RoomView

SLUG = "free_viewing"
WORKS = ("room.perform", "studio.manage", "admin.view")


def seconds_left(room: RoomView, actor: Actor, used_s: int) -> int | None:
    """Return the seconds that are left of today's, or None without a bound.

    Who works on the site, and who has enough credits available, watches on.
    """
    if actor.user_id == room.performer_id or any(actor.can(work) for work in WORKS):
        return None
    values = settings(SLUG)
    minutes = values.visitor_min if actor.user_id is None else values.member_min
    if minutes >= MOST_MIN:
        return None
    if actor.user_id is not None and wallet(actor.user_id).available >= values.no_limit_from:
        return None
    left: int = minutes * 60 - used_s
    return max(0, left)
