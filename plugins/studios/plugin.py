"""Studios: people under contract, rooms of their own, rights, overview, statements (CM-06)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ppvcms.api import fills, hookimpl

if TYPE_CHECKING:
    from markupsafe import Markup

    from ppvcms.api import (
        Actor,
        DemoContext,
        NoticeKind,
        Permission,
        PluginBlueprint,
        PluginMenuItem,
        Refusal,
        RoomView,
        SettingsSpec,
        SlotContext,
        Task,
    )


@hookimpl
def register_blueprints() -> PluginBlueprint:
    """Offer the studio's dashboard, the performer's page and the business's."""
    from . import money_views, office, own, pages, room_views, views  # noqa: F401 - they add theirs

    return pages.blueprint


@hookimpl
def register_settings() -> SettingsSpec:
    """Let the owner say how large a studio may be; the notice of new contracts is its own."""
    from flask_babel import LazyString

    from ppvcms.api import SettingsSpec, label

    from .forms import DEFAULTS, SettingsForm

    return SettingsSpec(
        form=SettingsForm,
        defaults=DEFAULTS,
        title=LazyString(label, "studio", plural=True),
        studio=frozenset({"leave_notice"}),
    )


@hookimpl
def register_permissions() -> list[Permission]:
    """Confirming studios and reading their contracts is the business's."""
    from ppvcms.api import Permission

    return [Permission("studios.manage", "Confirm companies and read their contracts")]


@hookimpl
def register_menu() -> list[PluginMenuItem]:
    """Put the pages into the dashboards of all three."""
    from flask_babel import LazyString
    from flask_babel import lazy_gettext as _l

    from ppvcms.api import PluginMenuItem, label

    manage = "studio.manage"
    one, several = LazyString(label, "studio"), LazyString(label, "studio", plural=True)
    rooms = LazyString(label, "room", plural=True)
    return [
        PluginMenuItem("account", "studios.overview", one, "buildings", manage, 5),
        PluginMenuItem("studio", "studios.overview", _l("Overview"), "speedometer2", manage, 0),
        PluginMenuItem("studio", "studios.roster", _l("People"), "people", manage, 1),
        PluginMenuItem("studio", "studios.rooms_index", rooms, "door-open", manage, 2),
        PluginMenuItem("studio", "studios.compare", _l("Compare"), "bar-chart", manage, 3),
        PluginMenuItem(
            "studio", "studios.statements_index", _l("Statements"), "receipt", manage, 4
        ),
        PluginMenuItem("studio", "studios.papers", _l("Company"), "building-check", manage, 5),
        PluginMenuItem("studio", "studios.log_page", _l("Log"), "journal-text", manage, 9),
        PluginMenuItem("performer", "studios.mine", one, "buildings", "room.perform", 40),
        PluginMenuItem("admin", "studios.admin", several, "buildings", "studios.manage", 20),
    ]


@hookimpl
def register_notices() -> list[NoticeKind]:
    """Tell both sides what happens to a contract, and a studio what was decided."""
    from .notices import kinds

    return kinds()


@hookimpl
def register_tasks() -> list[Task]:
    """Follow what has ended, each minute."""
    from ppvcms.api import Task

    from .own import tidy

    return [Task("studios.tidy", 60, tidy)]


@hookimpl
def check_performer(actor: Actor, act: str) -> Refusal | None:
    """Refuse who was disabled by the studio, or may not go live on their own."""
    from .guards import refusal_to_perform

    return refusal_to_perform(actor, act)


@hookimpl
def check_price(room: RoomView, actor: Actor) -> Refusal | None:
    """Refuse prices of who leaves them to the studio."""
    from .guards import refusal_of_price

    return refusal_of_price(room, actor)


@hookimpl
def check_message(message: str, room: RoomView, actor: Actor) -> Refusal | None:  # noqa: ARG001 - nobody reads it
    """Refuse chat of who may not write without the studio."""
    from .guards import refusal_to_write

    return refusal_to_write(room, actor)


@hookimpl
@fills("admin.overview")
def template_slot(context: SlotContext) -> Markup | None:
    """Tell who decides how many companies wait."""
    from .office import waits

    return waits(context.actor)


@hookimpl
def demo_content(ctx: DemoContext) -> None:
    """Give the demo studio two people under contract."""
    from .demo import fill

    fill(ctx)
