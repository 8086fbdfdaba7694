"""Reviews: 1 to 5 stars and a text, from people who were really there (RM-18)."""

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
        NoticeKind,
        Permission,
        PluginBlueprint,
        PluginMenuItem,
        RoomRef,
        SettingsSpec,
        SlotContext,
    )


@hookimpl
def register_blueprints() -> PluginBlueprint:
    """Offer the pages of a room's reviews, the performer's and the moderator's."""
    from .views import blueprint

    return blueprint


@hookimpl
def register_settings() -> SettingsSpec:
    """Let the owner say how long somebody was there before they may write."""
    from ppvcms.api import SettingsSpec

    from .forms import DEFAULTS, SettingsForm

    return SettingsSpec(form=SettingsForm, defaults=DEFAULTS, title="Reviews")


@hookimpl
def register_permissions() -> list[Permission]:
    """Let some remove reviews, for a listed reason."""
    from flask_babel import lazy_gettext as _l

    from ppvcms.api import Permission

    label = _l("Remove reviews for a listed reason")
    return [Permission("reviews.moderate", label, ("owner", "moderator"))]


@hookimpl
def register_menu() -> list[PluginMenuItem]:
    """Put the pages into the dashboards."""
    from flask_babel import lazy_gettext as _l

    from ppvcms.api import PluginMenuItem

    return [
        PluginMenuItem("performer", "reviews.mine", _l("Reviews"), "star", "room.perform", 60),
        PluginMenuItem("admin", "reviews.office", _l("Reviews"), "star", "reviews.moderate", 60),
    ]


@hookimpl
def register_assets() -> list[Assets]:
    """Load how stars look."""
    from ppvcms.api import Assets

    return [Assets("all", styles=("reviews.css",))]


@hookimpl
def register_notices() -> list[NoticeKind]:
    """Tell both sides what was written and what was removed."""
    from .notices import KINDS

    return KINDS


@hookimpl
def card_facts(rooms: Sequence[RoomRef], actor: Actor) -> dict[str, CardFacts]:
    """Give each card its stars."""
    del actor
    from .services import card_facts_of

    return card_facts_of([room.id for room in rooms])


@hookimpl
def person_alerts(user_ids: Sequence[str]) -> dict[str, list[str]]:
    """Say whose reviews with few stars wait for a reply."""
    from .services import alerts

    return alerts(user_ids)


@hookimpl
@fills("profile.actions", "profile.below", "receipt.after")
def template_slot(name: str, context: SlotContext) -> Markup | None:
    """Show reviews on profiles, and ask for one after a session."""
    from .slots import fill

    return fill(name, context)


@hookimpl
def demo_content(ctx: DemoContext) -> None:
    """Let the invented people have opinions."""
    from .demo import fill

    fill(ctx)
