"""A two-way place: a role in shows of other kinds, with a camera that one person sees (MD-08)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ppvcms.api import hookimpl

if TYPE_CHECKING:
    from ppvcms.api import RoomMode, SettingsSpec


@hookimpl
def register_room_modes() -> list[RoomMode]:
    """Offer two-way places as a way into shows."""
    from flask_babel import lazy_gettext as _l

    from ppvcms.api import RoomMode

    from .terms import limits, quote_terms

    return [
        RoomMode(
            key="two_way",
            label=_l("Two-way place"),
            summary=_l("Your camera and voice in the show, for one pair of eyes."),
            paid=True,
            private=False,
            payer_publishes=True,
            share_type="two_way",
            icon="camera-video",
            quote_terms=quote_terms,
            limits=limits,
            weight=30,
            steady=True,
            way=True,
        )
    ]


@hookimpl
def register_settings() -> SettingsSpec:
    """Let the owner set rates, their range, the grace and the minimum."""
    from ppvcms.api import SettingsSpec

    from .forms import DEFAULTS, TwoWayForm

    return SettingsSpec(form=TwoWayForm, defaults=DEFAULTS, title="Two-way place")
