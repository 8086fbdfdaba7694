"""A private show: two-way video, per minute, asked for and accepted (MD-05)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ppvcms.api import hookimpl

if TYPE_CHECKING:
    from ppvcms.api import RoomMode, SettingsSpec


@hookimpl
def register_room_modes() -> list[RoomMode]:
    """Offer the private show."""
    from flask_babel import lazy_gettext as _l

    from ppvcms.api import RoomMode

    from .terms import limits, quote_terms, rules

    return [
        RoomMode(
            key="private",
            label=_l("Private show"),
            summary=_l("The two of you alone, with video both ways."),
            paid=True,
            private=True,
            payer_publishes=True,
            share_type="private",
            icon="person-video2",
            quote_terms=quote_terms,
            limits=limits,
            rules=rules,
            weight=10,
            steady=True,
        )
    ]


@hookimpl
def register_settings() -> SettingsSpec:
    """Let the owner set rates, their range, the grace and the minimum."""
    from ppvcms.api import SettingsSpec

    from .forms import DEFAULTS, PrivateForm

    return SettingsSpec(form=PrivateForm, defaults=DEFAULTS, title="Private show")
