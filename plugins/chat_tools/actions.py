"""What room pages ask of chat tools over their socket."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _

from ppvcms.api import Refusal, names_of

from .services import may_moderate, measure

if TYPE_CHECKING:
    from ppvcms.api import Actor, RoomView

LONGEST = 26


def act(room: RoomView, actor: Actor, data: dict[str, Any]) -> dict[str, Any] | Refusal:
    """Mute, kick or ban somebody: `{kind, user, address?}` gives `{name}`."""
    kind, user_id = data.get("kind"), data.get("user")
    if not isinstance(kind, str) or not isinstance(user_id, str) or len(user_id) > LONGEST:
        return Refusal("bad_request", _("The page sent something unexpected. Nothing was changed."))
    refusal = measure(
        room, actor, kind=kind, user_id=user_id, with_address=data.get("address") is True
    )
    return refusal or {"name": names_of((user_id,)).get(user_id, "")}


def offer(room: RoomView, actor: Actor) -> dict[str, Any]:
    """Return whether the reader keeps order here."""
    return {"moderates": may_moderate(room, actor)}
