"""Whose cameras can be seen in a room beside its own performer's (R-15)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ppvcms.accounts.models import User
from ppvcms.db import db
from ppvcms.media.models import Grant
from ppvcms.media.services import publishing

if TYPE_CHECKING:
    from ppvcms.rooms.models import Room


def feeds_json(room: Room) -> list[dict[str, str]]:
    """Return the guests who send their own camera into the room's running show."""
    if room.show_id is None:
        return []
    query = (
        publishing(room.show_id)
        .join(User, User.id == Grant.user_id)
        .where(Grant.user_id != room.performer_id)
        .with_only_columns(Grant.id, User.display_name)
        .order_by(Grant.made_at, Grant.id)
    )
    return [{"feed": grant_id, "name": name} for grant_id, name in db.session.execute(query)]
