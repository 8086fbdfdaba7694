"""What gifts put into other pages: the shop beside a show, and the shelf on the profile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import render_template
from markupsafe import Markup

from ppvcms.api import performers_of

from .services import people, shelf_of
from .shop import on_sale

if TYPE_CHECKING:
    from ppvcms.api import RoomView, SlotContext


def part(name: str, context: SlotContext) -> Markup | None:
    """Return what one place shows, or nothing."""
    room = context.room
    if room is None:
        return None
    html = _shelf(room) if name == "profile.below" else _shop(name, room, context)
    return Markup(html) if html else None  # noqa: S704 - rendered by our own template, which escapes


def _shelf(room: RoomView) -> str:
    shelf = shelf_of(room.performer_id)
    return render_template("gifts/shelf.html", shelf=shelf) if shelf else ""


def _shop(name: str, room: RoomView, context: SlotContext) -> str:
    private = room.seat_id is not None
    if name != ("live.sidebar" if private else "room.below_video"):
        return ""
    gifts, works_here = (
        on_sale(),
        context.actor.user_id in {room.performer_id, *performers_of(room)},
    )
    if not gifts or works_here:
        return ""
    return render_template(
        "gifts/panel.html",
        gifts=gifts,
        shelf=shelf_of(room.performer_id),
        people=people(room),
        room=room,
        actor=context.actor,
        shut=private,
    )
