"""The node's Unix socket: requests of the app, and the stream of events."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import socket
from typing import TYPE_CHECKING, Any

from plugins.media_embedded import protocol
from plugins.media_embedded.protocol import Code, ProtocolError

from .grants import RefusedError
from .leases import LeaseMessage
from .sdp import Role

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from .engine import Engine
    from .events import EventLog

MOST_UNREAD_BYTES = 16 << 20
ALIVE_EVERY_S = 5.0

log = logging.getLogger(__name__)


class Server:
    """Reads frames, asks the engine, writes frames."""

    def __init__(self, engine: Engine, events: EventLog) -> None:
        self._engine = engine
        self._events = events
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._requests: dict[str, Callable[[dict[str, Any]], Awaitable[Any]]] = {
            "ensure_room": self._ensure_room,
            "close_room": self._close_room,
            "grant": self._grant,
            "signal": self._signal,
            "set_media": self._set_media,
            "revoke": self._revoke,
            "reconcile": self._reconcile,
            "start_recording": self._start_recording,
            "stop_recording": self._stop_recording,
            "recordings": self._recordings,
            "recording_path": self._recording_path,
            "forget_recording": self._forget_recording,
            "health": self._health,
            "subscribe": self._health,
        }

    async def listen(self, wire: socket.socket) -> None:
        """Serve whoever connects to a bound socket."""
        self._server = await asyncio.start_unix_server(self._serve, sock=wire)

    async def close(self) -> None:
        """Take no more requests."""
        if self._server is not None:
            self._server.close()
        for writer in tuple(self._writers):
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        stop = None
        try:
            while True:
                header = await reader.readexactly(protocol.HEADER.size)
                body = await reader.readexactly(protocol.length_of(header))
                request = protocol.decode(body)
                answer = await self._answer(request)
                writer.write(protocol.encode(answer))
                if request.get("op") == "subscribe" and "ok" in answer and stop is None:
                    stop = self._subscribe(writer, request)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            # The app has left, or the node stops: the connection is over either way.
            pass
        except ProtocolError as error:
            log.warning("A connection of the app was closed: %s", error)
        finally:
            if stop is not None:
                stop()
            self._writers.discard(writer)
            writer.close()

    def _subscribe(
        self, writer: asyncio.StreamWriter, request: dict[str, Any]
    ) -> Callable[[], None]:
        def deliver(event: dict[str, Any]) -> None:
            if writer.is_closing():
                return
            # Who does not read is let go: it asks again for what it missed.
            if writer.transport.get_write_buffer_size() > MOST_UNREAD_BYTES:
                writer.transport.abort()
                return
            writer.write(protocol.encode({"event": event}))

        after = {str(boot): int(n) for boot, n in (request.get("after") or {}).items()}
        stop = self._events.subscribe(deliver, after=after)
        telling = asyncio.get_running_loop().create_task(_tell_alive(writer))

        def end() -> None:
            stop()
            telling.cancel()

        return end

    async def _answer(self, request: dict[str, Any]) -> dict[str, Any]:
        try:
            return {"ok": await self._do(request)}
        except RefusedError as error:
            return {"error": {"code": error.code.value, "message": str(error)}}
        except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
            return {"error": {"code": Code.BAD_REQUEST.value, "message": repr(error)}}
        except Exception as error:
            log.exception("A request failed.")
            return {"error": {"code": Code.FAILED.value, "message": repr(error)}}

    async def _do(self, request: dict[str, Any]) -> Any:
        handle = self._requests.get(str(request["op"]))
        if handle is None:
            raise RefusedError(Code.BAD_REQUEST, f"There is no request {request['op']!r}.")
        return await handle(request)

    async def _ensure_room(self, request: dict[str, Any]) -> None:
        await self._engine.ensure_room(str(request["room"]), int(request["publishers"]))

    async def _close_room(self, request: dict[str, Any]) -> None:
        await self._engine.close_room(str(request["room"]), str(request["reason"]))

    async def _grant(self, request: dict[str, Any]) -> dict[str, Any]:
        return await self._engine.grant(
            str(request["grant_id"]),
            str(request["room"]),
            Role(request["role"]),
            [str(feed) for feed in request["feeds"]],
            _lease(request),
        )

    async def _signal(self, request: dict[str, Any]) -> list[dict[str, Any]]:
        message = request["message"]
        size = len(json.dumps(message))
        return await self._engine.signal(str(request["grant_id"]), message, size)

    async def _set_media(self, request: dict[str, Any]) -> None:
        lease, on = _lease(request), bool(request["on"])
        await self._engine.set_media(str(request["grant_id"]), lease, on=on)

    async def _revoke(self, request: dict[str, Any]) -> None:
        await self._engine.revoke(str(request["grant_id"]), str(request["reason"]))

    async def _reconcile(self, request: dict[str, Any]) -> list[dict[str, Any]]:
        return self._engine.reconcile(request.get("room"))

    async def _start_recording(self, request: dict[str, Any]) -> None:
        self._engine.start_recording(
            str(request["recording_id"]),
            str(request["grant_id"]),
            most_ms=int(request["most_ms"]),
            most_bytes=int(request["most_bytes"]),
        )

    async def _stop_recording(self, request: dict[str, Any]) -> None:
        self._engine.recordings.stop(str(request["recording_id"]))

    async def _recordings(self, _request: dict[str, Any]) -> list[dict[str, Any]]:
        return self._engine.recordings.listed()

    async def _recording_path(self, request: dict[str, Any]) -> str:
        return self._engine.recordings.path(str(request["recording_id"]))

    async def _forget_recording(self, request: dict[str, Any]) -> None:
        await asyncio.to_thread(self._engine.recordings.forget, str(request["recording_id"]))

    async def _health(self, _request: dict[str, Any]) -> dict[str, Any]:
        return self._engine.health()


def _lease(request: dict[str, Any]) -> LeaseMessage:
    lease = request["lease"]
    return LeaseMessage(seq=int(lease["seq"]), until=int(lease["until"]), now=int(lease["now"]))


async def _tell_alive(writer: asyncio.StreamWriter) -> None:
    """Let a subscriber know a quiet node from a hung one."""
    while not writer.is_closing():
        writer.write(protocol.encode({"alive": True}))
        await asyncio.sleep(ALIVE_EVERY_S)


def bound(path: Path) -> socket.socket:
    """Bind the node's socket, for this user only, unless another node listens there."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    wire = socket.socket(socket.AF_UNIX)
    if path.exists():
        if wire.connect_ex(str(path)) == 0:
            msg = f"Another media node listens at {path}. Stop it, or set PPVCMS_MEDIA_SOCKET."
            raise SystemExit(msg)
        path.unlink(missing_ok=True)
    before = os.umask(0o177)
    try:
        wire.bind(str(path))
    finally:
        os.umask(before)
    return wire
