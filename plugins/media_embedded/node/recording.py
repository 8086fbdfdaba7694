"""One recording: times and limits are counted in the loop, bytes are written in a thread.

Frames are written as they came, so nothing is decoded. A slow or full disk ends
the recording and never the show.
"""

from __future__ import annotations

import logging
import os
import queue
import threading
from typing import IO, TYPE_CHECKING

from .fanout import is_keyframe
from .webm import CLUSTER_BYTES, Writer, sides_of

if TYPE_CHECKING:
    from pathlib import Path

    from .fanout import Source
    from .leases import Moment

RATES = {"audio": 48_000, "video": 90_000}
SETTLE_MS = 500
"""Both tracks are watched so long before the file begins: their delays show in it."""
PICTURE_ALONE_MS = 1_500
SOUND_ALONE_MS = 5_000
KEY_EVERY_MS = 10_000
ASK_EVERY_MS = 500
MOST_WAITING = 16 << 20

log = logging.getLogger(__name__)


class Recording:
    """What one grant publishes, on its way into a file.

    The picture begins with a key frame. Another connection under the same grant
    goes on in the same file; what lay between is a gap in its times.
    """

    def __init__(
        self, path: Path, grant_id: str, *, most_ms: int, most_bytes: int, keep_free: int
    ) -> None:
        self.grant_id = grant_id
        self.reason = ""
        self.size = 0
        self.length_ms = 0
        self._path = path
        self._most_ms = most_ms
        self._most_bytes = most_bytes
        self._keep_free = keep_free
        self._source: Source | None = None
        self._begun = 0.0
        self._seen: set[str] = set()
        self._shifts: dict[str, int] = {}
        self._last: dict[str, int] = {}
        self._origin: int | None = None
        self._with: tuple[str, ...] = ()
        self._needs_key = True
        self._asked = float("-inf")
        self._keyed = 0.0
        self._line: queue.SimpleQueue[tuple[str, int, bytes, bool] | None] = queue.SimpleQueue()
        self._taken = 0
        self._written = 0
        self._thread: threading.Thread | None = None

    @property
    def running(self) -> bool:
        """Whether frames are still taken or written."""
        return not self.reason or (self._thread is not None and self._thread.is_alive())

    def frame(self, kind: str, source: Source, data: bytes, timestamp: int, moment: Moment) -> None:
        """Take a frame of the grant's connection."""
        if self.reason:
            return
        arrived = self._arrived(kind, source, moment)
        at = self._time_of(kind, timestamp, arrived)
        key = is_keyframe(kind, data)
        if kind == "video":
            self._want_keys(source, arrived, key=key)
        if self._origin is None and not self._begin(kind, at, data, arrived, key=key):
            return
        if kind in self._with and not (kind == "video" and self._needs_key):
            self._put(kind, at - (self._origin or 0), data, key=key)

    def end(self, reason: str) -> None:
        """Take no more; what was taken is still written."""
        if not self.reason:
            self.reason = reason
            self._line.put(None)

    def wait(self, seconds: float) -> None:
        """Wait until the file is whole."""
        if self._thread is not None:
            self._thread.join(seconds)

    # In the loop.

    def _arrived(self, kind: str, source: Source, moment: Moment) -> int:
        if not self._seen:
            self._begun = moment.mono
        if source is not self._source:
            # Another connection under the same grant counts from another zero.
            self._source, self._shifts, self._needs_key = source, {}, True
        self._seen.add(kind)
        return int((moment.mono - self._begun) * 1000)

    def _time_of(self, kind: str, timestamp: int, arrived: int) -> int:
        """Return when a frame was made, by its sender's clock, in milliseconds of ours.

        The least delayed frame before the file begins says how the clocks compare.
        """
        made = timestamp * 1000 // RATES[kind]
        shift = arrived - made
        if kind not in self._shifts or (self._origin is None and shift < self._shifts[kind]):
            self._shifts[kind] = shift
        at = max(self._last.get(kind, 0), made + self._shifts[kind])
        self._last[kind] = at
        return at

    def _want_keys(self, source: Source, arrived: int, *, key: bool) -> None:
        if key:
            self._keyed, self._needs_key = arrived, False
        waits = self._needs_key or self._origin is None
        due = arrived - self._keyed >= (SETTLE_MS if waits else KEY_EVERY_MS)
        if due and arrived - self._asked >= ASK_EVERY_MS:
            self._asked = arrived
            source.request_keyframe()

    def _begin(self, kind: str, at: int, data: bytes, arrived: int, *, key: bool) -> bool:
        """Begin the file once it is known what there is; tell whether it has begun."""
        sides = None
        if kind == "video":
            alone = "audio" not in self._seen
            if not key or arrived < (PICTURE_ALONE_MS if alone else SETTLE_MS):
                return False
            sides, self._with = sides_of(data), ("video",) if alone else ("video", "audio")
        elif "video" in self._seen or arrived < SOUND_ALONE_MS:
            return False
        else:
            self._with = ("audio",)
        self._origin = at
        self._thread = threading.Thread(target=self._write, args=(sides,), daemon=True)
        self._thread.start()
        return True

    def _put(self, kind: str, at: int, data: bytes, *, key: bool) -> None:
        if at < 0:
            return
        self._taken += len(data)
        self._line.put((kind, at, data, key))
        if at >= self._most_ms:
            self.end("length")
        elif self._taken >= self._most_bytes:
            self.end("size")
        elif self._taken - self._written > MOST_WAITING:
            self.end("disk")

    # In the thread.

    def _write(self, sides: tuple[int, int] | None) -> None:
        try:
            begun = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(begun, "w+b") as file:
                self._fill(file, sides)
            self._path.rename(self._path.with_suffix(".webm"))
        except OSError as error:
            log.warning("A recording could not be written: %s", error)
            self.end("disk")

    def _fill(self, file: IO[bytes], sides: tuple[int, int] | None) -> None:
        writer = Writer(file, sides, sound="audio" in self._with)
        try:
            self._take(writer)
        except OSError as error:
            log.warning("A recording ends: %s", error)
            self.end("disk")
        try:
            writer.close()
        finally:
            self.size, self.length_ms = writer.size, writer.length_ms

    def _take(self, writer: Writer) -> None:
        looked_at = 0
        while (item := self._line.get()) is not None:
            kind, at, data, key = item
            writer.block(kind, at, data, key=key)
            self._written += len(data)
            self.size, self.length_ms = writer.size, writer.length_ms
            if self._written - looked_at >= CLUSTER_BYTES or not looked_at:
                looked_at = self._written
                free = os.statvfs(self._path.parent)
                if free.f_bavail * free.f_frsize < self._keep_free:
                    self.end("disk")
