"""Tips: paid at once from what is available, never from held money (WL-09, R-44)."""

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
        LifecycleContext,
        Permission,
        PluginBlueprint,
        PluginMenuItem,
        RoomView,
        SettingsSpec,
        SlotContext,
    )


@hookimpl
def plugin_installed(ctx: LifecycleContext) -> None:
    """Lay the first ready amounts."""
    from .choices import seed

    seed(ctx.session)


@hookimpl
def register_settings() -> SettingsSpec:
    """Let the owner set the range and the gap; rooms and studios may narrow the range."""
    from flask_babel import lazy_gettext as _l

    from ppvcms.api import SettingsSpec

    from .forms import DEFAULTS, RANGE, TipsForm, within

    return SettingsSpec(
        form=TipsForm, defaults=DEFAULTS, title=_l("Tips"), room=RANGE, studio=RANGE, within=within
    )


@hookimpl
def register_blueprints() -> PluginBlueprint:
    """Bring the pages of ready amounts and tip menus."""
    from .views import blueprint

    return blueprint


@hookimpl
def register_permissions() -> list[Permission]:
    """Let the owner say who edits the ready amounts."""
    from flask_babel import lazy_gettext as _l

    from ppvcms.api import Permission

    return [Permission("tips.manage", _l("Edit the ready amounts of tips"))]


@hookimpl
def register_menu() -> list[PluginMenuItem]:
    """Put the pages into the back office and the performer's dashboard."""
    from flask_babel import lazy_gettext as _l

    from ppvcms.api import PluginMenuItem

    return [
        PluginMenuItem("admin", "tips.options", _l("Tips"), "cash-coin", permission="tips.manage"),
        PluginMenuItem(
            "performer", "tips.menu", _l("Tip menu"), "cash-coin", permission="room.perform"
        ),
    ]


@hookimpl
def register_room_actions() -> dict[str, Callable[[RoomView, Actor, dict[str, Any]], object]]:
    """Offer `tips.send` to room pages."""
    from .actions import send

    return {"send": send}


@hookimpl
def register_assets() -> list[Assets]:
    """Load the buttons' module in rooms and private shows."""
    from ppvcms.api import Assets

    return [
        Assets("room", styles=("tips.css",), modules=("tips.js",)),
        Assets("live", styles=("tips.css",), modules=("tips.js",)),
    ]


@hookimpl
def room_state(room: RoomView, actor: Actor) -> dict[str, Any]:
    """Tell the page which amounts there are."""
    from .actions import offer

    return offer(room, actor)


@hookimpl
@fills("room.below_video", "live.sidebar")
def template_slot(name: str, context: SlotContext) -> Markup | None:
    """Put the buttons below the public picture, and beside the private one."""
    from .views import buttons

    return buttons(name, context)


@hookimpl
def demo_content(ctx: DemoContext) -> None:
    """Give the amounts of a demo site looks, and some rooms a tip menu."""
    from .demo import fill

    fill(ctx)
