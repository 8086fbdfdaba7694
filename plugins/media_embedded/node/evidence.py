"""Evidence: when media last came from a grant's holder, and when it was last received."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .leases import Moment

DOWN_AFTER_S = 5.0
EVIDENCE_EVERY_S = 2.0


class Change(StrEnum):
    """What the core is told about one direction of a grant."""

    UP = "media_up"
    STALLED = "media_stalled"
    RESUMED = "media_resumed"
    DOWN = "media_down"


class _State(StrEnum):
    DOWN = "down"
    UP = "up"
    STALLED = "stalled"


@dataclass(slots=True)
class Watch:
    """One direction of one grant: sent by its holder, or received by its holder."""

    stalled_after_s: float
    state: _State = _State.DOWN
    last_mono: float = float("-inf")
    last_wall: int | None = None

    @property
    def up(self) -> bool:
        """Whether media is, or was within the last seconds, seen."""
        return self.state is not _State.DOWN

    def seen(self, moment: Moment) -> Change | None:
        """Note one proof; return the change that it means."""
        self.last_mono = moment.mono
        self.last_wall = moment.wall
        was, self.state = self.state, _State.UP
        if was is _State.DOWN:
            return Change.UP
        return Change.RESUMED if was is _State.STALLED else None

    def tick(self, moment: Moment) -> Change | None:
        """Note that time passes; return the change that it means."""
        silent_s = moment.mono - self.last_mono
        if self.state is not _State.DOWN and silent_s > max(DOWN_AFTER_S, self.stalled_after_s):
            self.state = _State.DOWN
            return Change.DOWN
        if self.state is _State.UP and silent_s > self.stalled_after_s:
            self.state = _State.STALLED
            return Change.STALLED
        return None

    def end(self) -> bool:
        """Media is over; tell whether that is news."""
        was, self.state = self.state, _State.DOWN
        return was is not _State.DOWN
