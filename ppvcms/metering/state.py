"""What a seat is, what can happen to it, and what is to be done then: plain frozen values.

Times are epoch milliseconds, amounts minor units of the terms' currency.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from ppvcms.metering.terms import Segment, Terms, due

if TYPE_CHECKING:
    from ppvcms.metering.spans import Span


class Phase(StrEnum):
    """Where a seat is in its life."""

    SECURED = "secured"
    LIVE = "live"
    PAUSED = "paused"
    EXHAUSTED = "exhausted"
    SETTLED = "settled"
    VOID = "void"

    @property
    def over(self) -> bool:
        """Whether nothing can happen to the seat any more."""
        return self in {Phase.SETTLED, Phase.VOID}


class Side(StrEnum):
    """Whose line is down."""

    PERFORMER = "performer"
    PAYER = "payer"
    BOTH = "both"


class Reason(StrEnum):
    """Why a seat ended (R-14)."""

    PAYER_ENDED = "payer_ended"
    PERFORMER_ENDED = "performer_ended"
    RESUME_WINDOW = "resume_window"
    PAUSE_CAP = "pause_cap"
    EXHAUSTED = "exhausted"
    NOT_CONNECTED = "not_connected"
    WENT_OFF = "went_off"
    STAFF = "staff"


@dataclass(frozen=True, slots=True)
class SeatState:
    """What the clock knows of a seat; the row `seat` is its stored form.

    `secured` is all that was ever held for the seat, spent or not. `live_since`
    is when media was last allowed to flow. `gaps` are the moments at which the
    payer's line was lost within the last ten minutes.
    """

    terms: Terms
    opened_at: int
    secured: int
    secured_until: int
    phase: Phase = Phase.SECURED
    started_at: int | None = None
    live_since: int | None = None
    counted_ms: int = 0
    posted: int = 0
    posted_at: int = 0
    paused_at: int | None = None
    cause: Side | None = None
    paused_ms: int = 0
    resume_by: int | None = None
    resume_after: int | None = None
    gaps: tuple[int, ...] = ()
    uncounted_ms: int = 0
    warned: int = 0
    closed_at: int | None = None
    reason: Reason | None = None

    @property
    def counted(self) -> tuple[Segment, ...]:
        """What was counted, in whole seconds (R-12)."""
        return (Segment(self.terms.rate_per_minute, self.counted_ms // 1000),)

    @property
    def due(self) -> int:
        """What the counted seconds cost, without any minimum."""
        return due(self.counted, grace_s=self.terms.grace_s)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is proven at a moment, read from the spans.

    `counted` is the overlap of the three facts without past pauses, `performer`
    the time in which the performer's media came. `performer_last` and `payer_last`
    are the last signs of each side's media, `payer_here` the last word of the
    payer's page, with or without a picture.
    """

    counted: tuple[Span, ...] = ()
    performer_last: int | None = None
    payer_last: int | None = None
    payer_here: int | None = None
    performer: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Tick:
    """The meter looks: what is proven, and what the wallet has available."""

    evidence: Evidence
    available: int


@dataclass(frozen=True, slots=True)
class End:
    """Somebody ends the seat; `evidence` is what is proven by then."""

    reason: Reason
    evidence: Evidence


Event = Tick | End


@dataclass(frozen=True, slots=True)
class Secure:
    """Hold more of the wallet; the engine is told the new secured second."""

    amount: int


@dataclass(frozen=True, slots=True)
class Post:
    """Move a part of the hold to the escrow of the show."""

    amount: int


@dataclass(frozen=True, slots=True)
class Warn:
    """Tell both sides that time runs out (R-36)."""

    seconds_left: int


@dataclass(frozen=True, slots=True)
class Start:
    """Both sides were up for the first time (R-13)."""

    at: int


@dataclass(frozen=True, slots=True)
class Pause:
    """Stop the payer's media: nothing is billed since `at` (R-23)."""

    at: int
    cause: Side


@dataclass(frozen=True, slots=True)
class Exhaust:
    """The secured time is used up at `at`: media is over, the seat may return (R-37)."""

    at: int


@dataclass(frozen=True, slots=True)
class Unbilled:
    """Remember a stretch of time that no late evidence may bill."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Resume:
    """Let the payer's media flow again."""


@dataclass(frozen=True, slots=True)
class Close:
    """Settle the seat for `charge` in all, or void it (R-13, R-14, R-21)."""

    reason: Reason
    charge: int
    void: bool


Command = Secure | Post | Warn | Start | Pause | Exhaust | Unbilled | Resume | Close
Commands = tuple[Command, ...]


def side_of(*, performer: bool, payer: bool) -> Side | None:
    """Return which sides something is true of."""
    if performer and payer:
        return Side.BOTH
    return Side.PERFORMER if performer else Side.PAYER if payer else None
