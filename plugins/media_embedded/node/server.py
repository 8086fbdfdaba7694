"""The node's Unix socket: requests of the app, and the stream of events."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
from typing import TYPE_CHECKING, Any

from plugins.media_embedded import protocol
from plugins.media_embedded.protocol import Code, ProtocolError

from .engine import RefusedError
from .leases import LeaseMessage
from .sdp import Role

if TYPE_CHECKING:
    from pathlib import Path

    from .engine import Engine
    from .events import EventLog

MOST_UNREAD_BYTES = 16 << 20

log = logging.getLogger(__name__)


class Server:
    """Reads frames, asks the engine, writes frames."""

    def __init__(self, engine: Engine, events: EventLog) -> None:
        self._engine = engine
        self._events = events
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    async def claim(self, path: Path) -> None:
        """Make sure that no other node listens there, before its state file is touched."""
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if path.exists():
            _remove_if_unused(path)

    async def listen(self, path: Path) -> None:
        """Open the socket, for this user only."""
        self._server = await asyncio.start_unix_server(self._serve, path=str(path))
        path.chmod(0o600)

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
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        except ProtocolError as error:
            log.warning("A connection of the app was closed: %s", error)
        finally:
            if stop is not None:
                stop()
            self._writers.discard(writer)
            writer.close()

    def _subscribe(self, writer: asyncio.StreamWriter, request: dict[str, Any]) -> Any:  # noqa: ANN401 - a callable
        def deliver(event: dict[str, Any]) -> None:
            if writer.is_closing():
                return
            # Who does not read is let go: it asks again for what it missed.
            if writer.transport.get_write_buffer_size() > MOST_UNREAD_BYTES:
                writer.transport.abort()
                return
            writer.write(protocol.encode({"event": event}))

        after = {str(boot): int(n) for boot, n in (request.get("after") or {}).items()}
        return self._events.subscribe(deliver, after=after)

    async def _answer(self, request: dict[str, Any]) -> dict[str, Any]:
        try:
            return {"ok": await self._do(request)}
        except RefusedError as error:
            return {"error": {"code": error.code.value, "message": str(error)}}
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            return {"error": {"code": Code.BAD_REQUEST.value, "message": repr(error)}}
        except Exception as error:
            log.exception("A request failed.")
            return {"error": {"code": Code.FAILED.value, "message": repr(error)}}

    async def _do(self, request: dict[str, Any]) -> Any:  # noqa: ANN401 - any JSON
        engine = self._engine
        match request["op"]:
            case "ensure_room":
                return await engine.ensure_room(str(request["room"]), int(request["publishers"]))
            case "close_room":
                return await engine.close_room(str(request["room"]), str(request["reason"]))
            case "grant":
                feeds = [str(feed) for feed in request["feeds"]]
                lease = _lease(request)
                role = Role(request["role"])
                return await engine.grant(
                    str(request["grant_id"]), str(request["room"]), role, feeds, lease
                )
            case "signal":
                message = request["message"]
                size = len(json.dumps(message))
                return await engine.signal(str(request["grant_id"]), message, size)
            case "set_media":
                lease, on = _lease(request), bool(request["on"])
                return await engine.set_media(str(request["grant_id"]), lease, on=on)
            case "revoke":
                return await engine.revoke(str(request["grant_id"]), str(request["reason"]))
            case "reconcile":
                return engine.reconcile(request.get("room"))
            case "health" | "subscribe":
                return engine.health()
            case other:
                raise RefusedError(Code.BAD_REQUEST, f"There is no request {other!r}.")


def _lease(request: dict[str, Any]) -> LeaseMessage:
    lease = request["lease"]
    return LeaseMessage(seq=int(lease["seq"]), until=int(lease["until"]), now=int(lease["now"]))


def _remove_if_unused(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            path.unlink(missing_ok=True)
            return
    msg = f"Another media node listens at {path}. Stop it first, or set PPVCMS_MEDIA_SOCKET."
    raise SystemExit(msg)
