"""Who is in a room: one row per open page, counted truly, swept when its server dies (RM-20)."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import structlog
from flask import current_app
from sqlalchemy import delete, select, update

from ppvcms.db import db, now_ms, transaction
from ppvcms.host.settings import site
from ppvcms.realtime import push
from ppvcms.rooms.listing import viewer_counts
from ppvcms.rooms.models import Room, Visit

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy.orm import Session

STALE_MS = 60_000
TOUCH_S = 20.0
TELL_S = 1.0
log = structlog.get_logger(__name__)


def enter(sid: str, room_id: str, *, user_id: str | None, role: str) -> None:
    """Note that a page is open in a room; a page is in one room at a time."""

    def act(session: Session) -> str | None:
        visit, now = session.get(Visit, sid), now_ms(session)
        before = visit.room_id if visit is not None else None
        if visit is None:
            visit = Visit(sid=sid)
            session.add(visit)
        visit.room_id, visit.user_id, visit.role = room_id, user_id, role
        visit.seen_at = now
        return before

    before = transaction(act)
    _changed(room_id)
    if before is not None and before != room_id:
        _changed(before)


def mark(room_id: str, user_id: str, role: str) -> None:
    """Say what a person is in a room now: unseen people are in no count (R-42)."""
    transaction(
        lambda session: session.execute(
            update(Visit)
            .where(Visit.room_id == room_id, Visit.user_id == user_id)
            .values(role=role)
        )
    )
    _changed(room_id)


def leave(sid: str) -> None:
    """Note that a page left or its connection ended."""

    def act(session: Session) -> str | None:
        visit = session.get(Visit, sid)
        if visit is None:
            return None
        session.delete(visit)
        return visit.room_id

    room_id = transaction(act)
    if room_id is not None:
        _changed(room_id)


def touch(sids: list[str]) -> None:
    """Keep the pages of this process alive."""
    if sids:
        transaction(
            lambda session: session.execute(
                update(Visit).where(Visit.sid.in_(sids)).values(seen_at=now_ms(session))
            )
        )


def sweep() -> int:
    """Forget pages whose server died without a word; return how many."""

    def act(session: Session) -> list[str]:
        gone = delete(Visit).where(Visit.seen_at < now_ms(session) - STALE_MS)
        return list(session.scalars(gone.returning(Visit.room_id)))

    rooms = transaction(act)
    for room_id in set(rooms):
        _changed(room_id)
    return len(rooms)


def start(app: Flask) -> None:
    """Keep this process's pages alive and tell changed counts, at most once a second."""
    threading.Thread(target=_keep, args=(app,), name="presence", daemon=True).start()


def tell_counts() -> None:
    """Push the viewer counts that changed since the last call."""
    changed = _dirty()
    rooms = set(changed)
    changed.clear()
    if not rooms:
        return
    counts = viewer_counts(rooms)
    query = select(Room.id).where(Room.id.in_(rooms), Room.show_viewers.is_(True))
    public = set(db.session.scalars(query)) if site().show_viewers else set()
    for room_id in rooms:
        data = {"room": room_id, "count": counts.get(room_id, 0)}
        push(f"perform:{room_id}", "viewers", data)
        if room_id in public:
            push(f"room:{room_id}", "viewers", data)


def _keep(app: Flask) -> None:
    touched = time.monotonic()
    while True:
        time.sleep(TELL_S)
        try:
            with app.app_context():
                tell_counts()
                if time.monotonic() - touched >= TOUCH_S:
                    touched = time.monotonic()
                    touch(list(app.extensions.get("ppvcms_callers", {})))
        except Exception:
            log.exception("presence_failed")


def _changed(room_id: str) -> None:
    _dirty().add(room_id)


def _dirty() -> set[str]:
    found: set[str] = current_app.extensions.setdefault("ppvcms_changed_counts", set())
    return found
