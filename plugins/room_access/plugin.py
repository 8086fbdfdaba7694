"""Room access: a price, a password or a list at the door of a room (RM-13, RM-14)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ppvcms.api import fills, hookimpl

if TYPE_CHECKING:
    from markupsafe import Markup

    from ppvcms.api import (
        Actor,
        Event,
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
    """Let the owner set the range of prices."""
    from ppvcms.api import SettingsSpec

    from .forms import DEFAULTS, AccessForm

    return SettingsSpec(form=AccessForm, defaults=DEFAULTS, title="Room access")


@hookimpl
def register_permissions() -> list[Permission]:
    """Give each kind of door by role."""
    from flask_babel import lazy_gettext as _l

    from ppvcms.api import Permission

    given = ("owner", "performer")
    return [
        Permission("room_access.price", _l("Ask a price at the door"), given),
        Permission("room_access.password", _l("Put a password on the door"), given),
        Permission("room_access.list", _l("Keep a list of guests"), given),
    ]


@hookimpl
def register_blueprints() -> PluginBlueprint:
    """Serve the door's two sides."""
    from .views import blueprint

    return blueprint


@hookimpl
def register_menu() -> list[PluginMenuItem]:
    """Stand in the dashboard of who performs."""
    from flask_babel import lazy_gettext as _l

    from ppvcms.api import PluginMenuItem

    return [
        PluginMenuItem(
            "performer", "room_access.mine", _l("Who comes in"), "door-closed", "room.perform", 40
        )
    ]


@hookimpl
def check_room_entry(room: RoomView, actor: Actor) -> Refusal | None:
    """Refuse who has not passed the door."""
    from .services import refusal_to_enter

    return refusal_to_enter(room, actor)


@hookimpl
def covers_minutes(room: RoomView, actor: Actor) -> bool | None:
    """Say whether what somebody paid at the door covers the public shows."""
    from .services import covers

    return covers(room, actor)


@hookimpl
def on_event(event: Event) -> None:
    """Begin the hours of an entrance whose buyer's server died before it could."""
    from ppvcms.api import ItemSold

    if isinstance(event, ItemSold) and event.slug == "room_access":
        from .services import begin

        begin(event.user_id, event.item_id)


@hookimpl
@fills("room.above_video")
def template_slot(context: SlotContext) -> Markup | None:
    """Say at the room's page what the door asks."""
    from .views import notice

    return notice(context)
