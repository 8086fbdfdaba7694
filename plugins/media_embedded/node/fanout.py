"""Feeds and outputs: encoded frames go from one publisher to every viewer, undecoded."""

from __future__ import annotations

import asyncio
from collections import deque
from fractions import Fraction
from typing import TYPE_CHECKING, Protocol

from aiortc.mediastreams import VIDEO_TIME_BASE, MediaStreamError, MediaStreamTrack

from .passthrough import Encoded

if TYPE_CHECKING:
    from collections.abc import Callable

    from .leases import Moment

AUDIO_TIME_BASE = Fraction(1, 48_000)
LONGEST_QUEUE = 64
KEYFRAME_EVERY_S = 0.3
VIEWER_KEYFRAME_EVERY_S = 1.0


class Throttle:
    """Lets the first call through at once, later ones spaced, and never loses the last."""

    def __init__(self, act: Callable[[], None], *, every_s: float) -> None:
        self._act = act
        self._every_s = every_s
        self._last = float("-inf")
        self._pending: asyncio.TimerHandle | None = None

    def __call__(self) -> None:
        """Act now or as soon as it is allowed again."""
        if self._pending is not None:
            return
        loop = asyncio.get_running_loop()
        wait_s = self._last + self._every_s - loop.time()
        if wait_s <= 0:
            self._fire()
        else:
            self._pending = loop.call_later(wait_s, self._fire)

    def _fire(self) -> None:
        self._pending = None
        self._last = asyncio.get_running_loop().time()
        self._act()

    def cancel(self) -> None:
        """Forget what is pending."""
        if self._pending is not None:
            self._pending.cancel()
            self._pending = None


class Source(Protocol):
    """A connection that publishes."""

    def request_keyframe(self) -> None:
        """Ask its page for a key frame."""


def is_keyframe(kind: str, data: bytes) -> bool:
    """Tell whether a decoder can begin here: any sound, or a VP8 key frame (RFC 6386, 9.1)."""
    return kind == "audio" or (bool(data) and not data[0] & 1)


class Output(MediaStreamTrack):
    """One feed's sound or picture on its way to one viewer."""

    def __init__(self, kind: str, *, on_sent: Callable[[], None]) -> None:
        super().__init__()
        self.kind = kind
        self.feed: Feed | None = None
        self._on_sent = on_sent
        self._time_base = AUDIO_TIME_BASE if kind == "audio" else VIDEO_TIME_BASE
        self._rate = self._time_base.denominator
        self._queue: deque[Encoded] = deque()
        self._filled = asyncio.Event()
        self._waits_for_keyframe = True
        self._source: Source | None = None
        self._shift = 0
        self._last_pts = -1
        self._last_mono = 0.0
        self.keyframe_wanted = Throttle(self._ask, every_s=VIEWER_KEYFRAME_EVERY_S)

    def _ask(self) -> None:
        if self.feed is not None:
            self.feed.want_keyframe()

    def offer(
        self, source: Source, data: bytes, timestamp: int, moment: Moment, *, key: bool
    ) -> None:
        """Take a frame, if a decoder that saw the ones before can use it."""
        if source is not self._source:
            # Another connection under the same grant counts from another zero.
            self._source = source
            self._waits_for_keyframe = True
            gone = moment.mono - self._last_mono
            start = 0 if self._last_pts < 0 else self._last_pts + max(1, int(gone * self._rate))
            self._shift = start - timestamp
        if self._waits_for_keyframe and not key:
            self._ask()
            return
        if len(self._queue) >= LONGEST_QUEUE:
            # A single frame left out would be a hole that the viewer cannot see.
            self._queue.clear()
            if self.kind == "video":
                self._waits_for_keyframe = True
                self._ask()
                return
        self._waits_for_keyframe = False
        self._last_pts = max(timestamp + self._shift, self._last_pts)
        self._last_mono = moment.mono
        self._queue.append(Encoded(data, self._last_pts, self._time_base))
        self._filled.set()

    def hold(self) -> None:
        """Stop at once, and begin with a key frame when frames come again."""
        self._queue.clear()
        self._waits_for_keyframe = True

    async def recv(self) -> Encoded:  # type: ignore[override] # see Encoded
        """Wait for the next frame to send."""
        while self.readyState == "live":
            if self._queue:
                self._on_sent()
                return self._queue.popleft()
            self._filled.clear()
            await self._filled.wait()
        raise MediaStreamError

    def stop(self) -> None:
        """End the track and leave the feed."""
        self.keyframe_wanted.cancel()
        if self.feed is not None:
            self.feed.leave(self)
        self._queue.clear()
        super().stop()
        self._filled.set()


class Feed:
    """What one grant publishes, whether or not it does so yet."""

    def __init__(self, feed_id: str) -> None:
        self.feed_id = feed_id
        self.source: Source | None = None
        self._outputs: dict[str, list[Output]] = {"audio": [], "video": []}
        self.want_keyframe = Throttle(self._request, every_s=KEYFRAME_EVERY_S)

    @property
    def idle(self) -> bool:
        """Whether nobody publishes or watches here."""
        return self.source is None and not any(self._outputs.values())

    def _request(self) -> None:
        if self.source is not None:
            self.source.request_keyframe()

    def join(self, output: Output) -> None:
        """Let an output receive from now on, its picture from the next key frame on."""
        if output.feed is not None:
            output.feed.leave(output)
        output.feed = self
        output.hold()
        self._outputs[output.kind].append(output)
        if output.kind == "video":
            self.want_keyframe()

    def leave(self, output: Output) -> None:
        """Take an output out: after this call no frame reaches it."""
        output.hold()
        output.feed = None
        if output in self._outputs[output.kind]:
            self._outputs[output.kind].remove(output)

    def hold(self) -> None:
        """The publisher pauses: let every viewer begin with a key frame afterwards."""
        for outputs in self._outputs.values():
            for output in outputs:
                output.hold()

    def frame(self, kind: str, source: Source, data: bytes, timestamp: int, moment: Moment) -> None:
        """Give a frame to every output; one that fails is dropped, the others go on."""
        key = is_keyframe(kind, data)
        if key and kind == "video":
            # What was asked for before this frame is answered by it.
            self.want_keyframe.cancel()
        for output in tuple(self._outputs[kind]):
            try:
                output.offer(source, data, timestamp, moment, key=key)
            except Exception:  # noqa: BLE001 - one viewer must not stop the others
                self.leave(output)
