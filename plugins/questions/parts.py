"""What questions put into other pages: the way to ask, and what waits for an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import render_template
from markupsafe import Markup

from . import inbox, offers

if TYPE_CHECKING:
    from ppvcms.api import SlotContext

ON_OVERVIEW = 3


def part(name: str, context: SlotContext) -> Markup | None:
    """Return what one place shows, or nothing."""
    if name == "account.overview":
        html = _asked(context)
    else:
        html = _dashboard(context) if name == "dashboard.overview" else _ask(name, context)
    return Markup(html) if html else None  # noqa: S704 - rendered by our own template, which escapes


def _ask(name: str, context: SlotContext) -> str:
    room = context.room
    if room is None or room.seat_id is not None or context.actor.user_id == room.performer_id:
        return ""
    offer = offers.offer_of(room.performer_id)
    if not offer.open:
        return ""
    return render_template(
        "questions/ask_button.html", room=room, offer=offer, boxed=name == "room.below_video"
    )


def _asked(context: SlotContext) -> str:
    if context.actor.user_id is None:
        return ""
    waiting = inbox.open_rows(context.actor.user_id, asked=False)
    ended = inbox.ended_rows(context.actor.user_id, asked=False)
    if not waiting and not ended:
        return ""
    return render_template(
        "questions/overview.html",
        rows=[*waiting, *ended][:ON_OVERVIEW],
        waiting=len(waiting),
        answered=sum(row.question.state == "answered" for row in ended),
        state_name=inbox.state_name,
    )


def _dashboard(context: SlotContext) -> str:
    if context.actor.user_id is None or not context.actor.can("room.perform"):
        return ""
    waiting = inbox.open_rows(context.actor.user_id, asked=True)
    return render_template("questions/dashboard.html", waiting=waiting) if waiting else ""
