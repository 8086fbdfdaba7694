"""Pages without a browser: aiortc clients that send and receive encoded frames."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from aiortc import RTCBundlePolicy, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import VIDEO_TIME_BASE, MediaStreamTrack

from plugins.media_embedded.node import passthrough
from plugins.media_embedded.node.fanout import AUDIO_TIME_BASE
from plugins.media_embedded.node.passthrough import Encoded

if TYPE_CHECKING:
    from collections.abc import Callable

    from plugins.media_embedded.provider import EmbeddedProvider

FRAME_S = 0.02
KEY, DELTA = 0x10, 0x11


class Camera(MediaStreamTrack):
    """Sends numbered frames that look like VP8 or Opus from outside."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind
        self.made: list[bytes] = []
        self.keyframes_asked = 0
        self._key = True
        self._begun = 0.0

    def ask(self) -> None:
        self.keyframes_asked += 1
        self._key = True

    async def recv(self) -> Encoded:  # type: ignore[override]
        await asyncio.sleep(FRAME_S)
        self._begun = self._begun or time.monotonic()
        first = KEY if self._key or self.kind == "audio" else DELTA
        self._key = False
        data = bytes([first]) + f"{self.kind} {len(self.made)}".encode() + b"." * 2000
        self.made.append(data if self.kind == "video" else data[:100])
        base = VIDEO_TIME_BASE if self.kind == "video" else AUDIO_TIME_BASE
        pts = int((time.monotonic() - self._begun) * base.denominator)
        return Encoded(self.made[-1], pts, base)


class Screen:
    """Keeps what arrived, and when."""

    def __init__(self) -> None:
        self.frames: list[tuple[int, bytes, int]] = []

    def frame(self, data: bytes, timestamp: int) -> None:
        self.frames.append((time.time_ns() // 1_000_000, data, timestamp))

    def finished(self) -> None:
        """Keep what came."""

    @property
    def last_at(self) -> int:
        return self.frames[-1][0]


class Page:
    """One connection of one grant."""

    def __init__(
        self,
        descriptor: dict[str, Any],
        *,
        camera: bool = False,
        tracks: tuple[MediaStreamTrack, ...] = (),
    ) -> None:
        configuration = RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)
        self.connection = RTCPeerConnection(configuration)
        self.cameras: dict[str, Camera] = {}
        self.screens: dict[tuple[int, str], Screen] = {}
        self._sections = descriptor["sections"]
        for section in self._sections:
            track: MediaStreamTrack | str = section["kind"]
            if section["direction"] != "recvonly":
                track = next((one for one in tracks if one.kind == section["kind"]), track)
            if camera and section["direction"] != "recvonly":
                track = self.cameras[section["kind"]] = Camera(section["kind"])
            transceiver = self.connection.addTransceiver(track, direction=section["direction"])
            if isinstance(track, Camera):
                passthrough.watch_sender(
                    transceiver.sender, keyframe_wanted=track.ask, report=lambda: None
                )

    async def join(self, provider: EmbeddedProvider, grant_id: str) -> None:
        await self.connection.setLocalDescription(await self.connection.createOffer())
        message = {"type": "offer", "sdp": self.connection.localDescription.sdp}
        (answer,) = await asyncio.to_thread(provider.signal, grant_id, message)
        await self.connection.setRemoteDescription(RTCSessionDescription(**answer))
        for section, one in zip(self._sections, self.connection.getTransceivers(), strict=True):
            if section["feed"] is not None:
                screen = self.screens[section["feed"], section["kind"]] = Screen()
                passthrough.tap(one.receiver, screen)

    def screen(self, kind: str = "video", feed: int = 0) -> Screen:
        return self.screens[feed, kind]

    async def close(self) -> None:
        await self.connection.close()


async def until(happens: Callable[[], Any], *, within_s: float = 8.0) -> Any:
    """Wait until something is true, and return it."""
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        if result := happens():
            return result
        await asyncio.sleep(0.02)
    msg = "it did not happen in time"
    raise AssertionError(msg)
