"""What pages do in a room, over the wire; docs/realtime.md lists every event."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _

from ppvcms.host import dispatch, registry
from ppvcms.media.services import revoke_connection
from ppvcms.results import Refusal
from ppvcms.rooms import alerts, chat, images, presence, services, shows, switches, wander
from ppvcms.wire import Caller, Field, Rate, Who, event, leave_place, number, on_leave, one_of, text

if TYPE_CHECKING:
    from ppvcms.wire import Answer

KEY = text(64)
VISIT = "visit"
"""The page of staff who look into what runs, unseen (BO-07)."""


def not_joined() -> Refusal:
    """Return the refusal for a page that is in no room."""
    return Refusal("gone", _("This page is not connected to a room."), _("Load it again."))


@on_leave
def gone(caller: Caller) -> None:
    """Take a page out of the count of its room."""
    if caller.room_id is not None:
        presence.leave(caller.sid)


@event("follow", who=Who.ANYONE)
def follow(caller: Caller, _data: dict[str, Any]) -> None:
    """Hear how the listing changes."""
    caller.enter("site")


@event("leave", who=Who.ANYONE)
def leave(caller: Caller, _data: dict[str, Any]) -> None:
    """Leave the room; the public picture of this page ends."""
    leave_place(caller)
    revoke_connection(caller.sid)


@event(
    "next_room",
    who=Who.ANYONE,
    fields={
        "pool": one_of(wander.FREE, wander.PAID, wander.ALL),
        "most": number(needed=False),
        "random": Field(bool, needed=False),
    },
    rate=Rate(10, 1.0),
)
def next_room(caller: Caller, data: dict[str, Any]) -> Answer | Refusal:
    """Find the room to go on to (RM-16)."""
    if caller.room_id is None:
        return not_joined()
    card = wander.next_room(
        caller.actor,
        after=services.by_id(caller.room_id).slug,
        pool=data["pool"],
        most=data.get("most"),
        at_random=data.get("random", False),
    )
    return {"room": card.as_json() if card is not None else None}


@event("chat", fields={"text": text(2000), "key": KEY}, rate=Rate(5, 1.0))
def say(caller: Caller, data: dict[str, Any]) -> Answer | Refusal:
    """Post a line in the place that this page is in."""
    if caller.room_id is None:
        return not_joined()
    if caller.page == VISIT:
        return chat.unseen()
    message = chat.post(
        caller.room_id, caller.actor, data["text"], key=data["key"], show_id=caller.show_id
    )
    return message if isinstance(message, Refusal) else {"message": message}


@event("agree_voyeurs", fields={"mode": text(48), "on": Field(bool)})
def agree_voyeurs(caller: Caller, data: dict[str, Any]) -> Answer | Refusal:
    """Agree that shows of a mode may be watched unseen, or take it back (R-42)."""
    if caller.room_id is None:
        return not_joined()
    agreed = switches.agree_voyeurs(caller.room_id, caller.actor, data["mode"], on=data["on"])
    return agreed if isinstance(agreed, Refusal) else {"agreed": agreed}


@event("go_live", fields={"mode": text(48)}, rate=Rate(5, 0.5))
def go_live(caller: Caller, data: dict[str, Any]) -> Answer | Refusal:
    """Open the public show of the joined room."""
    if caller.room_id is None:
        return not_joined()
    show = shows.go_live(caller.room_id, caller.actor, data["mode"])
    return show if isinstance(show, Refusal) else {"show": show.id}


@event("go_off")
def go_off(caller: Caller, _data: dict[str, Any]) -> Refusal | None:
    """End the public show of the joined room."""
    return not_joined() if caller.room_id is None else shows.go_off(caller.room_id, caller.actor)


@event("alert", fields={"on": Field(bool)})
def alert(caller: Caller, data: dict[str, Any]) -> Answer | Refusal:
    """Ask to be told when the room is there again."""
    if caller.room_id is None:
        return not_joined()
    return {"on": alerts.ask(caller.room_id, str(caller.actor.user_id), on=data["on"])}


@event("snapshot", fields={"jpeg": Field(bytes, most=60_000)}, rate=Rate(2, 0.1))
def snapshot(caller: Caller, data: dict[str, Any]) -> Refusal | None:
    """Take the newest picture of a public show for the listing."""
    if caller.room_id is None:
        return not_joined()
    return images.snapshot(caller.room_id, caller.actor, data["jpeg"])


@event(
    "action",
    who=Who.ANYONE,
    fields={"name": text(80), "data": Field(dict)},
    rate=Rate(10, 2.0),
)
def action(caller: Caller, data: dict[str, Any]) -> Answer | Refusal:
    """Ask a plugin for what it offers in rooms."""
    function = registry.room_actions().get(data["name"])
    if caller.room_id is None:
        return not_joined()
    if function is None:
        return Refusal("gone", _("This is switched off at present. Nothing was done."))
    room = services.by_id(caller.room_id)
    view = services.view_of(room, show_id=caller.show_id, seat_id=caller.seat_id)
    slug = data["name"].partition(".")[0]
    result = dispatch.ask(slug, data["name"], function, view, caller.actor, data["data"])
    return result if isinstance(result, Refusal) else {"result": result}
