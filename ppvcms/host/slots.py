"""Named places of pages that plugins fill, and the pieces that owners put on pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from ppvcms.errors import PluginError
from ppvcms.host.calls import LARGEST_TEXT
from ppvcms.host.contract import RoomView, SlotContext
from ppvcms.host.dispatch import as_html, ask, collect_at
from ppvcms.host.quarantine import strike
from ppvcms.results import Refusal

if TYPE_CHECKING:
    from ppvcms.accounts.actor import Actor
    from ppvcms.host.contract import BlockContext, PageBlock


def fill(name: str, actor: Actor, room: RoomView | None = None, **values: Any) -> Markup:
    """Return what active plugins put into a place, in load order."""
    context = SlotContext(actor=actor, room=room, values=values)
    parts = collect_at(name, context)
    return Markup("").join(as_html(answer) for _slug, answer in parts)


def piece(block: PageBlock, context: BlockContext) -> Markup | Refusal:
    """Return what a plugin's block shows; one that fails refuses, and costs its plugin a strike."""
    slug = block.name.partition(".")[0]
    where = f"block {block.name}"
    answer = ask(slug, where, block.render, context)
    if answer is None or isinstance(answer, Refusal):
        return answer or Markup("")
    if isinstance(answer, str) and len(answer) <= LARGEST_TEXT:
        return as_html(answer)
    fault = PluginError(slug, f"{where} must return a text of at most {LARGEST_TEXT} characters.")
    strike(slug, fault, where=where)
    return Refusal("closed", str(fault))
