"""Pictures of rooms: written anew without what cameras add, never kept as sent (RM-02)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import gettext as _
from sqlalchemy import delete, func, select

from ppvcms.accounts import audit
from ppvcms.db import after_commit, db, now_ms, transaction
from ppvcms.errors import NotFoundError
from ppvcms.host import registry
from ppvcms.ids import new_id
from ppvcms.results import Refusal
from ppvcms.rooms.listing import SNAPSHOT, push_card
from ppvcms.rooms.models import Room, RoomImage
from ppvcms.rooms.picture import Encoded, encode_apart
from ppvcms.rooms.services import EDIT_ANY, by_id, current_show, not_yours, state

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from ppvcms.accounts.actor import Actor

LARGEST_UPLOAD = 5 * 1024 * 1024
LARGEST_SNAPSHOT = 60_000
MOST_IMAGES = 12
WIDEST = 1280
SNAPSHOT_WIDEST = 640
SNAPSHOT_GAP_MS = 20_000


def upload(room_id: str, actor: Actor, data: bytes) -> RoomImage | Refusal:
    """Add a picture to a room."""
    room = by_id(room_id)
    if not _may_edit(room, actor):
        return not_yours()
    if len(data) > LARGEST_UPLOAD:
        return Refusal(
            "too_large",
            _("This picture is larger than 5 MB. It was not added."),
            _("Make it smaller and try again."),
        )
    encoded = encode_apart(data, WIDEST)
    if encoded is None:
        return Refusal(
            "invalid",
            _("This is not a JPEG, PNG or WebP picture of at least 64 x 64. Nothing was added."),
        )

    def act(session: Session) -> RoomImage | Refusal:
        session.get(Room, room_id, with_for_update=True)
        weight = session.scalar(
            select(func.count()).where(RoomImage.room_id == room_id, RoomImage.kind == "upload")
        )
        if (weight or 0) >= MOST_IMAGES:
            return Refusal(
                "full",
                _("A room has at most %(most)s pictures. It was not added.", most=MOST_IMAGES),
                _("Remove one first."),
            )
        image = _row(session, room_id, "upload", encoded)
        image.weight = weight or 0
        audit.record(session, actor.user_id, "rooms.image.added", f"room:{room_id}")
        after_commit(session, lambda: push_card(room_id))
        return image

    return transaction(act)


def _has_picture(room: Room) -> bool:
    """Whether the public show that runs is one to be seen: not sound or text alone (MD-12)."""
    show = current_show(room)
    mode = registry.room_mode(show.mode) if show is not None else None
    return state(room).public_media and (mode is None or mode.base == "video")


def snapshot(room_id: str, actor: Actor, data: bytes) -> Refusal | None:
    """Take the newest live picture from the performer's page, of public shows alone."""
    room = by_id(room_id)
    if room.performer_id != actor.user_id:
        return not_yours()
    if not _has_picture(room) or room.image_source != SNAPSHOT:
        return Refusal("closed", _("Pictures are taken in public shows only."))
    if len(data) > LARGEST_SNAPSHOT:
        return Refusal("too_large", _("This picture is too large."))
    newest = select(func.max(RoomImage.made_at)).where(
        RoomImage.room_id == room_id, RoomImage.kind == SNAPSHOT
    )
    if now_ms(db.session()) - (db.session.scalar(newest) or 0) < SNAPSHOT_GAP_MS:
        return None
    encoded = encode_apart(data, SNAPSHOT_WIDEST)
    if encoded is None:
        return Refusal("invalid", _("This is not a picture."))

    def act(session: Session) -> None:
        session.execute(
            delete(RoomImage).where(RoomImage.room_id == room_id, RoomImage.kind == SNAPSHOT)
        )
        # A fresh id: pictures are cached by their address for ever.
        _row(session, room_id, SNAPSHOT, encoded)
        after_commit(session, lambda: push_card(room_id))

    transaction(act)
    return None


def remove(image_id: str, actor: Actor) -> Refusal | None:
    """Take a picture away."""

    def act(session: Session) -> Refusal | None:
        image = session.get(RoomImage, image_id)
        room = session.get(Room, image.room_id) if image is not None else None
        if image is None or room is None or not _may_edit(room, actor):
            return not_yours()
        session.delete(image)
        audit.record(session, actor.user_id, "rooms.image.removed", f"room:{room.id}")
        room_id = room.id
        after_commit(session, lambda: push_card(room_id))
        return None

    return transaction(act)


def load(image_id: str) -> RoomImage:
    """Return a picture with its bytes.

    Raises:
        NotFoundError: There is no such picture, or it is not approved.
    """
    image = db.session.get(RoomImage, image_id)
    if image is None or not image.approved:
        raise NotFoundError(image_id)
    return image


def _row(session: Session, room_id: str, kind: str, encoded: Encoded) -> RoomImage:
    image = RoomImage(
        id=new_id(),
        room_id=room_id,
        kind=kind,
        content_type="image/jpeg",
        data=encoded.data,
        width=encoded.width,
        height=encoded.height,
        made_at=now_ms(session),
    )
    session.add(image)
    session.flush()
    return image


def _may_edit(room: Room, actor: Actor) -> bool:
    return room.performer_id == actor.user_id or actor.can(EDIT_ANY)
