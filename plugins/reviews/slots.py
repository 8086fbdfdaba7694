"""Reviews on pages of others: the profile and the receipt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import render_template
from markupsafe import Markup

from . import services

if TYPE_CHECKING:
    from ppvcms.api import SlotContext

ON_PROFILE = 3


def fill(name: str, context: SlotContext) -> Markup | None:
    """Return what stands in one place of a page."""
    room = context.room
    if room is None:
        return None
    may_write = services.refusal_to_write(room, context.actor) is None
    if name == "receipt.after":
        written = services.review_of(room.id, str(context.actor.user_id))
        if not may_write or written is not None:
            return None
        return _html("reviews/_ask.html", room=room)
    rating = services.rating_of(room.id)
    if name == "profile.actions":
        return _html("reviews/_rating.html", room=room, rating=rating) if rating else None
    rows = services.reviews_of(room.id, limit=ON_PROFILE)
    return _html(
        "reviews/_profile.html",
        room=room,
        rating=rating,
        rows=rows,
        names=services.names(rows),
        may_write=may_write,
    )


def _html(template: str, **values: object) -> Markup:
    return Markup(render_template(template, **values))  # noqa: S704 - our template escapes
