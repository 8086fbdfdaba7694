"""Which picture of a room its card and its pages show (RM-02)."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select

from ppvcms.db import reading
from ppvcms.rooms.models import RoomImage

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ppvcms.rooms.states import RoomState

SNAPSHOT = "snapshot"
_APPROVED = (
    select(RoomImage.room_id, RoomImage.id, RoomImage.kind)
    .where(RoomImage.room_id.in_(bindparam("ids", expanding=True)), RoomImage.approved.is_(True))
    .order_by(RoomImage.weight, RoomImage.made_at)
)


@dataclass(frozen=True, slots=True)
class ImageRef:
    """A picture that may be shown."""

    id: str
    kind: str


def images_of(room_ids: Iterable[str]) -> dict[str, list[ImageRef]]:
    """Return the approved pictures of rooms in their own order."""
    found: dict[str, list[ImageRef]] = {}
    for room_id, image_id, kind in reading().execute(_APPROVED, {"ids": list(room_ids)}).all():
        found.setdefault(room_id, []).append(ImageRef(image_id, kind))
    return found


def choose_image(source: str, state: RoomState, images: Sequence[ImageRef] | None) -> str | None:
    """Return the id of the picture to show: newest live snapshot, random, or the first."""
    if not images:
        return None
    uploads = [image.id for image in images if image.kind != SNAPSHOT]
    if source == SNAPSHOT and state.public_media:
        snapshots = [image.id for image in images if image.kind == SNAPSHOT]
        if snapshots:
            return snapshots[-1]
    if not uploads:
        return None
    return uploads[0] if source == "fixed" else random.choice(uploads)  # noqa: S311 - a picture


def image_url(image_id: str | None) -> str:
    """Return where the pages load a picture from."""
    return f"/images/{image_id}" if image_id else ""
