"""Verification: who performs shows who they are first (AC-02, AC-03, MO-01, MO-02)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ppvcms.api import hookimpl

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup

    from ppvcms.api import (
        Actor,
        DemoContext,
        Event,
        NoticeKind,
        Permission,
        PluginBlueprint,
        PluginMenuItem,
        Problem,
        Refusal,
        SettingsSpec,
        SlotContext,
        Task,
    )


@hookimpl
def register_settings() -> SettingsSpec:
    """Let the owner say what is asked, and what people may do before."""
    from ppvcms.api import SettingsSpec

    from .forms import DEFAULTS, VerificationForm

    return SettingsSpec(form=VerificationForm, defaults=DEFAULTS, title="Verification")


@hookimpl
def register_permissions() -> list[Permission]:
    """Decide, look at papers, and read the records: each on its own."""
    from flask_babel import lazy_gettext as _l

    from ppvcms.api import Permission

    return [
        Permission("verification.review", _l("Verify people"), ("owner", "moderator")),
        Permission(
            "verification.papers",
            _l("Look at papers; each look is logged"),
            ("owner", "moderator"),
        ),
        Permission("verification.records", _l("Read the records by depiction"), ("owner",)),
    ]


@hookimpl
def register_blueprints() -> PluginBlueprint:
    """Serve the pages of both sides."""
    from . import desk  # noqa: F401 - adds its pages to the blueprint
    from .views import blueprint

    return blueprint


@hookimpl
def register_menu() -> list[PluginMenuItem]:
    """Stand in the dashboards of who performs and of who reviews."""
    from flask_babel import lazy_gettext as _l

    from ppvcms.api import PluginMenuItem

    review = "verification.review"
    return [
        PluginMenuItem(
            "performer", "verification.mine", _l("Verification"), "person-vcard", "room.perform", 60
        ),
        PluginMenuItem("admin", "verification.queue", _l("Verification"), "person-vcard", review),
        PluginMenuItem(
            "admin",
            "verification.records",
            _l("Records"),
            "journal-bookmark",
            "verification.records",
            1,
        ),
    ]


@hookimpl
def register_notices() -> list[NoticeKind]:
    """Tell people what was decided, and what will expire."""
    from .notices import kinds

    return kinds()


@hookimpl
def register_tasks() -> list[Task]:
    """Tell of papers that expire, ask for new ones, delete files that nothing knows."""
    from ppvcms.api import Task

    from .duties import look_at_dates, tidy

    return [Task("dates", 3600.0, look_at_dates), Task("tidy", 86_400.0, tidy)]


@hookimpl
def check_performer(actor: Actor, act: str) -> Refusal | None:
    """Refuse who is not verified."""
    from .services import refusal_to_perform

    return refusal_to_perform(actor, act)


@hookimpl
def unlisted_performers(performer_ids: Sequence[str]) -> list[str]:
    """Keep who is not verified off the lists."""
    from .services import unlisted

    return unlisted(performer_ids)


@hookimpl
def plugin_problems() -> list[Problem]:
    """Say how many people wait, and how many never sent anything."""
    from .duties import problems

    return problems()


@hookimpl
def on_event(event: Event) -> None:
    """Write down who was shown where, for the records."""
    from ppvcms.api import ShowStarted

    if isinstance(event, ShowStarted):
        from .records import note_show

        note_show(event)


@hookimpl
def template_slot(name: str, context: SlotContext) -> Markup | None:
    """Stand on the dashboard while something is to be done, and name the custodian."""
    from . import views

    if name == "dashboard.top":
        return views.reminder(context)
    return views.custodian() if name == "base.footer" else None


@hookimpl
def demo_content(ctx: DemoContext) -> None:
    """Verify the people of the demo."""
    from .demo import verify

    verify(ctx)
