"""Drawing blocks on pages and in regions, so that each one that fails costs only itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from flask import render_template, request
from flask_babel import gettext as _
from markupsafe import Markup

from ppvcms.content import regions
from ppvcms.host import registry, slots
from ppvcms.host.contract import BlockContext
from ppvcms.host.runtime import runtime
from ppvcms.results import Refusal
from ppvcms.web.block_kinds import CORE
from ppvcms.web.guards import current_actor

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flask import Flask

    from ppvcms.content.blocks import Placed
    from ppvcms.host.contract import PageBlock

MANAGE = "pages.manage"
QUIET = frozenset({"site.room", "site.private"})
"""Pages that need all their room for the show: no region stands around them."""


class Drawn(NamedTuple):
    """A block as it is shown: its HTML, or a word to the owner why there is none."""

    name: str
    html: Markup
    note: str = ""


def init_blocks(app: Flask) -> None:
    """Give templates `page_blocks` and `region`."""
    app.jinja_env.globals.update(page_blocks=page_blocks, region=region)


def known() -> dict[str, PageBlock]:
    """Return every block that can be placed now, the core's first."""
    return CORE | registry.page_blocks()


def label_of(name: str) -> str:
    """Return what a block is called; one that is not there is called after its plugin."""
    block = known().get(name)
    if block is not None:
        return str(block.label)
    slug, _dot, what = name.partition(".")
    found = runtime().found.get(slug)
    plugin = found.manifest.name if found is not None and found.manifest else slug
    return f"{plugin}: {what}"


def page_blocks(blocks: Iterable[Placed], place: str = "page") -> Markup:
    """Return blocks as HTML, in their order."""
    drawn = [_drawn(one, place) for one in blocks]
    shown = [one for one in drawn if one.html or one.note]
    if not shown:
        return Markup("")
    return Markup(render_template("blocks/_stack.html", blocks=shown, place=place))  # noqa: S704 - our template escapes


def region(name: str) -> Markup:
    """Return what the owner put into a region of the theme; nothing where it has no such one."""
    if request.endpoint in QUIET:
        return Markup("")
    blocks = regions.blocks_in(name)
    return page_blocks(blocks, name) if blocks and name in regions.shown_regions() else Markup("")


def _drawn(one: Placed, place: str) -> Drawn:
    actor = current_actor()
    context = BlockContext(actor, one.values, place)
    block = known().get(one.name)
    if block is None:
        return Drawn(one.name, Markup(""), _note(_("its plugin is off or gone"), one.name))
    if one.name in CORE:
        return Drawn(one.name, block.render(context) or Markup(""))
    answer = slots.piece(block, context)
    if isinstance(answer, Refusal):
        return Drawn(one.name, Markup(""), _note(_("it failed; see Health"), one.name))
    return Drawn(one.name, answer)


def _note(why: str, name: str) -> str:
    """Return a word to who keeps the pages; others are told nothing."""
    if not current_actor().can(MANAGE):
        return ""
    told = _("You alone see this: “%(block)s” is not shown, %(why)s.")
    return str(told) % {"block": label_of(name), "why": why}
