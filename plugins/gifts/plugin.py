"""Gifts from the shop, sent mid-session, and credits from person to person (WL-12, WL-13)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ppvcms.api import hookimpl

if TYPE_CHECKING:
    from collections.abc import Callable

    from markupsafe import Markup

    from ppvcms.api import (
        Actor,
        Assets,
        DemoContext,
        Event,
        NoticeKind,
        Permission,
        PluginBlueprint,
        PluginMenuItem,
        RoomView,
        SettingsSpec,
        SlotContext,
        StoredFile,
    )

SLOTS = {"room.below_video", "live.sidebar", "profile.below"}


@hookimpl
def register_settings() -> SettingsSpec:
    """Let the owner bound what people give each other."""
    from ppvcms.api import SettingsSpec

    from .forms import DEFAULTS, GiftsForm

    return SettingsSpec(form=GiftsForm, defaults=DEFAULTS, title="Gifts")


@hookimpl
def register_blueprints() -> PluginBlueprint:
    """Bring the shop's pages."""
    from .views import blueprint

    return blueprint


@hookimpl
def register_permissions() -> list[Permission]:
    """Let the owner say who keeps the shop."""
    from flask_babel import lazy_gettext as _l

    from ppvcms.api import Permission

    return [Permission("gifts.manage", _l("Keep the shop of gifts"))]


@hookimpl
def register_menu() -> list[PluginMenuItem]:
    """Put the shop into the back office and giving credits into the account."""
    from flask_babel import lazy_gettext as _l

    from ppvcms.api import PluginMenuItem

    return [
        PluginMenuItem("admin", "gifts.shop", _l("Gifts"), "gift", permission="gifts.manage"),
        PluginMenuItem("account", "gifts.give", _l("Give credits"), "gift", permission="tip.send"),
    ]


@hookimpl
def register_notices() -> list[NoticeKind]:
    """Tell people that they were given credits."""
    from flask_babel import lazy_gettext as _l

    from ppvcms.api import NoticeKind

    return [
        NoticeKind(
            "gifts.credits",
            _l("Somebody gives you credits"),
            _l("%(who)s gives you %(amount)s"),
            _l("They are in your wallet. %(note)s"),
        )
    ]


@hookimpl
def register_room_actions() -> dict[str, Callable[[RoomView, Actor, dict[str, Any]], object]]:
    """Offer `gifts.send` to room pages."""
    from .actions import send

    return {"send": send}


@hookimpl
def register_assets() -> list[Assets]:
    """Load the shop's module and styles in rooms and private shows."""
    from ppvcms.api import Assets

    return [
        Assets(scope, styles=("gifts.css",), modules=("gifts.js",)) for scope in ("room", "live")
    ]


@hookimpl
def room_state(room: RoomView, actor: Actor) -> dict[str, Any]:
    """Tell the page what can be sent."""
    from .actions import offer

    return offer(room, actor)


@hookimpl
def template_slot(name: str, context: SlotContext) -> Markup | None:
    """Put the shop beside a show, and the shelf on the profile."""
    if name not in SLOTS:
        return None
    from .parts import part

    return part(name, context)


@hookimpl
def on_event(event: Event) -> None:
    """Take a gift off the shelf whose money was given back."""
    from ppvcms.api import TransferPosted

    if isinstance(event, TransferPosted) and event.reverses is not None:
        from .services import take_back

        take_back(event.reverses)


@hookimpl
def check_file(file: StoredFile, actor: Actor) -> bool:
    """Give the pictures of the shop by their lasting address alone."""
    del file, actor
    return False


@hookimpl
def demo_content(ctx: DemoContext) -> None:
    """Fill the shop of a demo site."""
    from .demo import fill

    fill(ctx)
