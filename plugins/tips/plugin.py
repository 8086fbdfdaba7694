"""Tips: paid at once from what is available, never from held money (WL-09, R-44)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ppvcms.api import hookimpl

if TYPE_CHECKING:
    from collections.abc import Callable

    from markupsafe import Markup

    from ppvcms.api import Actor, Assets, RoomView, SettingsSpec, SlotContext


@hookimpl
def register_settings() -> SettingsSpec:
    """Let the owner set the ready amounts, the range and the gap."""
    from ppvcms.api import SettingsSpec

    from .forms import DEFAULTS, TipsForm

    return SettingsSpec(form=TipsForm, defaults=DEFAULTS, title="Tips")


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
        Assets("room", modules=("tips.js",)),
        Assets("live", modules=("tips.js",)),
    ]


@hookimpl
def room_state(room: RoomView, actor: Actor) -> dict[str, Any]:
    """Tell the page which amounts there are."""
    from .actions import offer

    return offer(room, actor)


@hookimpl
def template_slot(name: str, context: SlotContext) -> Markup | None:
    """Put the buttons below the public picture, and beside the private one."""
    if name not in {"room.below_video", "live.sidebar"}:
        return None
    from .views import buttons

    return buttons(name, context)
