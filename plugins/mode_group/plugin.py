"""A group show: everybody may enter by a click, and each pays per minute (MD-02)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ppvcms.api import hookimpl

if TYPE_CHECKING:
    from ppvcms.api import RoomMode, SettingsSpec


@hookimpl
def register_room_modes() -> list[RoomMode]:
    """Offer the group show."""
    from flask_babel import lazy_gettext as _l

    from ppvcms.api import RoomMode

    from .terms import limits, quote_terms, rules

    return [
        RoomMode(
            key="group",
            label=_l("Group show"),
            summary=_l("Everybody may enter; each pays per minute, counted by the second."),
            paid=True,
            private=False,
            payer_publishes=False,
            share_type="group",
            icon="people-fill",
            quote_terms=quote_terms,
            limits=limits,
            weight=5,
            steady=True,
            rules=rules,
        )
    ]


@hookimpl
def register_settings() -> SettingsSpec:
    """Let the owner set rates, the grace, two-way places and unseen watching."""
    from ppvcms.api import SettingsSpec

    from .forms import DEFAULTS, GroupForm

    return SettingsSpec(form=GroupForm, defaults=DEFAULTS, title="Group show")
