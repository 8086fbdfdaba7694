"""Items as blocks of pages, the page that comes with the plugin, and buyers as readers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import render_template, url_for
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from sqlalchemy import select
from wtforms import Form, IntegerField
from wtforms.validators import InputRequired, NumberRange

from ppvcms.api import PageBlock, PageReader, PluginPage, access_of, db

from . import rights, shelf
from .kinds import KINDS, SLUG, State
from .models import Item
from .shelf import Query

if TYPE_CHECKING:
    from ppvcms.api import Actor, BlockContext

NEWEST, SHELF, BOUGHT = f"{SLUG}.newest", f"{SLUG}.shelf", f"{SLUG}.bought"
USUAL, MOST_CHOICES = 4, 300


class NewestForm(Form):
    """How many items."""

    number = IntegerField(
        _l("How many"),
        [InputRequired(_l("Please fill this in.")), NumberRange(1, shelf.PER_PAGE)],
        default=USUAL,
    )


def blocks() -> list[PageBlock]:
    """Return the newest items, and the whole shelf."""
    return [
        PageBlock(NEWEST, _l("New items"), newest, NewestForm, icon="bag-plus"),
        PageBlock(SHELF, _l("The whole shop"), whole, icon="bag"),
    ]


def pages() -> list[PluginPage]:
    """Return the shop."""
    return [PluginPage(SHELF, _l("Shop"), SHELF, "shop")]


def readers() -> list[PageReader]:
    """Return who bought an item."""
    return [PageReader(BOUGHT, _l("Bought"), _choices, _has, _door)]


def newest(context: BlockContext) -> Markup | None:
    """Draw the newest items on sale; nothing when there are none."""
    asked = context.values.get("number")
    number = asked if type(asked) is int else USUAL
    cards = shelf.on_sale(Query(), context.actor).cards[: max(1, number)]
    return _html("paid_items/strip.html", cards=cards, by=None) if cards else None


def whole(context: BlockContext) -> Markup:
    """Draw the shelf from its beginning; filters and further pages lead to the shelf itself."""
    page = shelf.on_sale(Query(), context.actor)
    return _html(
        "paid_items/_shelf.html", page=page, wanted=Query(), kinds=KINDS, url=_page_of_shelf
    )


def _page_of_shelf(number: int) -> str:
    return url_for(f"{SLUG}.shelf", page=number)


def _choices() -> list[tuple[str, str]]:
    query = select(Item.id, Item.title).where(Item.state == State.SALE)
    rows = db.session.execute(query.order_by(Item.published_at.desc()).limit(MOST_CHOICES))
    return [(row.id, row.title) for row in rows]


def _has(item_id: str, actor: Actor) -> bool:
    """Whether somebody has a right to an item that holds now (R-65)."""
    item = db.session.get(Item, item_id, populate_existing=True)
    if item is None or actor.user_id is None:
        return False
    return rights.may_preview(item, actor) or access_of(actor.user_id, SLUG, item_id) is not None


def _door(item_id: str) -> str:
    return url_for(f"{SLUG}.item", item_id=item_id)


def _html(template: str, **values: object) -> Markup:
    return Markup(render_template(template, **values))  # noqa: S704 - our template escapes
