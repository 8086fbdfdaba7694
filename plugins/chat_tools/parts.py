"""What chat tools put into a room: their words, for those who keep order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import render_template
from markupsafe import Markup

from .services import may_moderate

if TYPE_CHECKING:
    from ppvcms.api import SlotContext


def tools(context: SlotContext) -> Markup | None:
    """Return the dialog that a press on a name opens, and the way to the page."""
    room = context.room
    if room is None or not may_moderate(room, context.actor):
        return None
    return Markup(render_template("chat_tools/tools.html", room=room))  # noqa: S704 - our template
