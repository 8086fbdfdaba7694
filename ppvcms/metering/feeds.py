"""Guests who send their own camera into the show they are checked in to (R-15, MD-16).

Each has one page, one grant and one connection, beside the room's own performer's.
In a private show, and where the engine carries one camera, a guest stands before
that of the room's own performer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _

from ppvcms.db import db
from ppvcms.media import seating
from ppvcms.media import services as media
from ppvcms.metering.partners import MOST
from ppvcms.metering.sharing import present_in
from ppvcms.results import Refusal
from ppvcms.rooms import services, shows

if TYPE_CHECKING:
    from ppvcms.media.services import Holder
    from ppvcms.metering.entry import Place
    from ppvcms.rooms.models import Room

PAGE = "guest"
"""The page of who is checked in to a show of somebody else."""
OFF = "camera_off"
"""Why a guest's grant ended who is before the performer's camera again."""


def is_guest(room: Room, user_id: str | None) -> bool:
    """Whether somebody is checked in to what runs in a room that is not their own."""
    if user_id is None or user_id == room.performer_id or room.show_id is None:
        return False
    return any(one.performer_id == user_id for one in present_in(db.session(), room.show_id))


def publish(room: Room, holder: Holder) -> dict[str, Any] | Refusal:
    """Let a guest's page send into the room's public show, and show everybody that it does.

    The refusals are "forbidden", "offline", "busy" and "media": not checked in, not
    live, in a private show, or an engine that carries one camera.
    """
    show = services.current_show(room)
    if show is None:
        return Refusal("offline", _("The room is not live. Nothing is sent."))
    if not is_guest(room, holder.user_id):
        return not_checked_in()
    if show.private:
        words = _("A private show is running. Your camera rests until it is over.")
        return Refusal("busy", words, details={"show": show.id})
    if not carries_several(show.media_provider):
        return Refusal(
            "media",
            _("The video of this show comes from one camera. Nothing of yours is sent."),
            _("Stand before the camera of the room; you share what comes in all the same."),
        )
    answer = media.grant_for_publisher(shows.stage_of(show), holder, publishers=MOST)
    if not isinstance(answer, Refusal):
        services.push_state(room.id)
    return answer


def watch(place: Place, holder: Holder, feed: str | None) -> dict[str, Any] | Refusal:
    """Let a guest see whom they perform with; a private show is not theirs to see (PS-07)."""
    if place.public is None or place.private is not None:
        return seating.no_picture()
    if not is_guest(place.room, holder.user_id):
        return not_checked_in()
    return media.grant_for_viewer(shows.stage_of(place.public), holder, feed=feed)


def stop(room: Room, user_id: str) -> Refusal | None:
    """End what a guest sends; they stay in the show, before the performer's camera."""
    if room.show_id is None or not is_guest(room, user_id):
        return not_checked_in()
    media.revoke_publisher(room.show_id, user_id, reason=OFF)
    services.push_state(room.id)
    return None


def carries_several(provider: str) -> bool:
    """Whether the engine of a show lets more than one person send."""
    engine = media.provider_of(provider)
    return engine is not None and engine.capabilities.several_feeds


def not_checked_in() -> Refusal:
    """Return the refusal for who does not perform here."""
    return Refusal(
        "forbidden",
        _("You are not checked in to this show. Nothing is sent."),
        _("Ask to be checked in."),
    )
