"""What a seat is, what can happen to it, and what is to be done then: plain frozen values.

Times are epoch milliseconds, amounts minor units of the terms' currency.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from ppvcms.metering.terms import Segment, Terms, owed

if TYPE_CHECKING:
    from ppvcms.metering.spans import Span


class Phase(StrEnum):
    """Where a seat is in its life."""

    SECURED = "secured"
    LIVE = "live"
    PAUSED = "paused"
    EXHAUSTED = "exhausted"
    WAITING = "waiting"
    BREAK = "break"
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
    LIMIT = "limit"
    NOT_CONNECTED = "not_connected"
    WENT_OFF = "went_off"
    STAFF = "staff"
    PRIVATE_BEGAN = "private_began"
    MODE_CHANGED = "mode_changed"
    NOT_CONTINUED = "not_continued"
    BLOCK_OVER = "block_over"
    BREAK_OVER = "break_over"
    LEFT_BREAK = "left_break"


class Why(StrEnum):
    """Why something that was asked of a seat cannot be."""

    FUNDS = "funds"
    NOT_NOW = "not_now"
    NOT_BACK = "not_back"
    BLOCKS = "blocks"
    BREAKS = "breaks"


@dataclass(frozen=True, slots=True)
class Part:
    """A segment that is over: its role, its rate a minute, and what was counted in it (R-09)."""

    role: str
    rate_per_minute: int
    starts_at: int
    counted_ms: int

    @property
    def segment(self) -> Segment:
        """What it weighs, in whole seconds (R-12)."""
        return Segment(self.rate_per_minute, self.counted_ms // 1000)


@dataclass(frozen=True, slots=True)
class SeatState:
    """What the clock knows of a seat; the row `seat` is its stored form.

    `secured` is all that was held for the seat and not given back, spent or not.
    `role` and `rate` are those of the running segment, which began at `part_at`;
    `parts` are the segments before it. `live_since` is when media was last allowed
    to flow. `gaps` are the moments at which the payer's line was lost within the
    last ten minutes. `waiting_since` is when a private took the room away, and
    `back_at` when its performer was back (R-39). `break_ms` is the time of breaks
    that are over (PS-11); one that runs began at `paused_at`.
    """

    terms: Terms
    role: str
    rate: int
    opened_at: int
    secured: int
    secured_until: int
    phase: Phase = Phase.SECURED
    started_at: int | None = None
    live_since: int | None = None
    counted_ms: int = 0
    parts: tuple[Part, ...] = ()
    part_at: int | None = None
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
    waiting_since: int | None = None
    back_at: int | None = None
    break_ms: int = 0
    closed_at: int | None = None
    reason: Reason | None = None

    @property
    def running_ms(self) -> int:
        """What was counted in the running segment."""
        if not self.parts:
            return self.counted_ms
        return self.counted_ms - sum(part.counted_ms for part in self.parts)

    @property
    def counted(self) -> tuple[Segment, ...]:
        """What was counted, each segment cut to whole seconds (R-12)."""
        running = Segment(self.rate, self.running_ms // 1000)
        if not self.parts:
            return (running,)
        return (*(part.segment for part in self.parts), running)

    @property
    def counted_s(self) -> int:
        """How many whole seconds were counted in all segments."""
        if not self.parts:
            return self.counted_ms // 1000
        return sum(segment.seconds for segment in self.counted)

    @property
    def due(self) -> int:
        """What the counted seconds cost if the payer goes now, without any minimum."""
        return owed(self.terms, self.counted)

    @property
    def lapsed(self) -> bool:
        """Whether the seat waited so long that its payer has to click to go on (R-39)."""
        late = self.resume_by is None or self.back_at is not None
        return self.phase is Phase.WAITING and late


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
    """The meter looks: what is proven, and what the wallet has available.

    `limited` says that a limit of spending leaves less than there is (WL-16).
    """

    evidence: Evidence
    available: int
    limited: bool = False


@dataclass(frozen=True, slots=True)
class End:
    """Somebody ends the seat; `evidence` is what is proven by then."""

    reason: Reason
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Rerate:
    """The payer changes role or rate at this second, after a click (R-09, R-43)."""

    role: str
    rate_per_minute: int
    evidence: Evidence
    available: int


@dataclass(frozen=True, slots=True)
class NextBlock:
    """The payer takes the block with this number, counted from 1 (R-22, PS-12)."""

    nr: int
    evidence: Evidence
    available: int


@dataclass(frozen=True, slots=True)
class Wait:
    """A private begins in the room: the others wait unbilled (R-39). Moves no money."""

    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Back:
    """The performer is back from the private (R-39). Moves no money."""

    evidence: Evidence


@dataclass(frozen=True, slots=True)
class GoOn:
    """The payer presses Continue after a long wait: same terms, secured anew (R-39)."""

    evidence: Evidence
    available: int


@dataclass(frozen=True, slots=True)
class Rest:
    """The performer takes a break, unbilled (PS-11)."""

    evidence: Evidence
    available: int


@dataclass(frozen=True, slots=True)
class RestOver:
    """The performer is back from the break (PS-11)."""

    evidence: Evidence
    available: int


Event = Tick | End | Rerate | NextBlock | Wait | Back | GoOn | Rest | RestOver


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
class Hold:
    """The payer waits, for the end of a private or of a break: stop the media (R-39, PS-11)."""

    at: int


@dataclass(frozen=True, slots=True)
class Free:
    """Give back what is held and not spent: the wait became long (R-39)."""

    amount: int


@dataclass(frozen=True, slots=True)
class Denied:
    """What was asked for cannot be, and nothing was changed: why, and what is missing."""

    why: Why
    needed: int = 0
    missing: int = 0


@dataclass(frozen=True, slots=True)
class Close:
    """Settle the seat for `charge` in all, or void it (R-13, R-14, R-21)."""

    reason: Reason
    charge: int
    void: bool


Command = (
    Secure
    | Post
    | Warn
    | Start
    | Pause
    | Exhaust
    | Unbilled
    | Resume
    | Hold
    | Free
    | Denied
    | Close
)
Commands = tuple[Command, ...]


def side_of(*, performer: bool, payer: bool) -> Side | None:
    """Return which sides something is true of."""
    if performer and payer:
        return Side.BOTH
    return Side.PERFORMER if performer else Side.PAYER if payer else None
