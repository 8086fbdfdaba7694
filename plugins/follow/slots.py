"""The button on pages of others, and favourites above the list."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from flask import render_template, request
from markupsafe import Markup

from ppvcms.api import drawn, room_cards

from . import services

if TYPE_CHECKING:
    from ppvcms.api import SlotContext

ON_TOP = 6


class Favourite(NamedTuple):
    """Somebody whom the reader follows, as the row above the list shows it."""

    slug: str
    name: str
    image_url: str
    state: str


def fill(name: str, context: SlotContext) -> Markup | None:
    """Return what stands in one place of a page."""
    actor, room = context.actor, context.room
    if name == "dashboard.overview":
        if actor.user_id is None or not actor.can("room.perform"):
            return None
        return _html("follow/_count.html", count=services.followers(actor.user_id))
    if name == "listing.top":
        return _favourites(context)
    if room is None or actor.user_id == room.performer_id:
        return None
    followed = services.follows(actor, room.performer_id)
    return _html("follow/_button.html", room=room, followed=followed)


def _favourites(context: SlotContext) -> Markup | None:
    if context.actor.user_id is None or request.args:
        return None
    rooms = services.favourite_rooms(context.actor.user_id, limit=2 * ON_TOP)
    cards = room_cards(rooms)[:ON_TOP] if rooms else []
    shown = tuple(Favourite(card.slug, card.name, card.image_url, card.state) for card in cards)
    return drawn("follow/_top.html", cards=shown) if shown else None


def _html(template: str, **values: object) -> Markup:
    return Markup(render_template(template, **values))  # noqa: S704 - our template escapes
