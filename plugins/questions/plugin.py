"""Paid questions: the price waits for the answer, or comes back by itself (MS-01 to MS-05)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ppvcms.api import hookimpl

if TYPE_CHECKING:
    from markupsafe import Markup

    from ppvcms.api import (
        Actor,
        Assets,
        DemoContext,
        Event,
        NoticeKind,
        PluginBlueprint,
        PluginMenuItem,
        SettingsSpec,
        SlotContext,
        StoredFile,
        Task,
    )

SLOTS = {"profile.actions", "room.below_video", "dashboard.overview", "account.overview"}


@hookimpl
def register_settings() -> SettingsSpec:
    """Let the owner set prices, the deadline and what may be attached."""
    from ppvcms.api import SettingsSpec

    from .forms import DEFAULTS, QuestionsForm

    return SettingsSpec(form=QuestionsForm, defaults=DEFAULTS, title="Paid questions")


@hookimpl
def register_blueprints() -> PluginBlueprint:
    """Bring the pages of questions."""
    from .views import blueprint

    return blueprint


@hookimpl
def register_menu() -> list[PluginMenuItem]:
    """Put the inboxes into the account and into the performer's dashboard."""
    from flask_babel import lazy_gettext as _l

    from ppvcms.api import PluginMenuItem

    return [
        PluginMenuItem("account", "questions.mine", _l("Questions"), "chat-left-quote"),
        PluginMenuItem(
            "performer",
            "questions.received",
            _l("Questions"),
            "chat-left-quote",
            permission="room.perform",
        ),
    ]


@hookimpl
def register_notices() -> list[NoticeKind]:
    """Declare what people are told."""
    from .tell import kinds

    return kinds()


@hookimpl
def register_tasks() -> list[Task]:
    """End free questions past their deadline, and what was given back while we were off."""
    from ppvcms.api import Task

    from .ending import end_overdue

    return [Task("overdue", 60.0, end_overdue)]


@hookimpl
def register_assets() -> list[Assets]:
    """Load the small styles of the button and the dashboard's countdown."""
    from ppvcms.api import Assets

    return [Assets("dashboard", modules=("deadline.js",))]


@hookimpl
def check_file(file: StoredFile, actor: Actor) -> bool:
    """Give a file to the two sides of its question alone."""
    from .files import may_open

    return may_open(file, actor)


@hookimpl
def on_event(event: Event) -> None:
    """Hear that the core gave the money of a question back."""
    from .ending import hear

    hear(event)


@hookimpl
def template_slot(name: str, context: SlotContext) -> Markup | None:
    """Put the way to ask on the profile and into the room, and what waits on the dashboard."""
    if name not in SLOTS:
        return None
    from .parts import part

    return part(name, context)


@hookimpl
def demo_content(ctx: DemoContext) -> None:
    """Ask and answer some questions on a demo site."""
    from .demo import fill

    fill(ctx)
