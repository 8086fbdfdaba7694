"""Paid items: an author's shelf, sold by wallet or directly, opened by one question (PI-01)."""

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
        PageBlock,
        PageReader,
        Permission,
        PluginBlueprint,
        PluginMenuItem,
        PluginPage,
        RoomView,
        SettingsSpec,
        SitemapEntry,
        SlotContext,
        StoredFile,
        Task,
        UploadKind,
    )


@hookimpl
def register_settings() -> SettingsSpec:
    """Let the owner say what may be sold."""
    from ppvcms.api import SettingsSpec

    from .forms import DEFAULTS, SettingsForm

    return SettingsSpec(form=SettingsForm, defaults=DEFAULTS, title="Paid items")


@hookimpl
def register_permissions() -> list[Permission]:
    """Name what a role needs to sell, and to look after all items."""
    from .registered import permissions

    return permissions()


@hookimpl
def register_blueprints() -> PluginBlueprint:
    """Add the shelf, the pages of an item, of its author and of the site's staff."""
    from .pages import blueprint

    return blueprint


@hookimpl
def register_menu() -> list[PluginMenuItem]:
    """Put the pages where people look for them."""
    from .registered import menu

    return menu()


@hookimpl
def register_blocks() -> list[PageBlock]:
    """Offer the newest items and the shelf for pages."""
    from .blocks import blocks

    return blocks()


@hookimpl
def register_pages() -> list[PluginPage]:
    """Bring the shop."""
    from .blocks import pages

    return pages()


@hookimpl
def register_readers() -> list[PageReader]:
    """Let pages be for who bought an item."""
    from .blocks import readers

    return readers()


@hookimpl
def register_notices() -> list[NoticeKind]:
    """Name what people are told."""
    from .registered import notices

    return notices()


@hookimpl
def register_uploads() -> list[UploadKind]:
    """Say which files authors may bring."""
    from .registered import uploads

    return uploads()


@hookimpl
def register_assets() -> list[Assets]:
    """Load what shows and asks for recordings in rooms."""
    from ppvcms.api import Assets

    return [Assets("room", styles=("recording.css",), modules=("recording.js",))]


@hookimpl
def register_room_actions() -> dict[str, Callable[[RoomView, Actor, dict[str, Any]], object]]:
    """Let a performer record, and let those whom it concerns agree or end it."""
    from . import live

    return {
        "recording": live.look,
        "record": live.record,
        "record_answer": live.answer,
        "record_stop": live.stop,
    }


@hookimpl
def room_state(room: RoomView, actor: Actor) -> dict[str, Any]:
    """Tell a page whether its show is recorded, and whom it asks."""
    from .live import state

    return {"recording": state(room, actor)}


@hookimpl
def register_tasks() -> list[Task]:
    """Look after recordings while they run and until their files are here."""
    from ppvcms.api import Task

    from .recorded import tick

    return [Task("recordings", 2, tick)]


@hookimpl
def plugin_deactivated() -> None:
    """End recordings that nobody would look after any more."""
    from .recorded import end_all

    end_all()


@hookimpl
def check_file(file: StoredFile, actor: Actor) -> bool:
    """Say whether somebody may have the bytes of a file now."""
    from .rights import check_file as check

    return check(file, actor)


@hookimpl
def check_deactivation() -> list[str]:
    """Name the orders that were paid and not sent."""
    from .registered import reasons_to_stay

    return reasons_to_stay()


@hookimpl
def on_event(event: Event) -> None:
    """Let an order count once it is paid, and tell its seller."""
    from ppvcms.api import ItemSold

    if isinstance(event, ItemSold) and event.slug == "paid_items":
        from .deliveries import heard

        heard(event)


@hookimpl
def sitemap_entries() -> list[SitemapEntry]:
    """Name what is on sale for search engines."""
    from .found import sitemap

    return sitemap()


@hookimpl
def template_slot(name: str, context: SlotContext) -> Markup | None:
    """Put the newest items below a profile and a room, and what somebody has into overviews."""
    from .slots import fill

    return fill(name, context)


@hookimpl
def demo_content(ctx: DemoContext) -> None:
    """Give a demo site a shelf."""
    from .demo import fill

    fill(ctx)
