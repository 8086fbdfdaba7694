"""The waiting list of a room that is in a private: called in order, 60 s to answer (PS-13)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select, update

from ppvcms.db import db, now_ms, transaction
from ppvcms.host.settings import site
from ppvcms.metering import requests
from ppvcms.metering.entry import place_of
from ppvcms.metering.requests import CALLED, OPEN, QUEUED, WAITING
from ppvcms.rooms.models import Room, ShowRequest
from ppvcms.rooms.services import by_id
from ppvcms.rooms.states import RoomState

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from ppvcms.accounts.actor import Actor
    from ppvcms.results import Refusal

ANSWER_MS = 60_000
BUSY = frozenset({RoomState.PRIVATE, RoomState.AWAY, RoomState.OFFLINE})


def call_next(room_id: str) -> str | None:
    """Call the first of the waiting list, if the room is free and nobody else's turn is on.

    Return the request that was called.
    """
    if place_of(by_id(room_id)).scene.state in BUSY:
        return None
    return transaction(lambda session: _call(session, room_id))


def _call(session: Session, room_id: str) -> str | None:
    session.get(Room, room_id, with_for_update=True)
    listed = (
        select(ShowRequest)
        .where(ShowRequest.room_id == room_id, ShowRequest.state.in_(OPEN))
        .order_by(ShowRequest.made_at, ShowRequest.id)
    )
    rows = list(session.scalars(listed.execution_options(populate_existing=True)))
    if any(row.state != QUEUED for row in rows):
        return None
    first = next(iter(rows), None)
    if first is None:
        return None
    return first.id if _turn(session, first.id, QUEUED, CALLED, ANSWER_MS) else None


def answer(request_id: str, actor: Actor) -> ShowRequest | Refusal:
    """Say "I am here" when called: the request waits for the performer from now on."""

    def act(session: Session) -> ShowRequest | Refusal:
        row = session.get(ShowRequest, request_id, populate_existing=True)
        if row is None or row.client_id != actor.user_id:
            return requests.gone()
        if row.state == WAITING:
            return row
        if not _turn(session, request_id, CALLED, WAITING, site().request_ttl_s * 1000):
            return requests.decided()
        return session.get_one(ShowRequest, request_id, populate_existing=True)

    return transaction(act)


def call_in_all_rooms() -> int:
    """Call who is next wherever nobody's turn is on; return how many were called."""
    rooms = select(ShowRequest.room_id).where(ShowRequest.state == QUEUED).distinct()
    return sum(call_next(room_id) is not None for room_id in db.session.scalars(rooms).all())


def _turn(session: Session, request_id: str, before: str, after: str, lives_ms: int) -> bool:
    """Move a request on, once; whoever comes second changes nothing."""
    now = now_ms(session)
    moved = session.execute(
        update(ShowRequest)
        .where(
            ShowRequest.id == request_id,
            ShowRequest.state == before,
            ShowRequest.expires_at > now,
        )
        .values(state=after, expires_at=now + lives_ms)
        .execution_options(synchronize_session=False)
    )
    if moved.rowcount != 1:  # type: ignore[attr-defined] # an UPDATE has it
        return False
    row = session.get_one(ShowRequest, request_id, populate_existing=True)
    fresh = request_id if after == WAITING else None
    requests.tell(session, row, row.client_id, fresh=fresh)
    return True
