"""Threads of notices to one person: what went last on each way, and when (MS-08)."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from sqlalchemy.exc import IntegrityError

from ppvcms.notices.models import NoticeThread

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

MAIL = "mail"
MINUTE_MS = 60_000


def locked(session: Session, user_id: str, channel: str, thread: str) -> NoticeThread:
    """Return a thread, locked: two notices at once come one after the other."""
    key = (user_id, channel, thread)
    with contextlib.suppress(IntegrityError), session.begin_nested():
        if session.get(NoticeThread, key) is None:
            row = NoticeThread(
                user_id=user_id, channel=channel, thread=thread, last_id="", due_at=0
            )
            session.add(row)
    return session.get_one(NoticeThread, key, with_for_update=True, populate_existing=True)
