"""What the studio's rights refuse: going live, prices, chat (CM-09)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import gettext as _

from ppvcms.api import Refusal, label

from .people import rights_now

if TYPE_CHECKING:
    from ppvcms.api import Actor, RoomView


def refusal_to_perform(actor: Actor, act: str) -> Refusal | None:
    """Return why somebody's studio keeps them off the air, or None."""
    rights = rights_now(str(actor.user_id))
    if rights is None or (rights.enabled and (rights.may_live or act != "live")):
        return None
    words = _("Your %(role)s has not allowed this. Nothing was changed.", role=label("studio"))
    return Refusal("studio", words, _("Ask them to allow it on their page of people."))


def refusal_of_price(room: RoomView, actor: Actor) -> Refusal | None:
    """Return why a price is the studio's to set, or None."""
    rights = rights_now(str(actor.user_id))
    own_price = rights is None or rights.may_prices
    if actor.user_id != room.performer_id or own_price:
        return None
    role = label("studio")
    words = _("Your %(role)s sets this price. Nothing was changed.", role=role)
    return Refusal("studio", words)


def refusal_to_write(room: RoomView, actor: Actor) -> Refusal | None:
    """Return why somebody may not write in the room they perform in, or None."""
    if actor.user_id != room.performer_id:
        return None
    rights = rights_now(str(actor.user_id))
    if rights is None or (rights.enabled and rights.may_write):
        return None
    words = _("Your %(role)s has not allowed you to write. Nothing was sent.", role=label("studio"))
    return Refusal("studio", words)
