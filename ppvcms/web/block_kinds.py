"""The blocks of the core: text, picture, rooms, ways in, credits, and a banner (PG-04)."""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING, Any

from flask import render_template
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from wtforms import BooleanField, Form, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Regexp, ValidationError
from wtforms.validators import Optional as MayBeEmpty

from ppvcms.content.blocks import TEXT
from ppvcms.content.library import items as library
from ppvcms.content.library.field import PictureField
from ppvcms.content.library.texts import picture_html
from ppvcms.content.menus import LINK
from ppvcms.content.services import render_text
from ppvcms.host.contract import PageBlock
from ppvcms.payments import shop
from ppvcms.rooms import listing
from ppvcms.rooms.listing import Filters, Order
from ppvcms.web import cards, words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ppvcms.host.contract import BlockContext

MOST_ROOMS, USUAL_ROOMS, POOL = 24, 8, 60
OWN_PICTURE = re.compile(r"/(?!/)[^\s\\]*")


class TextForm(Form):
    """A text in Markdown."""

    text = TextAreaField(
        _l("Text"),
        [Length(max=100_000)],
        description=_l("Markdown: ## heading, **bold**, [words](https://address), - list."),
        render_kw={"rows": 12, "data-pv-pictures": ""},
    )


class PictureForm(Form):
    """A picture of the library, or one that lies elsewhere on this site."""

    picture = PictureField(_l("Picture"))
    address = StringField(
        _l("Or its address on this site"),
        [Length(max=300)],
        description=_l("Begins with /. Pictures of other sites are not loaded."),
    )
    alt = StringField(
        _l("What it shows"),
        [Length(max=300)],
        description=_l("For who does not see it. Empty: as the library says."),
    )
    caption = StringField(_l("Line below it"), [Length(max=300)])

    def validate_address(self, field: StringField) -> None:
        """Ask for a picture from one of both places."""
        if not field.data and not self.picture.data:
            raise ValidationError(_("Choose a picture, or write its address."))
        if field.data and not OWN_PICTURE.fullmatch(field.data):
            raise ValidationError(_("It begins with / and lies on this site."))


class HeadingForm(Form):
    """A heading above a block; empty for none."""

    heading = StringField(_l("Heading"), [Length(max=120)])


