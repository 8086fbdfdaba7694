"""Items on pages of others: below a profile and a room, and in the overviews."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import render_template, request
from markupsafe import Markup

from . import deliveries, shelf
from .kinds import State
from .live import panel
from .rights import MANAGE, SELL

if TYPE_CHECKING:
    from ppvcms.api import Actor, RoomView, SlotContext

ON_PROFILE, ON_OVERVIEW = 4, 3


def fill(name: str, context: SlotContext) -> Markup | None:
    """Return what stands in one place of a page, or nothing."""
    html = ""
    if name == "base.head":
        html = render_template("paid_items/_feed.html") if request.endpoint == "site.home" else ""
    elif name == "account.overview":
        html = _bought(context.actor)
    elif name == "dashboard.overview":
        html = _sold(context.actor)
    elif name == "admin.overview":
        html = _in_review(context.actor)
    elif name == "profile.below" and context.room is not None:
        html = _newest(context.room, context.actor)
    elif name == "room.below_video" and context.room is not None:
        html = panel(context.room, context.actor) + _newest(context.room, context.actor)
    return Markup(html) if html else None  # noqa: S704 - rendered by our own template, which escapes


def _newest(room: RoomView, actor: Actor) -> str:
    cards = shelf.newest_of(room.performer_id, actor, limit=ON_PROFILE)
    if not cards:
        return ""
    return render_template("paid_items/strip.html", cards=cards, by=room.performer_id)


def _bought(actor: Actor) -> str:
    rows = shelf.mine(actor)
    orders = deliveries.of_buyer(actor.user_id) if actor.user_id else []
    if not rows and not orders:
        return ""
    coming = sum(one.state in {deliveries.PAID, deliveries.SENT} for one in orders)
    return render_template(
        "paid_items/bought.html", rows=rows[:ON_OVERVIEW], count=len(rows), coming=coming
    )


def _sold(actor: Actor) -> str:
    if actor.user_id is None or not actor.can(SELL):
        return ""
    rows = shelf.of_seller(actor.user_id)
    if not rows:
        return ""
    orders = deliveries.of_seller(actor.user_id)
    return render_template(
        "paid_items/sold.html",
        on_sale=sum(row.state == State.SALE for row in rows),
        in_review=sum(row.state == State.REVIEW for row in rows),
        to_send=sum(one.state == deliveries.PAID for one in orders),
    )


def _in_review(actor: Actor) -> str:
    count = shelf.in_review() if actor.can(MANAGE) else 0
    return render_template("paid_items/waits.html", count=count) if count else ""
