"""The panel of the live page in which one says who is in front of the camera (AC-12)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import render_template
from flask_babel import gettext as _
from markupsafe import Markup

from ppvcms.api import Refusal

from . import presence
from .words import state_text, state_tone

if TYPE_CHECKING:
    from ppvcms.api import Actor, RoomView, SlotContext

MOST = 13


def panel(context: SlotContext) -> Markup | None:
    """Return the panel of the room's own performer; unseen until several share the account."""
    room, actor = context.room, context.actor
    if room is None or room.performer_id != actor.user_id:
        return None
    html = render_template(
        "verification/panel.html",
        lines=presence.roll_of(room.performer_id),
        state_text=state_text,
        state_tone=state_tone,
    )
    return Markup(html)  # noqa: S704 - rendered by our own template, which escapes


def roll(room: RoomView, actor: Actor, _data: dict[str, Any]) -> dict[str, Any] | Refusal:
    """Return `{lines}`: everybody of the account; for the room's own performer alone."""
    if actor.user_id != room.performer_id:
        return _forbidden()
    return {
        "lines": [
            {
                "id": line.id,
                "name": line.name,
                "may": line.may,
                "present": line.present,
                "state": "" if line.may else state_text(line.state),
            }
            for line in presence.roll_of(room.performer_id)
        ]
    }


def declare(room: RoomView, actor: Actor, data: dict[str, Any]) -> dict[str, Any] | Refusal:
    """Say who is there from now on: `{people}`, ids."""
    if actor.user_id != room.performer_id:
        return _forbidden()
    wanted = data.get("people")
    fits = isinstance(wanted, list) and len(wanted) <= MOST
    if not fits or not all(isinstance(one, str) for one in wanted or ()):
        return Refusal("bad_request", _("The page sent something unexpected. Nothing was changed."))
    return presence.declare(actor, wanted or ()) or roll(room, actor, {})


def _forbidden() -> Refusal:
    return Refusal("forbidden", _("This is not your room. Nothing was changed."))
