"""A media engine in memory: it keeps the contract's rules and shows what it was told."""

from __future__ import annotations

import io
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ppvcms.media.contract import (
    GrantState,
    Lease,
    MediaCapabilities,
    MediaEvent,
    MediaRole,
    MediaUnavailableError,
    RecordingState,
    SignalRefusedError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import IO


RECORDED = b"\x1aE\xdf\xa3 what a show looked like"


@dataclass
class Held:
    """What the engine holds of a grant."""

    room: str
    role: MediaRole
    feeds: tuple[str, ...]
    lease: Lease
    on: bool
    revoked: bool = False
    signals: list[dict[str, Any]] = field(default_factory=list)


class MemoryEngine:
    """The contract without media."""

    key = "memory"
    label = "Memory"
    capabilities = MediaCapabilities(records=True, several_feeds=True)
    client_module = "client.js"

    def __init__(self) -> None:
        self.grants: dict[str, Held] = {}
        self.away = False
        self.waiting: list[MediaEvent] = []
        self.recorded: dict[str, RecordingState] = {}
        self.recorded_of: dict[str, str] = {}

    def clear(self) -> None:
        """Forget everything."""
        self.__init__()  # type: ignore[misc]

    def ensure_room(self, room: str, *, publishers: int) -> None:
        """See the contract."""
        del room, publishers
        self._answer()

    def close_room(self, room: str, *, reason: str) -> None:
        """See the contract."""
        for grant_id, held in self.grants.items():
            if held.room == room:
                self.revoke(grant_id, reason=reason)

    def grant(
        self, grant_id: str, *, room: str, role: MediaRole, feeds: Sequence[str], lease: Lease
    ) -> dict[str, Any]:
        """See the contract."""
        self._answer()
        held = self.grants.get(grant_id)
        if held is not None and held.revoked:
            raise MediaUnavailableError("This grant was revoked.")
        if held is None or lease.seq > held.lease.seq:
            on = lease.until > lease.now
            self.grants[grant_id] = Held(room, role, tuple(feeds), lease, on)
        return {"v": 1, "feeds": list(feeds)}

    def signal(self, grant_id: str, message: dict[str, Any]) -> list[dict[str, Any]]:
        """See the contract."""
        self._answer()
        held = self.grants.get(grant_id)
        if held is None or held.revoked:
            raise SignalRefusedError("This grant is not open.")
        held.signals.append(message)
        return [{"type": "answer"}]

    def set_media(self, grant_id: str, *, on: bool, lease: Lease) -> None:
        """See the contract."""
        self._answer()
        held = self.grants.get(grant_id)
        if held is not None and not held.revoked and lease.seq > held.lease.seq:
            held.lease, held.on = lease, on

    def revoke(self, grant_id: str, *, reason: str) -> None:
        """See the contract."""
        del reason
        self._answer()
        if grant_id in self.grants:
            self.grants[grant_id].revoked = True
            self.grants[grant_id].on = False
        for recording_id, recorded_of in self.recorded_of.items():
            if recorded_of == grant_id:
                self.stop_recording(recording_id, reason="ended")

    def reconcile(self, room: str | None = None) -> list[GrantState]:
        """See the contract."""
        self._answer()
        return [
            GrantState(
                grant_id=grant_id,
                room=held.room,
                role=held.role,
                seq=held.lease.seq,
                until=held.lease.until,
                up=True,
                on=held.on,
                revoked=held.revoked,
            )
            for grant_id, held in self.grants.items()
            if room is None or held.room == room
        ]

    def events(self, *, after: dict[str, int] | None = None) -> Iterator[MediaEvent]:
        """See the contract: what was missed first, then silence until somebody ends it."""
        self._answer()
        seen = after or {}
        yield from [one for one in self.waiting if one.n > seen.get(one.boot, 0)]
        while not self.away:
            time.sleep(0.01)

    def start_recording(
        self, recording_id: str, *, grant_id: str, most_ms: int, most_bytes: int
    ) -> None:
        """See the contract."""
        del most_ms, most_bytes
        self._answer()
        state = RecordingState(recording_id, running=True, reason="", size=0, length_ms=0)
        self.recorded.setdefault(recording_id, state)
        self.recorded_of[recording_id] = grant_id

    def stop_recording(self, recording_id: str, *, reason: str = "stopped") -> None:
        """See the contract."""
        self._answer()
        if recording_id in self.recorded and self.recorded[recording_id].running:
            ended = RecordingState(
                recording_id, running=False, reason=reason, size=len(RECORDED), length_ms=65_000
            )
            self.recorded[recording_id] = ended

    def recordings(self) -> list[RecordingState]:
        """See the contract."""
        self._answer()
        return list(self.recorded.values())

    def open_recording(self, recording_id: str) -> IO[bytes]:
        """See the contract."""
        self._answer()
        if recording_id not in self.recorded:
            raise MediaUnavailableError(recording_id)
        return io.BytesIO(RECORDED)

    def forget_recording(self, recording_id: str) -> None:
        """See the contract."""
        self._answer()
        self.recorded.pop(recording_id, None)

    def carries(self, grant_id: str) -> bool:
        """Whether media flows under a grant."""
        held = self.grants.get(grant_id)
        return held is not None and held.on and not held.revoked

    def _answer(self) -> None:
        if self.away:
            raise MediaUnavailableError("The engine is away.")


ENGINE = MemoryEngine()
