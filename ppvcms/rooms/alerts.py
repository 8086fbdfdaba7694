"""Who asked to be told when a room is back or live: heard once, then forgotten (RM-08, RM-17)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import gettext as _
from sqlalchemy import delete, select

from ppvcms.accounts.models import User
from ppvcms.db import db, now_ms, transaction
from ppvcms.notices.services import send_notice
from ppvcms.realtime import push
from ppvcms.rooms.models import Room, RoomAlert, Show, Visit

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def wanted(room_id: str, user_id: str | None) -> bool:
    """Whether somebody waits to hear of a room."""
    if user_id is None:
        return False
    return db.session.get(RoomAlert, (room_id, user_id), populate_existing=True) is not None


def ask(room_id: str, user_id: str, *, on: bool) -> bool:
    """Want to hear, or not any more; return which of the two holds now."""

    def act(session: Session) -> bool:
        row = session.get(RoomAlert, (room_id, user_id))
        if on and row is None:
            session.add(RoomAlert(room_id=room_id, user_id=user_id, made_at=now_ms(session)))
        elif not on and row is not None:
            session.delete(row)
        return on

    return transaction(act)


def fire(room_id: str) -> int:
    """Tell all who wait that a room is there for them, if it is; return how many heard."""
    waiting = select(RoomAlert.user_id).where(RoomAlert.room_id == room_id).limit(1)
    if db.session.scalar(waiting) is None:
        return 0
    told = transaction(lambda session: _take(session, room_id))
    for user_id, slug, title in told:
        text = _("%(room)s is live now.", room=title)
        data = {"level": "info", "code": "room_back", "text": text, "room": slug}
        push(f"user:{user_id}", "notice", data)
    return len(told)


def _take(session: Session, room_id: str) -> list[tuple[str, str, str]]:
    room = session.get(Room, room_id)
    show = session.get(Show, room.show_id) if room is not None and room.show_id else None
    if room is None or show is None or show.private or show.state != "live":
        return []
    if room.away_since is not None:
        return []
    gone = delete(RoomAlert).where(RoomAlert.room_id == room_id).returning(RoomAlert.user_id)
    users = list(session.scalars(gone))
    there = set(session.scalars(select(Visit.user_id).where(Visit.room_id == room_id)))
    for user in session.scalars(select(User).where(User.id.in_(users), User.state == "active")):
        if user.id not in there:
            send_notice(
                session,
                user.id,
                "core.room_back",
                values={"room": room.title},
                link=f"/rooms/{room.slug}",
                thread=f"room:{room.id}",
            )
    return [(user_id, room.slug, room.title) for user_id in users]
