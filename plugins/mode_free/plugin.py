"""A free public show: one to many, chat, no meter (MD-01)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ppvcms.api import hookimpl

if TYPE_CHECKING:
    from ppvcms.api import ModeRules, Quote, RoomFacts, RoomMode, SettingsSpec


@hookimpl
def register_room_modes() -> list[RoomMode]:
    """Offer the free public show."""
    from flask_babel import lazy_gettext as _l

    from ppvcms.api import RoomMode

    return [
        RoomMode(
            key="free",
            label=_l("Free show"),
            summary=_l("Everybody may watch. Tips are welcome."),
            paid=False,
            private=False,
            payer_publishes=False,
            share_type="free",
            icon="broadcast",
            quote_terms=quote_terms,
            weight=0,
            steady=True,
            rules=rules,
        )
    ]


@hookimpl
def register_settings() -> SettingsSpec:
    """Let the owner set two-way places and unseen watching."""
    from ppvcms.api import SettingsSpec

    from .forms import DEFAULTS, FreeForm

    return SettingsSpec(form=FreeForm, defaults=DEFAULTS, title="Free show")


def quote_terms(_room: RoomFacts, _client_id: str | None) -> Quote:
    """Quote nothing: the room is open."""
    from ppvcms.api import Quote

    return Quote(rate_per_minute=0)


def rules() -> ModeRules:
    """Return how many two-way places there are, and whether unseen watching is allowed."""
    from ppvcms.api import settings, usual_rules

    return usual_rules(settings("mode_free"))
