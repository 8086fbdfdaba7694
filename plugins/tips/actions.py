"""What room pages ask of tips over their socket."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _

from ppvcms.api import Refusal, settings

from .choices import SLUG, looks
from .services import NOTE_MAX, send_tip

if TYPE_CHECKING:
    from ppvcms.api import Actor, RoomView

KEY_MAX = 64


def send(room: RoomView, actor: Actor, data: dict[str, Any]) -> dict[str, Any] | Refusal:
    """Send a tip: `{amount, note, key, confirm, to?}` gives `{tip, amount, available}`."""
    amount, note, key = data.get("amount"), data.get("note", ""), data.get("key")
    to = data.get("to")
    shapes = (
        to is None or isinstance(to, str),
        type(amount) is int,
        isinstance(note, str),
        isinstance(key, str) and 0 < len(key) <= KEY_MAX,
    )
    if not all(shapes):
        return Refusal("bad_request", _("The page sent something unexpected. Nothing was taken."))
    sent = send_tip(
        room,
        actor,
        amount=int(amount or 0),
        note=note,
        key=str(key),
        confirmed=data.get("confirm") is True,
        to=to or None,
    )
    if isinstance(sent, Refusal):
        return sent
    return {"tip": sent.tip_id, "amount": sent.amount, "available": sent.available}


def offer(room: RoomView, actor: Actor) -> dict[str, Any]:
    """Return what the page shows: ready amounts, menu and bounds, in minor units."""
    values, shown = settings(SLUG, room=room), looks()
    return {
        "options": [look.amount for look in shown],
        "looks": [look.as_json() for look in shown],
        "least": values.least,
        "most": values.most,
        "gap_s": values.gap_s,
        "note_max": NOTE_MAX,
        "open": actor.user_id != room.performer_id and room.state != "offline",
    }