class RoomsForm(HeadingForm):
    """Which rooms a list shows, and how many."""

    category = SelectField(_l("Category"), default="")
    state = SelectField(_l("State"), default="")
    tag = StringField(_l("Tag"), [Length(max=64)])
    sort = SelectField(_l("Order"), default=Order.STATE.value)
    number = IntegerField(
        _l("How many"),
        [InputRequired(_l("Please fill this in.")), NumberRange(1, MOST_ROOMS)],
        default=USUAL_ROOMS,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found = listing.listing(Filters(), per_page=1)
        self.category.choices = [("", _("All")), *found.categories]
        self.state.choices = [
            ("", _("All")),
            *((state, words.state(state)) for state in ("live", "online", "private", "offline")),
        ]
        self.sort.choices = list(words.orders())


class RandomForm(HeadingForm):
    """Among whom chance decides."""

    live = BooleanField(
        _l("Only who is live"), description=_l("Without it, anybody when nobody is.")
    )


class SignInForm(HeadingForm):
    """What invites visitors."""

    text = TextAreaField(_l("Text"), [Length(max=600)], render_kw={"rows": 3})


class BannerForm(HeadingForm):
    """A few words and a way on."""

    text = TextAreaField(_l("Text"), [Length(max=600)], render_kw={"rows": 3})
    label = StringField(_l("Words of the button"), [Length(max=64)])
    link = StringField(
        _l("Where it leads"),
        [
            MayBeEmpty(),
            Length(max=300),
            Regexp(LINK, message=_l("A link begins with / or https:// or mailto:.")),
        ],
    )


def text(context: BlockContext) -> Markup:
    """Draw a text; raw HTML in it is shown, not obeyed."""
    return _html("text", html=render_text(_word(context.values, "text")))


def picture(context: BlockContext) -> Markup | None:
    """Draw a picture of the library or of this site; nothing when it is gone."""
    address, alt = _word(context.values, "address"), _word(context.values, "alt")
    kept = library.picture(_word(context.values, "picture"))
    caption = _word(context.values, "caption")
    if kept is not None:
        return _html("picture", image=picture_html(kept, alt), caption=caption)
    own = OWN_PICTURE.fullmatch(address) is not None
    return _html("picture", address=address, alt=alt, caption=caption) if own else None


def rooms(context: BlockContext) -> Markup | None:
    """Draw rooms as cards; nothing when none fits."""
    values = context.values
    order = _word(values, "sort")
    wanted = Filters(
        category=_word(values, "category"),
        state=_word(values, "state"),
        tag=_word(values, "tag"),
        order=Order(order) if order in set(Order) else Order.STATE,
    )
    number = _number(values, "number", USUAL_ROOMS, most=MOST_ROOMS)
    found = listing.listing(wanted, per_page=number, actor=context.actor)
    shown = cards.pages_of(found.cards)
    return _html("rooms", rooms=shown, heading=_word(values, "heading")) if shown else None


def random_room(context: BlockContext) -> Markup | None:
    """Draw one room that chance chose, of those who are live if anybody is."""
    found = listing.listing(Filters(state="live"), per_page=POOL, actor=context.actor).cards
    if not found and not context.values.get("live"):
        found = listing.listing(Filters(), per_page=POOL, actor=context.actor).cards
    if not found:
        return None
    shown = cards.pages_of([secrets.choice(found)])
    return _html("rooms", rooms=shown, heading=_word(context.values, "heading"))


def sign_in(context: BlockContext) -> Markup | None:
    """Draw the ways in, for visitors alone."""
    return _html("sign_in", **context.values) if context.actor.user_id is None else None


def packs(context: BlockContext) -> Markup | None:
    """Draw what credits cost; nothing when none are on sale."""
    found = shop.offers(context.actor.user_id)
    heading = _word(context.values, "heading")
    return _html("packs", packs=found, heading=heading) if found else None


def balance(context: BlockContext) -> Markup | None:
    """Draw what the reader can spend, for who is signed in alone."""
    return _html("balance") if context.actor.user_id is not None else None


def banner(context: BlockContext) -> Markup | None:
    """Draw a banner of the owner's own words."""
    link = _word(context.values, "link")
    values = {**context.values, "link": link if LINK.match(link) else ""}
    return _html("banner", **values)


CORE: dict[str, PageBlock] = {
    block.name: block
    for block in (
        PageBlock(TEXT, _l("Text"), text, TextForm, icon="text-paragraph"),
        PageBlock("core.picture", _l("Picture"), picture, PictureForm, icon="image"),
        PageBlock("core.rooms", _l("List of rooms"), rooms, RoomsForm, icon="grid"),
        PageBlock("core.random", _l("Any room"), random_room, RandomForm, icon="shuffle"),
        PageBlock(
            "core.sign_in",
            _l("Sign in and register"),
            sign_in,
            SignInForm,
            icon="box-arrow-in-right",
            help=_l("Visitors see it; who is signed in does not."),
        ),
        PageBlock("core.packs", _l("Credit packs"), packs, HeadingForm, icon="stack"),
        PageBlock(
            "core.balance",
            _l("Balance"),
            balance,
            icon="wallet2",
            help=_l("Each reader sees what they can spend; visitors see nothing."),
        ),
        PageBlock("core.banner", _l("Banner"), banner, BannerForm, icon="megaphone"),
    )
}


def _html(template: str, **values: Any) -> Markup:
    return Markup(render_template(f"blocks/{template}.html", **values))  # noqa: S704 - our template escapes


def _word(values: Mapping[str, Any], name: str) -> str:
    value = values.get(name)
    return value if isinstance(value, str) else ""


def _number(values: Mapping[str, Any], name: str, usual: int, *, most: int) -> int:
    value = values.get(name)
    return min(max(1, value), most) if type(value) is int else usual
