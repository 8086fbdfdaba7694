"""What room pages ask of gifts over their socket."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _

from ppvcms.api import Refusal

from .services import send_gift
from .shop import on_sale

if TYPE_CHECKING:
    from ppvcms.api import Actor, RoomView

LONGEST = 64


def send(room: RoomView, actor: Actor, data: dict[str, Any]) -> dict[str, Any] | Refusal:
    """Send a gift: `{gift, key, confirm, to?}` gives `{sent, price, left, available}`."""
    gift_id, key, to = data.get("gift"), data.get("key"), data.get("to")
    words = (gift_id, key) if to is None else (gift_id, key, to)
    if not all(isinstance(word, str) and 0 < len(word) <= LONGEST for word in words):
        return Refusal("bad_request", _("The page sent something unexpected. Nothing was taken."))
    return send_gift(
        room,
        actor,
        gift_id=str(gift_id),
        key=str(key),
        confirmed=data.get("confirm") is True,
        to=to or None,
    )


def offer(_room: RoomView, _actor: Actor) -> dict[str, Any]:
    """Return what can be sent."""
    return {"gifts": on_sale()}
