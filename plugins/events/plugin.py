"""Coming events: when who is live, told in time and in each reader's time zone (EV-01, 02, 04)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ppvcms.api import hookimpl

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup

    from ppvcms.api import (
        Actor,
        Assets,
        CardFacts,
        DemoContext,
        NoticeKind,
        PageBlock,
        Permission,
        PluginBlueprint,
        PluginMenuItem,
        PluginPage,
        RoomRef,
        SettingsSpec,
        SitemapEntry,
        SlotContext,
        Task,
    )

SLOTS = frozenset(
    {"base.head", "profile.below", "room.below_video", "listing.top", "dashboard.overview"}
)


@hookimpl
def register_blueprints() -> PluginBlueprint:
    """Offer the page of all events, one for each, and the performer's plans."""
    from .views import blueprint

    return blueprint


@hookimpl
def register_settings() -> SettingsSpec:
    """Let the owner say how far ahead and how many."""
    from ppvcms.api import SettingsSpec

    from .forms import DEFAULTS, SettingsForm

    return SettingsSpec(form=SettingsForm, defaults=DEFAULTS, title="Coming events")


@hookimpl
def register_permissions() -> list[Permission]:
    """Let some cancel the events of others."""
    from flask_babel import lazy_gettext as _l

    from ppvcms.api import Permission

    return [Permission("events.manage", _l("Cancel any event"), ("owner", "moderator"))]


@hookimpl
def register_menu() -> list[PluginMenuItem]:
    """Put the performer's page into the dashboard."""
    from flask_babel import lazy_gettext as _l

    from ppvcms.api import PluginMenuItem

    return [
        PluginMenuItem("performer", "events.mine", _l("Events"), "calendar-event", weight=30),
    ]


@hookimpl
def register_blocks() -> list[PageBlock]:
    """Offer what comes for pages."""
    from .blocks import blocks

    return blocks()


@hookimpl
def register_pages() -> list[PluginPage]:
    """Bring the page of everything planned."""
    from .blocks import pages

    return pages()


@hookimpl
def register_assets() -> list[Assets]:
    """Load how events look."""
    from ppvcms.api import Assets

    return [Assets("all", styles=("events.css",))]


@hookimpl
def register_notices() -> list[NoticeKind]:
    """Remind, and tell what was moved or cancelled."""
    from .reminders import KINDS

    return KINDS


@hookimpl
def register_tasks() -> list[Task]:
    """Look every half minute whom to remind."""
    from ppvcms.api import Task

    from .reminders import remind

    return [Task("remind", 30, remind)]


@hookimpl
def card_facts(rooms: Sequence[RoomRef], actor: Actor) -> dict[str, CardFacts]:
    """Write on each card when the room is live next."""
    del actor
    from .reading import card_facts_of

    return card_facts_of([room.id for room in rooms])


@hookimpl
def sitemap_entries() -> list[SitemapEntry]:
    """Name the coming events for search engines."""
    from .found import sitemap

    return sitemap()


@hookimpl
def template_slot(name: str, context: SlotContext) -> Markup | None:
    """Show events on profile, room, home and dashboard."""
    if name not in SLOTS:
        return None
    from .slots import fill

    return fill(name, context)


@hookimpl
def demo_content(ctx: DemoContext) -> None:
    """Plan something in the demo rooms."""
    from .demo import fill

    fill(ctx)
