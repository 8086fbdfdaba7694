"""Ranks by what was spent in 30 days: a badge, and a bonus on packs (AC-15)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ppvcms.api import fills, hookimpl

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup

    from ppvcms.api import (
        ClientBadge,
        LifecycleContext,
        Permission,
        PluginBlueprint,
        PluginMenuItem,
        SlotContext,
    )


@hookimpl
def plugin_activated(ctx: LifecycleContext) -> None:
    """Begin with three ranks where there are none."""
    from .services import begin

    begin(ctx.session)


@hookimpl
def register_blueprints() -> PluginBlueprint:
    """Offer the owner's page."""
    from .views import blueprint

    return blueprint


@hookimpl
def register_permissions() -> list[Permission]:
    """Let some set ranks up."""
    from flask_babel import lazy_gettext as _l

    from ppvcms.api import Permission

    return [Permission("ranks.manage", _l("Set up ranks"), ("owner",))]


@hookimpl
def register_menu() -> list[PluginMenuItem]:
    """Put the page into the back office."""
    from flask_babel import lazy_gettext as _l

    from ppvcms.api import PluginMenuItem

    return [PluginMenuItem("admin", "ranks.office", _l("Ranks"), "award", "ranks.manage", 70)]


@hookimpl
def client_badges(user_ids: Sequence[str]) -> dict[str, ClientBadge]:
    """Put the rank beside names."""
    from .services import badges

    return badges(user_ids)


@hookimpl
def pack_bonus(user_id: str) -> int:
    """Give more credits to who has a rank."""
    from .services import bonus_of

    return bonus_of(user_id)


@hookimpl
@fills("account.overview")
def template_slot(context: SlotContext) -> Markup | None:
    """Show people their own rank and the way to the next."""
    from .views import own_rank

    return own_rank(context.actor)
