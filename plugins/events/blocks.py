"""Coming events as a block of pages, and the page that comes with the plugin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import render_template
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from wtforms import BooleanField, Form, IntegerField
from wtforms.validators import InputRequired, NumberRange

from ppvcms.api import PageBlock, PluginPage

from . import reading
from .views import lines_of

if TYPE_CHECKING:
    from ppvcms.api import BlockContext

COMING = "events.coming"
USUAL = 5


class ComingForm(Form):
    """How many events, and whether to say that there are none."""

    number = IntegerField(
        _l("How many"),
        [InputRequired(_l("Please fill this in.")), NumberRange(1, reading.PER_PAGE)],
        default=USUAL,
    )
    heading = BooleanField(_l("With its heading and a link to all events"), default=True)
    empty = BooleanField(_l("Say so when nothing is planned"))


def blocks() -> list[PageBlock]:
    """Return the list of what comes."""
    return [PageBlock(COMING, _l("Coming events"), coming, ComingForm, icon="calendar-event")]


def pages() -> list[PluginPage]:
    """Return the page of everything that is planned."""
    values = {"number": reading.PER_PAGE, "heading": False, "empty": True}
    return [PluginPage(COMING, _l("Coming up"), COMING, "coming-up", values=values)]


def coming(context: BlockContext) -> Markup | None:
    """Draw what comes, the soonest first."""
    asked = context.values.get("number")
    number = asked if type(asked) is int else USUAL
    number = min(max(1, number), reading.PER_PAGE)
    rows = reading.coming(limit=number + 1)
    if not rows and not context.values.get("empty"):
        return None
    html = render_template(
        "events/_block.html",
        lines=lines_of(rows[:number])["lines"],
        heading=context.values.get("heading", True),
        more=len(rows) > number,
    )
    return Markup(html)  # noqa: S704 - our template escapes
