"""Check in: several performers in one show, listed by name, each with their part (MD-16)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ppvcms.api import hookimpl

if TYPE_CHECKING:
    from collections.abc import Callable

    from markupsafe import Markup

    from ppvcms.api import (
        Actor,
        Assets,
        Event,
        NoticeKind,
        PluginBlueprint,
        PluginMenuItem,
        RoomView,
        SlotContext,
    )


@hookimpl
def register_blueprints() -> PluginBlueprint:
    """Offer the page of those who are asked, and of the room's own performer."""
    from .views import blueprint

    return blueprint


@hookimpl
def register_menu() -> list[PluginMenuItem]:
    """Put the page into the performer's dashboard."""
    from flask_babel import lazy_gettext as _l

    from ppvcms.api import PluginMenuItem

    return [
        PluginMenuItem("performer", "checkin.index", _l("Check in"), "people", "room.perform", 30)
    ]


@hookimpl
def register_notices() -> list[NoticeKind]:
    """Tell who is asked; a minute is too short for a mail."""
    from flask_babel import lazy_gettext as _l

    from ppvcms.api import NoticeKind

    return [
        NoticeKind(
            "checkin.asked",
            _l("Somebody asks me to perform with them"),
            _l("%(name)s asks you to perform together now"),
            _l("You have one minute to answer. Open the page to see your part."),
            mail=False,
            permission="room.perform",
        )
    ]


@hookimpl
def register_assets() -> list[Assets]:
    """Load the panel's module on the live page, and the line of names in rooms."""
    from ppvcms.api import Assets

    return [Assets("room", modules=("checkin.js",))]


@hookimpl
def register_room_actions() -> dict[str, Callable[[RoomView, Actor, dict[str, Any]], object]]:
    """Offer what the live page and the room ask over their socket."""
    from . import actions

    return {
        "state": actions.state,
        "propose": actions.ask,
        "withdraw": actions.take_back,
        "check_out": actions.take_out,
    }


@hookimpl
def room_state(room: RoomView, actor: Actor) -> dict[str, Any]:
    """Tell the page who performs here."""
    from .actions import state

    return state(room, actor, {})


@hookimpl
def template_slot(name: str, context: SlotContext) -> Markup | None:
    """Put the names above the picture, and a panel on the pages of who performs."""
    if name not in {"room.above_video", "room.below_video", "guest.below_video"}:
        return None
    from .views import panel

    return panel(name, context)


@hookimpl
def on_event(event: Event) -> None:
    """Let in who accepted before the room went live."""
    from ppvcms.api import ShowStarted, room_of

    if isinstance(event, ShowStarted) and not event.private:
        from .services import begin_with

        room = room_of(event.room_id)
        if room is not None:
            begin_with(room)
