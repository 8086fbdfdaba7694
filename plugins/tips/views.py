"""The tip buttons of a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import render_template
from markupsafe import Markup

from ppvcms.api import settings

from .services import NOTE_MAX, SLUG

if TYPE_CHECKING:
    from ppvcms.api import SlotContext


def buttons(slot: str, context: SlotContext) -> Markup | None:
    """Return the buttons for one place of a page; who performs there gets none."""
    room, actor = context.room, context.actor
    if room is None or actor.user_id == room.performer_id:
        return None
    private = room.seat_id is not None
    if slot != ("live.sidebar" if private else "room.below_video"):
        return None
    return Markup(  # noqa: S704 - rendered by our own template, which escapes
        render_template(
            "tips/buttons.html", values=settings(SLUG), note_max=NOTE_MAX, room=room, actor=actor
        )
    )
