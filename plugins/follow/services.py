"""Following somebody, not any more, and who is followed."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import bindparam, func, select
from sqlalchemy.exc import IntegrityError

from ppvcms.api import CardFacts, Refusal, db, now_ms, room_ids_of, transaction

from .models import Follow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from ppvcms.api import Actor, RoomRef, RoomView

MOST = 1_000
_MINE = select(Follow.performer_id).where(Follow.user_id == bindparam("user_id"))


def follow(actor: Actor, room: RoomView, *, on: bool) -> bool | Refusal:
    """Follow who performs in a room, or not any more; return which of the two holds now."""
    user_id, performer_id = actor.user_id, room.performer_id
    if user_id is None:
        return Refusal("sign_in", _("You are not signed in."), _("Sign in to follow somebody."))
    if user_id == performer_id:
        return Refusal("forbidden", _("Nobody follows themselves. Nothing was changed."))

    def act(session: Session) -> bool | Refusal:
        row = session.get(Follow, (performer_id, user_id))
        if on and row is None:
            if _count(session, user_id) >= MOST:
                return Refusal("range", _("You follow as many as is possible already."))
            fresh = Follow(performer_id=performer_id, user_id=user_id, made_at=now_ms(session))
            with contextlib.suppress(IntegrityError), session.begin_nested():
                session.add(fresh)
        elif not on and row is not None:
            session.delete(row)
        return on

    return transaction(act)


def follows(actor: Actor, performer_id: str) -> bool:
    """Whether somebody follows a performer."""
    if actor.user_id is None:
        return False
    return db.session.get(Follow, (performer_id, actor.user_id), populate_existing=True) is not None


def followers(performer_id: str) -> int:
    """Return how many follow a performer."""
    query = select(func.count()).select_from(Follow).where(Follow.performer_id == performer_id)
    return db.session.scalar(query) or 0


def favourite_rooms(user_id: str, *, limit: int = 100) -> list[str]:
    """Return the rooms of those whom somebody follows, the latest followed first."""
    query = (
        select(Follow.performer_id).where(Follow.user_id == user_id).order_by(Follow.made_at.desc())
    )
    performers = db.session.scalars(query.limit(limit)).all()
    rooms = room_ids_of(performers)
    return [room_id for performer in performers for room_id in rooms.get(performer, ())]


def card_facts_of(rooms: Sequence[RoomRef], actor: Actor) -> dict[str, CardFacts]:
    """Return the heart of each card; who is not signed in gets none."""
    if actor.user_id is None:
        return {}
    rows = db.session.connection().execute(_MINE, {"user_id": actor.user_id})
    mine = {row.performer_id for row in rows}
    return {
        room.id: CardFacts(
            followed=room.performer_id in mine, follow_url=url_for("follow.toggle", slug=room.slug)
        )
        for room in rooms
        if room.performer_id != actor.user_id
    }


def _count(session: Session, user_id: str) -> int:
    query = select(func.count()).select_from(Follow).where(Follow.user_id == user_id)
    return session.scalar(query) or 0
