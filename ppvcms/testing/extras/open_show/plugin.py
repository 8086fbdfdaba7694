"""A public show for tests, into which every kind of private and way leads."""

from __future__ import annotations

from ppvcms.api import ModeRules, Quote, RoomMode, Voyeurs, hookimpl


@hookimpl
def register_room_modes() -> list[RoomMode]:
    """Offer the show."""
    return [
        RoomMode(
            key="open_show",
            label="Open",
            summary="For tests.",
            paid=False,
            private=False,
            payer_publishes=False,
            share_type="open_show",
            icon="broadcast",
            quote_terms=lambda _room, _payer_id: Quote(rate_per_minute=0),
            rules=lambda: ModeRules(slots=1, voyeurs=Voyeurs.ALWAYS),
        )
    ]
