"""What the node holds of one grant."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .evidence import Watch
from .journal import Record
from .leases import GrantLease, Moment
from .limits import SignalLimiter

if TYPE_CHECKING:
    from plugins.media_embedded.protocol import Code

    from .peer import Peer
    from .sdp import Role

SENT_STALLS_AFTER_S = 2.0
RECEIVED_STALLS_AFTER_S = 3.0


class RefusedError(Exception):
    """The node does not do what it was asked, for a reason that has a code."""

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(slots=True)
class Grant:
    """What the node holds of one grant."""

    grant_id: str
    room: str
    role: Role
    feeds: tuple[str, ...]
    lease: GrantLease = field(default_factory=GrantLease)
    limiter: SignalLimiter = field(default_factory=SignalLimiter)
    negotiating: asyncio.Lock = field(default_factory=asyncio.Lock)
    peer: Peer | None = None
    flowing: bool = False
    cut_at_seq: int | None = None
    timer: asyncio.TimerHandle | None = None
    sent: Watch = field(default_factory=lambda: Watch(SENT_STALLS_AFTER_S))
    received: Watch = field(default_factory=lambda: Watch(RECEIVED_STALLS_AFTER_S))
    sent_by_kind: dict[str, int] = field(default_factory=dict)
    last_packet_wall: int | None = None
    last_packet_mono: float = float("-inf")
    last_picture_mono: float = float("-inf")
    proved_mono: float = float("-inf")
    told: tuple[int | None, int | None] = (None, None)

    def record(self, moment: Moment) -> Record:
        """Return what the state file keeps."""
        return Record(
            grant_id=self.grant_id,
            room=self.room,
            role=self.role.value,
            seq=self.lease.seq,
            until=self.lease.until,
            on=self.lease.on,
            at=moment.wall,
            feeds=self.feeds,
            revoked=self.lease.revoked,
            cut=self.cut_at_seq == self.lease.seq,
        )

    def state(self, moment: Moment) -> dict[str, Any]:
        """Return what `reconcile` reports."""
        return {
            "grant_id": self.grant_id,
            "room": self.room,
            "role": self.role.value,
            "seq": self.lease.seq,
            "until": self.lease.until,
            "up": self.sent.up or self.received.up,
            "on": self.lease.carries(moment),
            "revoked": self.lease.revoked,
            "sent_at": self.sent.last_wall,
            "received_at": self.received.last_wall,
            "last_packet_at": self.last_packet_wall,
        }

    def sound_only(self, moment: Moment) -> bool:
        """Tell whether sound but no picture was given to the holder lately."""
        return moment.mono - self.last_picture_mono > RECEIVED_STALLS_AFTER_S

    def proof(self) -> dict[str, Any]:
        """Return when media was last seen, in epoch milliseconds."""
        return {
            "sent_at": self.sent.last_wall,
            "received_at": self.received.last_wall,
            "sent_audio_at": self.sent_by_kind.get("audio"),
            "sent_video_at": self.sent_by_kind.get("video"),
            "last_packet_at": self.last_packet_wall,
        }
