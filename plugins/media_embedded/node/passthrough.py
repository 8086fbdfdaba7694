"""Every private name of aiortc that the node depends on, in one file, for one version."""

from __future__ import annotations

import importlib.metadata
import logging
from typing import TYPE_CHECKING, Any, Protocol

from aiortc.rtp import RtcpRrPacket, RtcpSrPacket

if TYPE_CHECKING:
    from collections.abc import Callable
    from fractions import Fraction

    from aiortc import RTCRtpReceiver, RTCRtpSender

NEEDED_VERSION = "1.16.0"
DECODER_QUEUE = "_RTCRtpReceiver__decoder_queue"
DECODER_THREAD = "_RTCRtpReceiver__decoder_thread"

log = logging.getLogger(__name__)


class VersionError(Exception):
    """The installed aiortc is not the one whose inside this node knows."""


class FrameSink(Protocol):
    """What takes the encoded frames of one incoming track."""

    def frame(self, data: bytes, timestamp: int) -> None:
        """Take a complete frame; `timestamp` counts in the codec's clock rate."""

    def finished(self) -> None:
        """The track has ended."""


class Encoded:
    """A frame that is encoded already, in the shape that aiortc's sender packs.

    The sender asks a packet for its bytes, `pts` and `time_base`, nothing else;
    an `av.Packet` would copy every frame twice for each viewer.
    """

    __slots__ = ("data", "pts", "time_base")

    def __init__(self, data: bytes, pts: int, time_base: Fraction) -> None:
        self.data = data
        self.pts = pts
        self.time_base = time_base

    def __bytes__(self) -> bytes:
        return self.data


class _Tap:
    """Stands where a receiver's decoder queue was, so that nothing is decoded."""

    def __init__(self, sink: FrameSink) -> None:
        self._sink = sink

    def get(self) -> None:
        """End the decoder thread at once: it takes None for the end of the stream."""
        return

    def put(self, item: tuple[Any, Any] | None) -> None:
        """Hand a frame on.

        An exception here would climb into the DTLS loop and close the
        performer's connection, for everyone: it is logged instead.
        """
        try:
            if item is None:
                self._sink.finished()
            else:
                self._sink.frame(item[1].data, item[1].timestamp)
        except Exception:
            log.exception("A frame was lost in the node.")


def check_version() -> None:
    """Refuse any aiortc but the known one.

    Raises:
        VersionError: Another version is installed.
    """
    found = importlib.metadata.version("aiortc")
    if found != NEEDED_VERSION:
        msg = (
            f"The embedded media engine needs aiortc {NEEDED_VERSION}, {found} is installed. "
            f"Run: pip install aiortc=={NEEDED_VERSION}"
        )
        raise VersionError(msg)


def tap(receiver: RTCRtpReceiver, sink: FrameSink) -> None:
    """Let a receiver give its encoded frames to `sink`; call it before the answer is set."""
    if not hasattr(receiver, DECODER_QUEUE):
        msg = f"This aiortc has no {DECODER_QUEUE}."
        raise VersionError(msg)
    setattr(receiver, DECODER_QUEUE, _Tap(sink))


async def request_keyframe(receiver: RTCRtpReceiver) -> None:
    """Ask the sender of a video track for a key frame (PLI)."""
    for source in receiver.getSynchronizationSources():
        await receiver._send_rtcp_pli(source.source)  # noqa: SLF001 - no public name for it


def watch_sender(
    sender: RTCRtpSender, *, keyframe_wanted: Callable[[], None], report: Callable[[], None]
) -> None:
    """Tell when a viewer wants a key frame, and when it proves that media arrived.

    A report counts only when its highest sequence number has moved: that is
    media received, not only a line that is alive.
    """
    handle = sender._handle_rtcp_packet  # noqa: SLF001 - no public hook
    ssrc = sender._ssrc  # noqa: SLF001
    highest = -1

    async def handle_rtcp_packet(packet: Any) -> None:
        nonlocal highest
        if isinstance(packet, RtcpRrPacket | RtcpSrPacket):
            for block in packet.reports:
                if block.ssrc == ssrc and block.highest_sequence != highest:
                    highest = block.highest_sequence
                    report()
        await handle(packet)

    # aiortc only sets a flag here for an encoder that does not exist.
    sender._send_keyframe = keyframe_wanted  # type: ignore[method-assign] # noqa: SLF001
    sender._handle_rtcp_packet = handle_rtcp_packet  # type: ignore[method-assign] # noqa: SLF001


def watch_reports(sender: RTCRtpSender, *, alive: Callable[[], None]) -> None:
    """Tell of every report of a page, whatever it is about; they are authenticated."""
    transport = sender.transport
    handle = transport._handle_rtcp_data  # noqa: SLF001 - no public hook

    async def handle_rtcp_data(data: bytes) -> None:
        alive()
        await handle(data)

    transport._handle_rtcp_data = handle_rtcp_data  # type: ignore[method-assign] # noqa: SLF001
