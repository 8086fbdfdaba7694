"""Goals that real tips and gifts fill (WL-14, R-60)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ppvcms.api import fills, hookimpl

if TYPE_CHECKING:
    from markupsafe import Markup

    from ppvcms.api import (
        Actor,
        Assets,
        DemoContext,
        Event,
        PageBlock,
        PluginBlueprint,
        PluginMenuItem,
        RoomView,
        SlotContext,
    )


@hookimpl
def register_blueprints() -> PluginBlueprint:
    """Bring the performer's page of goals."""
    from .views import blueprint

    return blueprint


@hookimpl
def register_menu() -> list[PluginMenuItem]:
    """Put the page into the performer's dashboard."""
    from flask_babel import lazy_gettext as _l

    from ppvcms.api import PluginMenuItem

    return [
        PluginMenuItem(
            "performer", "goals.mine", _l("Goals"), "bullseye", permission="room.perform"
        )
    ]


@hookimpl
def register_blocks() -> list[PageBlock]:
    """Offer the bars of a room for pages."""
    from .blocks import blocks

    return blocks()


@hookimpl
def register_assets() -> list[Assets]:
    """Keep the bars of open pages true."""
    from ppvcms.api import Assets

    return [Assets("room", styles=("goals.css",), modules=("goals.js",))]


@hookimpl
def room_state(room: RoomView, actor: Actor) -> dict[str, Any]:
    """Tell the page how far the goals are."""
    del actor
    from .services import shown

    return shown(room.performer_id).as_json()


@hookimpl
@fills("room.below_video")
def template_slot(context: SlotContext) -> Markup | None:
    """Put the bars below the picture."""
    from .views import bars_of

    return bars_of(context)


@hookimpl
def on_event(event: Event) -> None:
    """Count what was paid, and what was given back."""
    from .services import hear

    hear(event)


@hookimpl
def demo_content(ctx: DemoContext) -> None:
    """Give two rooms of a demo site goals."""
    from .demo import fill

    fill(ctx)
