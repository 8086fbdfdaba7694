"""Follow: who goes live or has something new is told to those who want to hear (AC-11)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ppvcms.api import fills, hookimpl

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup

    from ppvcms.api import (
        Actor,
        Assets,
        CardFacts,
        DemoContext,
        Event,
        NoticeKind,
        PageBlock,
        PluginBlueprint,
        PluginMenuItem,
        RoomRef,
        SlotContext,
        Task,
    )


@hookimpl
def register_blueprints() -> PluginBlueprint:
    """Offer the favourites and the button behind every heart."""
    from .views import blueprint

    return blueprint


@hookimpl
def register_menu() -> list[PluginMenuItem]:
    """Put the favourites into the account."""
    from flask_babel import lazy_gettext as _l

    from ppvcms.api import PluginMenuItem

    return [PluginMenuItem("account", "follow.favourites", _l("Favourites"), "heart", weight=10)]


@hookimpl
def register_blocks() -> list[PageBlock]:
    """Offer the button for pages."""
    from .blocks import blocks

    return blocks()


@hookimpl
def register_assets() -> list[Assets]:
    """Let a heart change without leaving the page."""
    from ppvcms.api import Assets

    return [Assets("all", styles=("follow.css",), modules=("follow.js",))]


@hookimpl
def register_notices() -> list[NoticeKind]:
    """Tell followers three things."""
    from .news import KINDS

    return KINDS


@hookimpl
def register_tasks() -> list[Task]:
    """Tell followers in portions, however many there are."""
    from ppvcms.api import Task

    from .news import tell_next

    return [Task("tell", 2, tell_next)]


@hookimpl
def on_event(event: Event) -> None:
    """Keep what followers shall hear."""
    from .news import keep

    keep(event)


@hookimpl
def card_facts(rooms: Sequence[RoomRef], actor: Actor) -> dict[str, CardFacts]:
    """Put a heart on each card for who is signed in."""
    from .services import card_facts_of

    return card_facts_of(rooms, actor)


@hookimpl
@fills("profile.actions", "room.below_video", "listing.top", "dashboard.overview")
def template_slot(name: str, context: SlotContext) -> Markup | None:
    """Show the button on profile and room, and favourites above the list."""
    from .slots import fill

    return fill(name, context)


@hookimpl
def demo_content(ctx: DemoContext) -> None:
    """Let the demo clients follow somebody."""
    from .services import follow

    for number, client in enumerate(ctx.clients):
        for room in ctx.rooms[number : number + 4]:
            follow(client, room, on=True)
