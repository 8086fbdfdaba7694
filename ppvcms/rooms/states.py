"""What a room is now, as everybody sees it: pure rules over a few facts (RM-01, RM-05)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

OFFLINE_AFTER_MS = 60_000


class RoomState(StrEnum):
    """The states of a room, in the order in which the listing shows them."""

    ONLINE = "online"
    GROUP = "group"
    PRIVATE = "private"
    HIDDEN = "hidden"
    AWAY = "away"
    OFFLINE = "offline"

    @property
    def live(self) -> bool:
        """Whether the performer is there at all."""
        return self is not RoomState.OFFLINE

    @property
    def public_media(self) -> bool:
        """Whether the public picture can be watched."""
        return self in {RoomState.ONLINE, RoomState.GROUP}


@dataclass(frozen=True, slots=True)
class RoomSignals:
    """What a state is computed from; `show_live` is about the room's current show."""

    show_live: bool
    private: bool
    paid: bool
    hidden: bool
    away_since: int | None
    started_at: int | None
    evidence_at: int | None
    ready_by: int | None = None


def state_of(signals: RoomSignals, now: int) -> RoomState:
    """Return the state at `now`.

    A public show counts from its first sign of life to 60 s after the last one,
    so that a short drop does not flicker. A private show is closed by its meter;
    after it the room is away until its performer is ready (PS-10).
    """
    if signals.show_live and signals.private:
        return RoomState.PRIVATE
    if not signals.show_live or not _is_there(signals, now):
        return RoomState.OFFLINE
    if signals.away_since is not None:
        return RoomState.AWAY
    if signals.hidden:
        return RoomState.HIDDEN
    return RoomState.GROUP if signals.paid else RoomState.ONLINE


def _is_there(signals: RoomSignals, now: int) -> bool:
    if signals.ready_by is not None:
        return now < signals.ready_by
    return signals.evidence_at is not None and now - signals.evidence_at <= OFFLINE_AFTER_MS


def since(signals: RoomSignals, state: RoomState) -> int | None:
    """Return when this state began, as far as it is known."""
    if state is RoomState.OFFLINE:
        return None
    return signals.away_since if state is RoomState.AWAY else signals.started_at
