"""Events on pages of others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import render_template, request
from markupsafe import Markup

from ppvcms.api import drawn

from . import reading
from .views import lines_of

if TYPE_CHECKING:
    from ppvcms.api import Actor, RoomView, SlotContext

ON_HOME, ON_PROFILE = 3, 5


def fill(name: str, context: SlotContext) -> Markup | None:
    """Return what stands in one place of a page."""
    if name == "listing.top":
        rows = reading.coming(limit=ON_HOME) if not request.args else ()
        return drawn("events/_home.html", lines=lines_of(rows)["lines"]) if rows else None
    if name == "base.head":
        # The feed belongs to its own page, which says so itself, and to the list.
        return _html("events/_feed.html") if request.endpoint == "site.home" else None
    if name == "dashboard.overview":
        return _own_next(context.actor)
    if context.room is None:
        return None
    return _in_room(context.room) if name == "room.below_video" else _profile(context.room)


def _own_next(actor: Actor) -> Markup | None:
    if actor.user_id is None or not actor.can("room.perform"):
        return None
    rows = reading.coming(performer_id=actor.user_id, limit=1)
    return _html("events/_next.html", **lines_of(rows))


def _in_room(room: RoomView) -> Markup | None:
    rows = reading.coming(room_id=room.id, limit=1) if room.seat_id is None else ()
    return _html("events/_room.html", **lines_of(rows)) if rows else None


def _profile(room: RoomView) -> Markup | None:
    rows, hours = reading.coming(room_id=room.id, limit=ON_PROFILE), reading.hours_of(room.id)
    if not rows and not hours:
        return None
    return _html("events/_profile.html", room=room, hours=hours, **lines_of(rows))


def _html(template: str, **values: object) -> Markup:
    return Markup(render_template(template, **values))  # noqa: S704 - our template escapes
