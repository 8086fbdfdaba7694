"""Order in the chat: filters, slow mode, mute, kick, ban (MS-09)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ppvcms.api import fills, hookimpl

if TYPE_CHECKING:
    from collections.abc import Callable

    from markupsafe import Markup

    from ppvcms.api import (
        Actor,
        Assets,
        DemoContext,
        Permission,
        PluginBlueprint,
        PluginMenuItem,
        Refusal,
        RoomView,
        SettingsSpec,
        SlotContext,
    )


@hookimpl
def register_settings() -> SettingsSpec:
    """Let the owner keep the site's words, and how long a kick lasts."""
    from ppvcms.api import SettingsSpec

    from .forms import DEFAULTS, ChatToolsForm

    return SettingsSpec(form=ChatToolsForm, defaults=DEFAULTS, title="Chat tools")


@hookimpl
def register_blueprints() -> PluginBlueprint:
    """Bring the page of a room's chat."""
    from .views import blueprint

    return blueprint


@hookimpl
def register_permissions() -> list[Permission]:
    """Let the owner say which staff keep order in every room."""
    from flask_babel import lazy_gettext as _l

    from ppvcms.api import Permission

    return [
        Permission("chat_tools.moderate", _l("Keep order in every chat"), ("owner", "moderator"))
    ]


@hookimpl
def register_menu() -> list[PluginMenuItem]:
    """Put the page into the performer's dashboard."""
    from flask_babel import lazy_gettext as _l

    from ppvcms.api import PluginMenuItem

    return [
        PluginMenuItem(
            "performer", "chat_tools.mine", _l("Chat"), "chat-dots", permission="room.perform"
        )
    ]


@hookimpl
def register_assets() -> list[Assets]:
    """Load the tools in rooms; the page shows them to those who keep order."""
    from ppvcms.api import Assets

    return [
        Assets(scope, styles=("chat_tools.css",), modules=("chat_tools.js",))
        for scope in ("room", "live")
    ]


@hookimpl
def register_room_actions() -> dict[str, Callable[[RoomView, Actor, dict[str, Any]], object]]:
    """Offer `chat_tools.act` to room pages."""
    from .actions import act

    return {"act": act}


@hookimpl
def room_state(room: RoomView, actor: Actor) -> dict[str, Any]:
    """Tell the page whether its reader keeps order."""
    from .actions import offer

    return offer(room, actor)


@hookimpl
@fills("room.sidebar", "live.sidebar")
def template_slot(context: SlotContext) -> Markup | None:
    """Carry the words of the tools into the room."""
    from .parts import tools

    return tools(context)


@hookimpl
def filter_message(message: str, room: RoomView) -> str:
    """Replace the words of the lists."""
    from .services import filtered

    return filtered(message, room)


@hookimpl
def check_message(room: RoomView, actor: Actor) -> Refusal | None:
    """Refuse the lines of who is muted, put out or too fast."""
    from .services import refusal_to_say

    return refusal_to_say(room, actor)


@hookimpl
def check_room_entry(room: RoomView, actor: Actor) -> Refusal | None:
    """Refuse who was put out."""
    from .services import refusal_to_enter

    return refusal_to_enter(room, actor)


@hookimpl
def demo_content(ctx: DemoContext) -> None:
    """Give the first room of a demo site a word to replace."""
    from .services import keep
    from .words import read_words

    if ctx.rooms:
        keep(ctx.rooms[0], ctx.owner, slow_s=0, words=read_words("boring = relaxing"))
