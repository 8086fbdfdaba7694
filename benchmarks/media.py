"""What the embedded media engine costs per viewer, and how soon it begins and ends media.

Run ``python -m benchmarks.media``: one performer with 0.9 Mbit/s, viewers that
receive but do not decode. They come one right after the other, so that most wait
for a key frame, which may be asked for every 300 ms. CPU is the node's alone, in
% of one core; times are those of the last and first frame at a viewer on the
same machine.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from aiortc import RTCBundlePolicy, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import VIDEO_TIME_BASE, MediaStreamTrack

from plugins.media_embedded.node import passthrough
from plugins.media_embedded.node.fanout import AUDIO_TIME_BASE
from plugins.media_embedded.node.passthrough import Encoded
from plugins.media_embedded.provider import EmbeddedProvider
from ppvcms.api import Lease, MediaRole

PICTURES_PER_S = 30
PICTURE_BYTES = 3_750
SOUNDS_PER_S = 50
SOUND_BYTES = 80
STEPS = (1, 5, 20)


class Source(MediaStreamTrack):
    """Frames of a fixed size at a fixed rate, with a key frame whenever one is asked for."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind
        self.key = True
        video = kind == "video"
        self._every_s = 1 / (PICTURES_PER_S if video else SOUNDS_PER_S)
        self._size = PICTURE_BYTES if video else SOUND_BYTES
        self._base = VIDEO_TIME_BASE if video else AUDIO_TIME_BASE
        self._begun = time.monotonic()
        self._due = self._begun

    def ask(self) -> None:
        """Begin anew with the next frame."""
        self.key = True

    async def recv(self) -> Encoded:  # type: ignore[override]
        """Wait until the next frame is due."""
        self._due = max(self._due + self._every_s, time.monotonic() - 1)
        await asyncio.sleep(max(0.0, self._due - time.monotonic()))
        first, self.key = b"\x10" if self.key else b"\x11", False
        pts = int((time.monotonic() - self._begun) * self._base.denominator)
        return Encoded(first + bytes(self._size - 1), pts, self._base)


@dataclass
class Screen:
    """When the first and the last frame came."""

    first: float = 0.0
    last: float = 0.0
    frames: int = 0
    begun: asyncio.Event = field(default_factory=asyncio.Event)

    def frame(self, _data: bytes, _timestamp: int) -> None:
        """Note the time."""
        self.last = time.time()
        self.first = self.first or self.last
        self.frames += 1
        self.begun.set()

    def finished(self) -> None:
        """Keep the times."""


@dataclass
class Page:
    """One grant and its connection."""

    provider: EmbeddedProvider
    grant_id: str
    role: MediaRole
    seq: int = 0
    screen: Screen = field(default_factory=Screen)
    connection: RTCPeerConnection = field(init=False)

    def lease(self, seconds: float) -> Lease:
        """Make the next lease."""
        self.seq += 1
        now = time.time_ns() // 1_000_000
        return Lease(seq=self.seq, until=now + int(seconds * 1000), now=now)

    async def join(self) -> None:
        """Take a grant and connect."""
        feeds = [] if self.role is MediaRole.PUBLISHER else ["performer"]
        descriptor = self.provider.grant(
            self.grant_id, room="bench", role=self.role, feeds=feeds, lease=self.lease(600)
        )
        self.connection = RTCPeerConnection(
            RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)
        )
        for section in descriptor["sections"]:
            carrier: Source | str = section["kind"]
            if section["direction"] == "sendonly":
                carrier = Source(section["kind"])
            one = self.connection.addTransceiver(carrier, direction=section["direction"])
            if isinstance(carrier, Source):
                passthrough.watch_sender(
                    one.sender, keyframe_wanted=carrier.ask, report=lambda: None
                )
        await self.connection.setLocalDescription(await self.connection.createOffer())
        offer = {"type": "offer", "sdp": self.connection.localDescription.sdp}
        (answer,) = await asyncio.to_thread(self.provider.signal, self.grant_id, offer)
        await self.connection.setRemoteDescription(RTCSessionDescription(**answer))
        for one in self.connection.getTransceivers():
            if feeds:
                sink = self.screen if one.kind == "video" else Screen()
                passthrough.tap(one.receiver, sink)


def cpu_s(pid: int) -> float:
    """Return the CPU seconds that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_mb(pid: int) -> int:
    """Return the resident memory of a process."""
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 2**20


def spread(values: list[float]) -> str:
    """Return the least, the median and the largest value in milliseconds."""
    ms = [value * 1000 for value in values]
    return f"{min(ms):6.0f} {statistics.median(ms):6.0f} {max(ms):6.0f}   n={len(ms)}"


async def measure(provider: EmbeddedProvider, pid: int, *, seconds: float, cuts: int) -> None:
    """Print the table."""
    performer = Page(provider, "performer", MediaRole.PUBLISHER)
    await performer.join()
    viewers: list[Page] = []
    firsts: list[float] = []
    costs: dict[int, float] = {}
    print("viewers   CPU %   memory MB   frames/s")
    for step in STEPS:
        while len(viewers) < step:
            viewer = Page(provider, f"viewer{len(viewers)}", MediaRole.VIEWER)
            began = time.time()
            await viewer.join()
            await viewer.screen.begun.wait()
            firsts.append(viewer.screen.first - began)
            viewers.append(viewer)
        await asyncio.sleep(1)
        shown, used = viewers[0].screen.frames, cpu_s(pid)
        await asyncio.sleep(seconds)
        costs[step] = (cpu_s(pid) - used) / seconds * 100
        rate = (viewers[0].screen.frames - shown) / seconds
        print(f"{step:7} {costs[step]:7.1f} {memory_mb(pid):11} {rate:10.1f}")
    further = (costs[STEPS[-1]] - costs[STEPS[0]]) / (STEPS[-1] - STEPS[0])
    print(f"per further viewer: {further:.2f} % of a core\n")

    lasts: list[float] = []
    for number in range(cuts):
        viewer = Page(provider, f"cut{number}", MediaRole.VIEWER)
        await viewer.join()
        await viewer.screen.begun.wait()
        lease = viewer.lease(0.3)
        provider.set_media(viewer.grant_id, on=True, lease=lease)
        await asyncio.sleep(0.6)
        lasts.append(viewer.screen.last - lease.until / 1000)
        await viewer.connection.close()
    print("milliseconds                       min    med    max")
    print(f"first frame after the click     {spread(firsts)}")
    print(f"last frame against the deadline {spread(lasts)}")
    await asyncio.gather(*(page.connection.close() for page in (performer, *viewers)))


def main() -> None:
    """Start a node of our own and measure it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0, help="for each number of viewers")
    parser.add_argument("--cuts", type=int, default=20)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        provider = EmbeddedProvider(f"{folder}/node.sock")
        command = [sys.executable, "-m", "plugins.media_embedded.node", "--socket", provider.path]
        node = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        try:
            while not Path(provider.path).exists():
                time.sleep(0.05)
            time.sleep(0.2)
            work = measure(provider, node.pid, seconds=arguments.seconds, cuts=arguments.cuts)
            asyncio.run(work)
        finally:
            node.terminate()
            node.wait()


if __name__ == "__main__":
    main()
