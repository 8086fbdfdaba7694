"""Spending limits: pages over what the books enforce (WL-16)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ppvcms.api import fills, hookimpl

if TYPE_CHECKING:
    from markupsafe import Markup

    from ppvcms.api import (
        DemoContext,
        Permission,
        PluginBlueprint,
        PluginMenuItem,
        SlotContext,
    )


@hookimpl
def register_permissions() -> list[Permission]:
    """Let the owner say who limits everybody."""
    from flask_babel import lazy_gettext as _l

    from ppvcms.api import Permission

    return [Permission("limits.manage", _l("Limit what everybody may spend"), ("owner",))]


@hookimpl
def register_blueprints() -> PluginBlueprint:
    """Serve the page of both sides."""
    from .views import blueprint

    return blueprint


@hookimpl
def register_menu() -> list[PluginMenuItem]:
    """Stand in the account and in the back office."""
    from flask_babel import lazy_gettext as _l

    from ppvcms.api import PluginMenuItem

    manage = "limits.manage"
    return [
        PluginMenuItem("account", "limits.mine", _l("Spending limits"), "speedometer", "tip.send"),
        PluginMenuItem("admin", "limits.everybody", _l("Spending limits"), "speedometer", manage),
    ]


@hookimpl
@fills("account.overview")
def template_slot(context: SlotContext) -> Markup | None:
    """Show how far somebody's limits are used, on the account's first page."""
    from .views import overview

    return overview(context)


@hookimpl
def demo_content(ctx: DemoContext) -> None:
    """Give the first client of the demo a limit that shows."""
    from ppvcms.api import SpendPeriod, set_spend_limit

    for client in ctx.clients[:1]:
        set_spend_limit(str(client.user_id), SpendPeriod.WEEK, 20_000)
