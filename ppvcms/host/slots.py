"""Named places of pages that plugins fill."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from ppvcms.host.contract import RoomView, SlotContext
from ppvcms.host.dispatch import as_html, collect

if TYPE_CHECKING:
    from ppvcms.accounts.actor import Actor


def fill(name: str, actor: Actor, room: RoomView | None = None, **values: Any) -> Markup:
    """Return what active plugins put into a place, in load order."""
    context = SlotContext(actor=actor, room=room, values=values)
    parts = collect("template_slot", name=name, context=context)
    return Markup("").join(as_html(answer) for _slug, answer in parts)
