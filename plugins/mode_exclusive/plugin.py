"""An exclusive private: as a private show, and nobody else ever watches (MD-06)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ppvcms.api import hookimpl

if TYPE_CHECKING:
    from ppvcms.api import RoomMode, SettingsSpec


@hookimpl
def register_room_modes() -> list[RoomMode]:
    """Offer the exclusive private."""
    from flask_babel import lazy_gettext as _l

    from ppvcms.api import RoomMode

    from .terms import limits, quote_terms, rules

    return [
        RoomMode(
            key="exclusive",
            label=_l("Exclusive private"),
            summary=_l("The two of you alone, with video both ways; nobody else can watch."),
            paid=True,
            private=True,
            payer_publishes=True,
            share_type="exclusive",
            icon="gem",
            quote_terms=quote_terms,
            limits=limits,
            rules=rules,
            weight=20,
            steady=True,
            exclusive=True,
        )
    ]


@hookimpl
def register_settings() -> SettingsSpec:
    """Let the owner set rates, their range, the grace and the minimum."""
    from ppvcms.api import SettingsSpec

    from .forms import DEFAULTS, ExclusiveForm

    return SettingsSpec(form=ExclusiveForm, defaults=DEFAULTS, title="Exclusive private")
