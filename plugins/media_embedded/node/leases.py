"""Leases: until when a grant may carry media, decided without input or output."""

from __future__ import annotations

import time
from dataclasses import dataclass
from enum import StrEnum

MESSAGE_LIVES_MS = 2_000


@dataclass(frozen=True, slots=True)
class Moment:
    """One reading of both clocks: monotonic seconds and wall-clock milliseconds."""

    mono: float
    wall: int

    @staticmethod
    def present() -> Moment:
        """Read both clocks."""
        return Moment(time.monotonic(), time.time_ns() // 1_000_000)


@dataclass(frozen=True, slots=True)
class LeaseMessage:
    """What the app says: `until` and `now` in epoch milliseconds of its database."""

    seq: int
    until: int
    now: int


class Verdict(StrEnum):
    """What became of a lease message."""

    APPLIED = "applied"
    UNCHANGED = "unchanged"
    STALE = "stale"
    REVOKED = "revoked"


@dataclass(slots=True)
class GrantLease:
    """The lease that one grant holds.

    The higher `seq` wins, an equal or lower one changes nothing, and a revoked
    grant takes none any more. The end is the earlier of two clocks: a
    monotonic one, armed with what was left when the message was written, and
    the wall clock, which knows how long the message was on its way.
    """

    seq: int = -1
    until: int = 0
    on: bool = False
    revoked: bool = False
    deadline: float = float("-inf")
    changed: float = float("-inf")

    def apply(self, message: LeaseMessage, moment: Moment, *, on: bool) -> Verdict:
        """Take the message if it is newer than what is held and fresh enough."""
        if self.revoked:
            return Verdict.REVOKED
        if message.seq <= self.seq:
            return Verdict.UNCHANGED
        if abs(moment.wall - message.now) > MESSAGE_LIVES_MS:
            return Verdict.STALE
        self.seq = message.seq
        self.until = message.until
        self.on = on
        self.deadline = moment.mono + (message.until - message.now) / 1000
        self.changed = moment.mono
        return Verdict.APPLIED

    def restore(self, *, seq: int, until: int, on: bool, moment: Moment) -> None:
        """Take back what an earlier process held; only the wall clock outlived it."""
        self.seq = seq
        self.until = until
        self.on = on
        self.deadline = moment.mono + (until - moment.wall) / 1000
        self.changed = moment.mono

    def revoke(self) -> None:
        """End the grant for ever."""
        self.revoked = True
        self.on = False

    def remaining_s(self, moment: Moment) -> float:
        """Return the seconds left by the stricter clock; 0 or less means over."""
        if self.revoked:
            return float("-inf")
        return min(self.deadline - moment.mono, (self.until - moment.wall) / 1000)

    def carries(self, moment: Moment) -> bool:
        """Tell whether media may flow to and from the holder now."""
        return self.on and self.remaining_s(moment) > 0

    def ended(self, moment: Moment) -> bool:
        """Tell whether a lease that let media flow has run out."""
        return self.on and self.remaining_s(moment) <= 0
