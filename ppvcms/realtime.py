"""Pushing to pages: one door to Socket.IO, from any process.

A push is a hint: what matters is enforced elsewhere and read again by the page.
Channels: ``site`` (the listing), ``room:<id>`` (public), ``user:<id>``,
``seat:<id>`` (both sides of one seat), ``perform:<room id>``, ``staff``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import structlog
from flask import current_app
from flask_socketio import SocketIO

if TYPE_CHECKING:
    from flask import Flask

    from ppvcms.config import Config

NAMESPACE = "/live"
log = structlog.get_logger(__name__)


def init_realtime(app: Flask, config: Config) -> SocketIO:
    """Attach Socket.IO to the application."""
    origins = [config.public_url]
    if config.host in {"127.0.0.1", "localhost"}:
        origins += [f"http://{name}:{config.port}" for name in ("127.0.0.1", "localhost")]
    socketio = SocketIO(
        app,
        async_mode=config.async_mode,
        message_queue=config.redis or None,
        cors_allowed_origins=sorted(set(origins)),
        max_http_buffer_size=65_536,
        ping_interval=5,
        ping_timeout=5,
        manage_session=False,
        transports=["websocket"],
        logger=False,
    )
    app.extensions["ppvcms_realtime"] = socketio
    return socketio


def init_emitter(app: Flask, config: Config) -> None:
    """Let a process without a server push through Redis, where there is one."""
    # The channel is Flask-SocketIO's: python-socketio's own default reaches nobody.
    app.extensions["ppvcms_realtime"] = (
        SocketIO(message_queue=config.redis, channel="flask-socketio", async_mode="threading")
        if config.redis
        else None
    )


def push(channel: str, event: str, data: dict[str, Any]) -> None:
    """Send an event to every page on a channel; never raises."""
    socketio = current_app.extensions.get("ppvcms_realtime")
    if socketio is None:
        return
    try:
        socketio.emit(event, data, to=channel, namespace=NAMESPACE)
    except Exception as error:  # noqa: BLE001 - a lost hint must not end a money path
        log.warning("push_failed", channel=channel, push=event, error=str(error))


def drop(sid: str, channel: str) -> None:
    """Let one connection hear nothing more of a channel, in whichever process it is."""
    socketio = current_app.extensions.get("ppvcms_realtime")
    if socketio is None or socketio.server is None:
        return
    try:
        socketio.server.leave_room(sid, channel, namespace=NAMESPACE)
    except Exception as error:  # noqa: BLE001 - the page is told, and may not write any more
        log.warning("drop_failed", channel=channel, error=str(error))
