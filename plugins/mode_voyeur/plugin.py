"""Unseen watching: a role in shows of other kinds, without chat and in no count (MD-07)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ppvcms.api import hookimpl

if TYPE_CHECKING:
    from ppvcms.api import RoomMode, SettingsSpec


@hookimpl
def register_room_modes() -> list[RoomMode]:
    """Offer unseen watching as a way into shows."""
    from flask_babel import lazy_gettext as _l

    from ppvcms.api import RoomMode

    from .terms import limits, quote_terms

    return [
        RoomMode(
            key="voyeur",
            label=_l("Watch unseen"),
            summary=_l("You watch without being seen and without chat."),
            paid=True,
            private=False,
            payer_publishes=False,
            share_type="voyeur",
            icon="eye-slash",
            quote_terms=quote_terms,
            limits=limits,
            weight=40,
            steady=True,
            way=True,
        )
    ]


@hookimpl
def register_settings() -> SettingsSpec:
    """Let the owner set rates, their range, the grace and the minimum."""
    from ppvcms.api import SettingsSpec

    from .forms import DEFAULTS, VoyeurForm

    return SettingsSpec(form=VoyeurForm, defaults=DEFAULTS, title="Watch unseen")
