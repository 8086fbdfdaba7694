"""Closing the sockets of sessions that have ended, within a second, in every server process."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import structlog
from flask_socketio import disconnect

from ppvcms.accounts.sessions import revoked_since
from ppvcms.db import db, now_ms
from ppvcms.realtime import NAMESPACE

if TYPE_CHECKING:
    from flask import Flask

SOCKET_SESSIONS = "ppvcms_socket_sessions"
GONE = "ppvcms_socket_sessions_gone"
EVERY_S = 0.5
# Longer than a transaction lasts: it may commit after a younger one was seen.
OVERLAP_MS = 15_000
log = structlog.get_logger(__name__)


def start(app: Flask) -> None:
    """Watch for ended sessions beside the server."""
    app.extensions.setdefault(SOCKET_SESSIONS, {})
    threading.Thread(target=_watch, args=(app,), name="signouts", daemon=True).start()


def close_ended(app: Flask, since: int) -> int:
    """Close the sockets of sessions ended since a moment; return how many were closed."""
    open_here: dict[str, str] = app.extensions.get(SOCKET_SESSIONS, {})
    gone = set(open_here) - set(app.extensions.get("ppvcms_callers", ()))
    # A socket is here a moment before it is among the callers: forgotten at the second look.
    for sid in gone & app.extensions.get(GONE, set()):
        open_here.pop(sid, None)
    app.extensions[GONE] = gone
    if not open_here:
        return 0
    ended = revoked_since(since)
    closing = [sid for sid, session_id in open_here.items() if session_id in ended]
    for sid in closing:
        open_here.pop(sid, None)
        app.extensions["ppvcms_realtime"].emit("signed_out", {}, to=sid, namespace=NAMESPACE)
        disconnect(sid, namespace=NAMESPACE)
    return len(closing)


def _watch(app: Flask) -> None:
    while True:
        try:
            with app.app_context():
                close_ended(app, now_ms(db.session()) - OVERLAP_MS)
        except Exception:
            log.exception("signouts_failed")
        time.sleep(EVERY_S)
