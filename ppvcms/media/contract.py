"""The contract between the core and a media provider plugin.

A provider is an authority over one engine. Browsers never speak to the engine
by themselves: every offer, answer and candidate passes through `signal`, so
nobody publishes, subscribes or returns except by a call that the core made.

Every call is idempotent, ends within two seconds or raises
`MediaUnavailableError`, and is never made inside a money transaction. All ids
are opaque; no name of a person reaches an engine.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import IO


class MediaRole(StrEnum):
    """What a grant lets its holder do."""

    PUBLISHER = "publisher"
    VIEWER = "viewer"
    TWO_WAY = "two_way"
    VOYEUR = "voyeur"


class EventKind(StrEnum):
    """What a media engine reports by itself."""

    UP = "media_up"
    EVIDENCE = "media_evidence"
    STALLED = "media_stalled"
    RESUMED = "media_resumed"
    DOWN = "media_down"
    CUT = "media_cut"
    SIGNAL = "signal_out"
    ROOM_CLOSED = "room_closed"
    ENGINE_LOST = "engine_lost"


@dataclass(frozen=True, slots=True)
class Lease:
    """Until when a grant may carry media; the engine cuts by itself at `until`.

    `seq` rises with every extension, pause and resume of the seat: the higher
    one wins, an equal or lower one changes nothing. `until` and `now` are epoch
    milliseconds of the database's clock; the engine arms its monotonic clock
    with ``until - now``.
    """

    seq: int
    until: int
    now: int


@dataclass(frozen=True, slots=True)
class GrantState:
    """What the engine holds of one grant, as `reconcile` reports it.

    Times are epoch milliseconds of the engine's wall clock. `sent_at` is the
    last time media for this grant arrived from its holder (publisher side);
    `received_at` the last proof that its holder received media.
    """

    grant_id: str
    room: str
    role: MediaRole
    seq: int
    until: int
    up: bool
    on: bool
    revoked: bool
    sent_at: int | None = None
    received_at: int | None = None
    last_packet_at: int | None = None


@dataclass(frozen=True, slots=True)
class RecordingState:
    """How far an engine is with a recording; `reason` says why it ended.

    Reasons: ``stopped``, ``ended`` (with its grant), ``length``, ``size``, ``disk``
    (full or too slow), ``engine_lost``, ``failed``. Not `running`, and a `size` of
    0: there is no file.
    """

    recording_id: str
    running: bool
    reason: str
    size: int
    length_ms: int


@dataclass(frozen=True, slots=True)
class MediaEvent:
    """One thing an engine noticed, unique by (`node`, `boot`, `n`).

    `media_evidence` comes every two seconds per grant that carries media, with
    `data` = ``{"sent_at": ms|None, "received_at": ms|None}``. `media_cut` is
    sent when a lease ended, with ``{"last_packet_at": ms, "until": ms}``.
    `signal_out` carries a message for the page in `data`.
    """

    node: str
    boot: str
    n: int
    kind: EventKind
    at: int
    grant_id: str | None = None
    room: str | None = None
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MediaCapabilities:
    """What an engine can do, for choosing between several.

    `several_feeds`: more than one publisher may send into a room, and each is
    received by grants of its own (R-15). Without it only the room's own performer
    sends, and guests stand before that camera.
    """

    two_way: bool = True
    voyeur: bool = True
    records: bool = False
    proves_delivery: bool = False
    several_feeds: bool = False


class MediaUnavailableError(Exception):
    """The engine did not answer in time; nothing may be assumed about it."""


class SignalRefusedError(Exception):
    """A page sent a message that its grant does not allow; tell it so."""


@runtime_checkable
class MediaProvider(Protocol):
    """One way to carry media, registered by `register_media_providers`."""

    key: str
    label: str
    capabilities: MediaCapabilities
    client_module: str
    """Address of the ES module that pages load, below the plugin's assets. It exports
    ``connect({descriptor, stream, signal, onTrack, onState}) -> Connection``."""

    def ensure_room(self, room: str, *, publishers: int) -> None:
        """Make the room known for so many who send at once; a later call may raise the number.

        Repeating it changes nothing.
        """

    def close_room(self, room: str, *, reason: str) -> None:
        """Revoke every grant of the room and forget it."""

    def grant(
        self, grant_id: str, *, room: str, role: MediaRole, feeds: Sequence[str], lease: Lease
    ) -> dict[str, Any]:
        """Permit media and return the opaque descriptor for the page.

        `feeds` are the grant ids of publishers that this grant may receive.
        A publisher grant's feed is its own grant id. The grant starts paused
        when ``lease.until <= lease.now``.
        """

    def signal(self, grant_id: str, message: dict[str, Any]) -> list[dict[str, Any]]:
        """Pass a page's message on and return the answers for that page.

        Raises:
            SignalRefusedError: The message is not one that this grant may send.
        """

    def set_media(self, grant_id: str, *, on: bool, lease: Lease) -> None:
        """Pause, resume or extend without renegotiation."""

    def revoke(self, grant_id: str, *, reason: str) -> None:
        """Cut now and for ever: later leases for this grant are refused."""

    def reconcile(self, room: str | None = None) -> list[GrantState]:
        """Return what the engine holds, for comparing it with what it should."""

    def events(self, *, after: dict[str, int] | None = None) -> Iterator[MediaEvent]:
        """Yield events as they come, blocking between them.

        `after` maps a boot id to the last `n` that was stored, so that what
        was missed is sent again. Ends when the engine's connection is lost.
        """


@runtime_checkable
class RecordingProvider(MediaProvider, Protocol):
    """A provider that can also record; it says so by ``capabilities.records``.

    What a publisher sends is written as it comes, from one grant into one file, and
    nothing of anybody else. A recording outlives a gap or a new connection of its
    grant, and ends by itself with the grant, at a limit, or when the disk is full;
    the show goes on. An engine that died leaves what it had as a playable file.
    """

    def start_recording(
        self, recording_id: str, *, grant_id: str, most_ms: int, most_bytes: int
    ) -> None:
        """Record what a grant publishes; repeating it changes nothing."""

    def stop_recording(self, recording_id: str) -> None:
        """End a recording; its file stays until it is forgotten."""

    def recordings(self) -> list[RecordingState]:
        """Return the recordings that run, and those that were not forgotten yet."""

    def open_recording(self, recording_id: str) -> IO[bytes]:
        """Open the file of a recording that does not run any more: WebM or MP4."""

    def forget_recording(self, recording_id: str) -> None:
        """Delete a recording, ending it if it runs; repeating it changes nothing."""
