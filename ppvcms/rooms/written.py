"""Shows that are written: their chat is what is paid for, and flows while it is billed (MD-12)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import gettext as _

from ppvcms.db import db
from ppvcms.host import registry
from ppvcms.media.presence import TEXT
from ppvcms.results import Refusal
from ppvcms.rooms.models import Show
from ppvcms.rooms.payers import served
from ppvcms.rooms.shows import live_public_show

if TYPE_CHECKING:
    from ppvcms.accounts.actor import Actor
    from ppvcms.rooms.models import ChatMessage, Room


def is_service(show: Show | None) -> bool:
    """Whether the chat of a show is what its payers pay for."""
    mode = registry.room_mode(show.mode) if show is not None and show.paid else None
    return mode is not None and mode.base == TEXT


def refusal_to_write(room: Room, show_id: str | None, actor: Actor) -> Refusal | None:
    """Return why a line cannot be written where chat is the service, or None.

    In a private show nobody writes while nothing is billed; in a paid public one its
    performer writes to all whose time counts, and they write back.
    """
    show = db.session.get(Show, show_id) if show_id is not None else live_public_show(room)
    if show is None or not is_service(show):
        return None
    reading = served(db.session(), show.id)
    if room.performer_id == actor.user_id:
        return None if reading or not show.private else _paused()
    if show_id is None:
        return Refusal(
            "closed",
            _("In this show people pay to read and write. It was not sent."),
            _("Enter the show to write."),
        )
    return None if actor.user_id in reading else _paused()


def places_of(message: ChatMessage) -> list[str]:
    """Return the channels in which a line is heard."""
    if message.show_id is None:
        return [f"room:{message.room_id}"]
    show = db.session.get(Show, message.show_id)
    place = f"show:{message.show_id}"
    if show is None or show.private or not is_service(show):
        return [place]
    seats = served(db.session(), show.id).values()
    return [place, f"perform:{message.room_id}", *(f"seat:{seat_id}" for seat_id in seats)]


def _paused() -> Refusal:
    return Refusal(
        "paused",
        _("The show is paused and nothing is billed. It was not sent."),
        _("Write again once it goes on."),
    )
