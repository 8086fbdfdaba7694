"""One peer connection: what a page's offer becomes."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, Protocol

from aiortc import RTCPeerConnection, RTCRtpSender, RTCSessionDescription
from aiortc.sdp import candidate_from_sdp

from . import passthrough, sdp
from .fanout import Output

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from aiortc import RTCConfiguration, RTCRtpReceiver, RTCRtpTransceiver

CONNECT_WITHIN_S = 20.0
CLOSE_WITHIN_S = 5.0
CODECS = {"audio": {"audio/opus"}, "video": {"video/vp8", "video/rtx"}}

log = logging.getLogger(__name__)
_closing: set[asyncio.Task[Any]] = set()


class Owner(Protocol):
    """Whom a connection tells what happens."""

    def connected(self, peer: Peer) -> None:
        """Media may flow."""

    def gone(self, peer: Peer, reason: str) -> None:
        """The connection is over, whoever ended it."""

    def media(self, peer: Peer, kind: str, data: bytes, timestamp: int) -> None:
        """A complete frame came from the page."""

    def sent(self, peer: Peer, kind: str) -> None:
        """A frame was given to the page's connection."""

    def reported(self, peer: Peer) -> None:
        """The page proved that media arrived."""

    def alive(self, peer: Peer) -> None:
        """The page sent a report, whatever it is about."""


class _Sink:
    """Gives the frames of one track to the owner, with what they are of."""

    def __init__(self, peer: Peer, kind: str) -> None:
        self._peer = peer
        self._kind = kind

    def frame(self, data: bytes, timestamp: int) -> None:
        if data and not self._peer.closed:
            self._peer.owner.media(self._peer, self._kind, data, timestamp)

    def finished(self) -> None:
        """Wait for the connection's state: one track may end without the other."""


class Peer:
    """A connection of one grant; a page that reloads gets another one."""

    def __init__(
        self, owner: Owner, sections: list[sdp.Section], configuration: RTCConfiguration
    ) -> None:
        self.owner = owner
        self.connected = False
        self.closed = False
        self.outputs: list[tuple[int, Output]] = []
        self._candidates = 0
        self._video: RTCRtpReceiver | None = None
        self._mid = "0"
        self._pc = RTCPeerConnection(configuration)
        self._pc.on("connectionstatechange", self._state_changed)
        self._transceivers = [self._transceiver(section) for section in sections]
        self._timeout = asyncio.get_running_loop().call_later(CONNECT_WITHIN_S, self._give_up)

    def _transceiver(self, section: sdp.Section) -> RTCRtpTransceiver:
        carrier: Output | str = section.kind
        direction = "recvonly"
        if section.feed is not None:
            carrier = self._output(section.kind)
            self.outputs.append((section.feed, carrier))
            direction = "sendrecv" if section.send else "sendonly"
        transceiver = self._pc.addTransceiver(carrier, direction=direction)
        transceiver.setCodecPreferences(
            [
                codec
                for codec in RTCRtpSender.getCapabilities(section.kind).codecs
                if codec.mimeType.lower() in CODECS[section.kind]
            ]
        )
        return transceiver

    def _output(self, kind: str) -> Output:
        return Output(kind, on_sent=lambda: self.owner.sent(self, kind))

    async def answer(self, offer: str, *, start_kbps: int, most_kbps: int) -> str:
        """Return the answer to a checked offer."""
        await self._pc.setRemoteDescription(RTCSessionDescription(offer, "offer"))
        self._mid = self._transceivers[0].mid or "0"
        for transceiver in self._transceivers:
            if transceiver.receiver.track is not None:
                passthrough.tap(transceiver.receiver, _Sink(self, transceiver.kind))
                if transceiver.kind == "video":
                    self._video = transceiver.receiver
            if isinstance(transceiver.sender.track, Output):
                passthrough.watch_sender(
                    transceiver.sender,
                    keyframe_wanted=transceiver.sender.track.keyframe_wanted,
                    report=lambda: self.owner.reported(self),
                )
        if self.outputs:
            passthrough.watch_reports(
                self._transceivers[0].sender, alive=lambda: self.owner.alive(self)
            )
        await self._pc.setLocalDescription(await self._pc.createAnswer())
        return sdp.finished_answer(
            self._pc.localDescription.sdp, start_kbps=start_kbps, most_kbps=most_kbps
        )

    async def add_candidate(self, text: str) -> None:
        """Use a candidate that the page found after its offer."""
        usable = sdp.usable_candidate(text)
        self._candidates += 1
        if usable is None or self.closed or self._candidates > sdp.MOST_CANDIDATES:
            return
        try:
            candidate = candidate_from_sdp(usable)
        except (ValueError, AssertionError, IndexError) as error:
            raise sdp.OfferRefusedError("A candidate is malformed.") from error
        # All sections are bundled, so every candidate belongs to the first.
        candidate.sdpMid = self._mid
        await self._pc.addIceCandidate(candidate)

    def request_keyframe(self) -> None:
        """Ask the page for a key frame."""
        if self._video is not None and self.connected and not self.closed:
            _later(passthrough.request_keyframe(self._video))

    def _state_changed(self) -> None:
        state = self._pc.connectionState
        if state == "connected" and not self.connected:
            self.connected = True
            self._timeout.cancel()
            self.owner.connected(self)
        elif state in {"failed", "closed"}:
            self.close(state)

    def _give_up(self) -> None:
        self.close("never connected")

    def close(self, reason: str) -> None:
        """Stop every output now; take the connection down in a task."""
        if self.closed:
            return
        self.closed = True
        self._timeout.cancel()
        for _, output in self.outputs:
            output.stop()
        _later(self._close())
        self.owner.gone(self, reason)

    async def _close(self) -> None:
        closing = asyncio.ensure_future(self._pc.close())
        await asyncio.wait({closing}, timeout=CLOSE_WITHIN_S)


def _later(work: Coroutine[Any, Any, None]) -> None:
    task = asyncio.get_running_loop().create_task(work)
    _closing.add(task)
    task.add_done_callback(_done)


def _done(task: asyncio.Task[Any]) -> None:
    _closing.discard(task)
    if not task.cancelled() and (error := task.exception()) is not None:
        log.warning("A connection's task failed.", exc_info=error)


async def all_closed() -> None:
    """Wait until every connection that is being closed is closed."""
    if _closing:
        await asyncio.wait(tuple(_closing), timeout=CLOSE_WITHIN_S)
