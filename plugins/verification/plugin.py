"""Verification: who performs shows who they are first (AC-02, AC-03, MO-01, MO-02)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ppvcms.api import hookimpl

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

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
        Problem,
        Refusal,
        RoomView,
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
    from . import desk, others, views  # noqa: F401 - they add their pages to the blueprint
    from .pages import blueprint

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
        PluginMenuItem(
            "studio", "verification.company", _l("Papers"), "person-vcard", "studio.manage", 6
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
    """Refuse who is not verified, and an account that several share until it says who is there."""
    from .gates import refusal_to_perform
    from .presence import LIVE, refusal_to_begin

    refusal = refusal_to_perform(actor, act)
    if refusal is None and act == LIVE:
        return refusal_to_begin(str(actor.user_id))
    return refusal


@hookimpl
def person_alerts(user_ids: Sequence[str]) -> dict[str, list[str]]:
    """Say who is not verified, and whose papers expire soon."""
    from .alerts import alerts

    return alerts(user_ids)


@hookimpl
def register_assets() -> list[Assets]:
    """Load the panel of who is present on the live page."""
    from ppvcms.api import Assets

    return [Assets("room", modules=("presence.js",))]


@hookimpl
def register_room_actions() -> dict[str, Callable[[RoomView, Actor, dict[str, Any]], object]]:
    """Take who is present from the live page."""
    from .panel import declare, roll

    return {"roll": roll, "present": declare}


@hookimpl
def unlisted_performers(performer_ids: Sequence[str]) -> list[str]:
    """Keep who is not verified off the lists."""
    from .gates import unlisted

    return unlisted(performer_ids)


@hookimpl
def plugin_problems() -> list[Problem]:
    """Say how many people wait, and how many never sent anything."""
    from .duties import problems

    return problems()


@hookimpl
def on_event(event: Event) -> None:
    """Write down who was shown where, for the records."""
    from ppvcms.api import ShowEnded, ShowStarted

    from . import presence
    from .records import note_show

    if isinstance(event, ShowStarted):
        note_show(event)
        if not event.private:
            presence.begin(event)
    elif isinstance(event, ShowEnded):
        presence.end(event)


@hookimpl
def template_slot(name: str, context: SlotContext) -> Markup | None:
    """Stand on the dashboard while something is to be done, and name the custodian."""
    from . import views

    if name == "dashboard.top":
        return views.reminder(context)
    if name == "live.sidebar":
        from .panel import panel

        return panel(context)
    if name == "admin.overview":
        from .desk import waits

        return waits(context.actor)
    return views.custodian() if name == "base.footer" else None


@hookimpl
def demo_content(ctx: DemoContext) -> None:
    """Verify the people of the demo."""
    from .demo import verify

    verify(ctx)
