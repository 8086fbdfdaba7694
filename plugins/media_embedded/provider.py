"""The provider: a plain blocking client of the node, at home under eventlet and threads."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from ppvcms.api import (
    EventKind,
    GrantState,
    MediaCapabilities,
    MediaEvent,
    MediaRole,
    MediaUnavailableError,
    RecordingState,
    SignalRefusedError,
)

from . import protocol
from .protocol import Code, ProtocolError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ppvcms.api import Lease

ANSWER_WITHIN_S = 2.0
SILENT_AT_MOST_S = 15.0


class LeaseStaleError(MediaUnavailableError):
    """The lease was too old when it arrived: make a fresh one and compare the clocks."""


class GrantUnknownError(MediaUnavailableError):
    """The node does not hold this grant: give it again."""


class GrantRevokedError(MediaUnavailableError):
    """The grant was revoked and is dead for ever: make one with another id."""


class EmbeddedProvider:
    """Media by the node that runs beside the app.

    A call opens a connection of its own: that costs some 0.1 ms on a Unix
    socket and leaves nothing to share between threads or greenlets.
    """

    key = "embedded"
    label = "Embedded engine"
    capabilities = MediaCapabilities(
        two_way=True, voyeur=True, records=True, proves_delivery=True, several_feeds=True
    )
    client_module = "client.js"

    def __init__(self, path: str | None = None) -> None:
        self._path = path

    @property
    def path(self) -> str:
        """Where the node listens."""
        return self._path or os.environ.get("PPVCMS_MEDIA_SOCKET") or protocol.DEFAULT_SOCKET

    def ensure_room(self, room: str, *, publishers: int) -> None:
        """Make the room known; repeating it changes nothing."""
        self._call(op="ensure_room", room=room, publishers=publishers)

    def close_room(self, room: str, *, reason: str) -> None:
        """Revoke every grant of the room and forget it."""
        self._call(op="close_room", room=room, reason=reason)

    def grant(
        self, grant_id: str, *, room: str, role: MediaRole, feeds: Sequence[str], lease: Lease
    ) -> dict[str, Any]:
        """Permit media and return the descriptor for the page.

        Raises:
            GrantRevokedError: The grant was revoked before.
            LeaseStaleError: The lease was made more than two seconds ago.
        """
        descriptor: dict[str, Any] = self._call(
            op="grant",
            grant_id=grant_id,
            room=room,
            role=role.value,
            feeds=list(feeds),
            lease=_lease(lease),
        )
        return descriptor

    def signal(self, grant_id: str, message: dict[str, Any]) -> list[dict[str, Any]]:
        """Pass a page's message on and return the answers for that page.

        Raises:
            SignalRefusedError: The message is not one that this grant may send.
        """
        answers: list[dict[str, Any]] = self._call(op="signal", grant_id=grant_id, message=message)
        return answers

    def set_media(self, grant_id: str, *, on: bool, lease: Lease) -> None:
        """Pause, resume or extend; on a revoked grant it changes nothing.

        Raises:
            GrantUnknownError: The node does not hold the grant.
            LeaseStaleError: The lease was made more than two seconds ago.
        """
        self._call(op="set_media", grant_id=grant_id, on=on, lease=_lease(lease))

    def revoke(self, grant_id: str, *, reason: str) -> None:
        """Cut now and for ever: later leases for this grant are refused."""
        self._call(op="revoke", grant_id=grant_id, reason=reason)

    def reconcile(self, room: str | None = None) -> list[GrantState]:
        """Return what the node holds, for comparing it with what it should."""
        return [
            GrantState(**{**state, "role": MediaRole(state["role"])})
            for state in self._call(op="reconcile", room=room)
        ]

    def start_recording(
        self, recording_id: str, *, grant_id: str, most_ms: int, most_bytes: int
    ) -> None:
        """Record what a grant publishes; repeating it changes nothing.

        Raises:
            GrantUnknownError: The node does not hold the grant, or it publishes nothing.
        """
        self._call(
            op="start_recording",
            recording_id=recording_id,
            grant_id=grant_id,
            most_ms=most_ms,
            most_bytes=most_bytes,
        )

    def stop_recording(self, recording_id: str) -> None:
        """End a recording; its file stays until it is forgotten."""
        self._call(op="stop_recording", recording_id=recording_id)

    def recordings(self) -> list[RecordingState]:
        """Return the recordings that run, and those that were not forgotten yet."""
        return [RecordingState(**state) for state in self._call(op="recordings")]

    def open_recording(self, recording_id: str) -> IO[bytes]:
        """Open the file of an ended recording: node and app are on the same machine."""
        return Path(self._call(op="recording_path", recording_id=recording_id)).open("rb")

    def forget_recording(self, recording_id: str) -> None:
        """Delete a recording at the node, ending it if it runs."""
        self._call(op="forget_recording", recording_id=recording_id)

    def health(self) -> dict[str, Any]:
        """Return the node's figures: clock, lag of its loop, grants, connections."""
        figures: dict[str, Any] = self._call(op="health")
        return figures

    def events(self, *, after: dict[str, int] | None = None) -> Iterator[MediaEvent]:
        """Yield events as they come; end when the connection is lost or the node hangs.

        Raises:
            MediaUnavailableError: The node could not be reached at all.
        """
        with self._connected() as wire:
            _ask(wire, {"op": "subscribe", "after": after or {}})
            # A dead node closes the socket; a hung one misses the sign of life every 5 s.
            wire.settimeout(SILENT_AT_MOST_S)
            while True:
                try:
                    event = _read(wire).get("event")
                except (OSError, ProtocolError):
                    return
                if event is None:
                    continue
                yield MediaEvent(**{**event, "kind": EventKind(event["kind"])})

    def _call(self, **request: Any) -> Any:
        with self._connected() as wire:
            return _ask(wire, request)

    def _connected(self) -> socket.socket:
        wire = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        wire.settimeout(ANSWER_WITHIN_S)
        try:
            wire.connect(self.path)
        except OSError as error:
            wire.close()
            msg = f"The media node at {self.path} cannot be reached: {error}. Is it running?"
            raise MediaUnavailableError(msg) from error
        return wire


def _lease(lease: Lease) -> dict[str, int]:
    return {"seq": lease.seq, "until": lease.until, "now": lease.now}


def _ask(wire: socket.socket, request: dict[str, Any]) -> Any:
    try:
        wire.sendall(protocol.encode(request))
        answer = _read(wire)
    except OSError as error:
        msg = f"The media node did not answer {request['op']!r} in time: {error}."
        raise MediaUnavailableError(msg) from error
    except ProtocolError as error:
        if request["op"] == "signal":
            raise SignalRefusedError(str(error)) from error
        raise MediaUnavailableError(str(error)) from error
    if "ok" in answer:
        return answer["ok"]
    error_of = {
        Code.SIGNAL_REFUSED: SignalRefusedError,
        Code.STALE: LeaseStaleError,
        Code.UNKNOWN_GRANT: GrantUnknownError,
        Code.REVOKED: GrantRevokedError,
    }
    fault = answer["error"]
    if request["op"] == "signal":
        error_of[Code.BAD_REQUEST] = SignalRefusedError
    raise error_of.get(fault["code"], MediaUnavailableError)(fault["message"])


def _read(wire: socket.socket) -> dict[str, Any]:
    length = protocol.length_of(_exactly(wire, protocol.HEADER.size))
    return protocol.decode(_exactly(wire, length))


def _exactly(wire: socket.socket, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        part = wire.recv(size - len(data))
        if not part:
            msg = "the node closed the connection"
            raise ConnectionResetError(msg)
        data += part
    return bytes(data)
