"""The life of a seat as a pure function: state, what happened, now -> state, commands.

The meter, the estimate on screen, the simulator and the tests run this same
`step`. It knows no database, no engine and no clock of its own. Times are epoch
milliseconds; a rule's number stands where it is kept.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import pairwise

from ppvcms.metering import terms as rules
from ppvcms.metering.spans import Span, subtract, total, within
from ppvcms.metering.terms import Segment, Terms, due, first_block, seconds_for, with_minimum

POST_EVERY_MS = 9_000
LOOK_EVERY_MS = 1_000
SIGN_EVERY_MS = 2_000
ON_ITS_WAY_MS = 1_000
"""How long a sign may take from a page or an engine into the database."""
SOONEST_MS = 200
GAPS_WITHIN_MS = 600_000
GAPS_FORGIVEN = 3
WAITS_S = (10, 20, 40)


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


def opened(terms: Terms, *, now: int) -> SeatState:
    """Return a seat at the moment its first block is secured (R-29)."""
    secured = first_block(terms)
    state = SeatState(terms=terms, opened_at=now, secured=secured, secured_until=now)
    return replace(state, secured_until=now + _left_ms(state), posted_at=now)


def step(state: SeatState, event: Event, now: int) -> tuple[SeatState, Commands]:
    """Return what a seat becomes when something happens, and what has to be done.

    Safe to repeat: the same event at the same moment asks for nothing new. A
    closed seat stays as it is, whatever comes late. A clock that steps back is
    taken to stand still: what has happened stays.
    """
    if state.phase.over:
        return state, ()
    track = _Track(replace(state), max(now, _last_act(state)), event.evidence)
    track.count()
    if isinstance(event, End):
        track.close(event.reason)
    else:
        track.look(event.available)
    return track.state, tuple(track.commands)


def seen(state: SeatState, evidence: Evidence, now: int) -> SeatState:
    """Return a seat with what is proven by now counted, and nothing else done: for screens."""
    track = _Track(replace(state), now, evidence)
    track.count()
    return track.state


@dataclass(slots=True)
class _Track:
    """One step under way."""

    state: SeatState
    now: int
    evidence: Evidence
    commands: list[Command] = field(default_factory=list)

    def look(self, available: int) -> None:
        """Go through the phases, as far as this moment leads."""
        if self.state.phase is Phase.SECURED:
            self._begin()
        if self.state.phase is Phase.LIVE:
            available = self._run(available)
        if self.state.phase is Phase.EXHAUSTED:
            available = self._return_with_money(available)
        if self.state.phase is Phase.PAUSED:
            self._wait()
        if self.state.phase is Phase.LIVE:
            self._warn(available)

    # --- What is proven -----------------------------------------------------------

    def count(self) -> None:
        """Count what is proven and secured; never less than before, never past the money."""
        state = self.state
        if state.phase not in {Phase.LIVE, Phase.EXHAUSTED}:
            return
        counted = total(self._counted())
        most = seconds_for(
            state.secured,
            rate_per_minute=state.terms.rate_per_minute,
            grace_s=state.terms.grace_s,
        )
        self._set(counted_ms=max(state.counted_ms, min(counted, most * 1000)))

    def _counted(self) -> tuple[Span, ...]:
        start = self.state.started_at or self.state.opened_at
        return within(self.evidence.counted, start, min(self.now, self.state.secured_until))

    def _last_counted(self) -> int:
        spans = self._counted()
        return spans[-1].end if spans else self.state.started_at or self.state.opened_at

    def _silent(self, moment: int) -> Side | None:
        """Return who was not heard of for too long at a moment (R-11)."""
        since = self.state.live_since or 0
        performer, payer = (
            moment - max(last or 0, since) >= silence_ms(self.state.terms)
            for last in (self.evidence.performer_last, self.evidence.payer_last)
        )
        return side_of(performer=performer, payer=payer)

    def _down(self, moment: int) -> Side | None:
        """Return whose line is down: silent, or with signs too far apart to count anything."""
        side, silent_ms = self._silent(moment), silence_ms(self.state.terms)
        since = self.state.live_since or 0
        counted = max(self._last_counted(), since)
        if side is None and moment - counted >= stall_ms(self.state.terms):
            up = not subtract([Span(counted, moment - silent_ms)], self.evidence.performer)
            return Side.PAYER if up else Side.PERFORMER
        return side

    # --- The phases ---------------------------------------------------------------

    def _begin(self) -> None:
        """Start at the later of both first signs, or give the seat up in time (R-13)."""
        state, limit = self.state, self.state.opened_at + self.state.terms.connect_s * 1000
        first = within(self.evidence.counted, state.opened_at, self.now)
        if first and first[0].start <= limit:
            start = first[0].start
            self._set(phase=Phase.LIVE, started_at=start, live_since=start, posted_at=self.now)
            # Nothing is secured twice: the block runs from the first counted second on.
            self._set(secured_until=start + _left_ms(self.state))
            self.commands.append(Start(start))
            self.count()
            return
        # A sign of the last second may still be on its way.
        missing = self._silent(self.now)
        if self.now >= limit and (missing or self.now >= limit + LOOK_EVERY_MS * 5):
            self._set(cause=missing or Side.BOTH)
            self.close(Reason.NOT_CONNECTED)

    def _run(self, available: int) -> int:
        """Pause, extend, exhaust or post a live seat; return what is still available."""
        state = self.state
        if self._see_holes():
            self._pause(Side.PAYER, self._last_counted())
            return available
        down = self._down(min(self.now, state.secured_until))
        if down is not None:
            at = max(self._last_counted(), state.live_since or 0)
            self._lose(at, self.now, by_payer=down is Side.PAYER)
            self._pause(down, at)
            return available
        left_ms = state.secured_until - self.now
        if left_ms <= 0:
            self._exhaust()
            return available
        if left_ms < extend_below_ms(state):
            available -= self._secure(available)
        if self.now - state.posted_at >= POST_EVERY_MS:
            self._post()
        return available

    def _see_holes(self) -> bool:
        """Note lines that broke and came back between two looks (media.md 2.1).

        Such time is not billed, its money stays secured. Returns whether the payer's
        line did so too often, so that its return has to wait.
        """
        waits = False
        for before, after in pairwise(self._counted()):
            if before.end < (self.state.live_since or 0):
                continue
            hole = Span(before.end, after.start)
            by_payer = not subtract([hole], self.evidence.performer)
            self._lose(hole.start, hole.end, by_payer=by_payer)
            self.commands.append(Unbilled(*hole))
            self._set(
                live_since=hole.end,
                secured_until=self.state.secured_until + hole.end - hole.start,
            )
            waits = waits or (by_payer and wait_s(len(self.state.gaps)) > 0)
        return waits

    def _lose(self, start: int, end: int, *, by_payer: bool) -> None:
        """Remember media that was delivered and not counted, and whose line was lost."""
        gaps = tuple(gap for gap in self.state.gaps if self.now - gap < GAPS_WITHIN_MS)
        self._set(
            gaps=(*gaps, start) if by_payer else gaps,
            uncounted_ms=self.state.uncounted_ms + max(0, end - start),
        )

    def _pause(self, cause: Side, at: int) -> None:
        """Stop billing since the last counted moment, and the payer's media with it."""
        state, last = self.state, self._last_counted()
        self._post()
        self._set(
            phase=Phase.PAUSED,
            paused_at=at,
            cause=cause,
            resume_by=last + state.terms.resume_window_s * 1000,
            resume_after=self.now + 1000 * wait_s(len(state.gaps)),
        )
        self.commands.append(Pause(at, cause))

    def _exhaust(self) -> None:
        at = self.state.secured_until
        self._post()
        self._set(
            phase=Phase.EXHAUSTED,
            paused_at=at,
            cause=None,
            resume_by=at + self.state.terms.resume_window_s * 1000,
        )
        self.commands.append(Exhaust(at))

    def _return_with_money(self, available: int) -> int:
        """Go on once there is money again, or close when the window is over (R-37)."""
        if self._over_at(self.state.resume_by):
            # With money at hand it was the meter that did not come in time, not the payer.
            has_money = self._next_block(available) > 0
            self.close(Reason.RESUME_WINDOW if has_money else Reason.EXHAUSTED)
            return available
        secured = self._secure(available)
        if secured:
            # Waiting for money is not a pause of R-24.
            self.commands.append(Unbilled(self.state.paused_at or self.now, self.now))
            self._set(
                phase=Phase.PAUSED,
                paused_at=self.now,
                resume_after=self.now,
                resume_by=self.now + self.state.terms.resume_window_s * 1000,
            )
        return available - secured

    def _wait(self) -> None:
        """Go on when both are back in time, or close (R-23, R-24)."""
        state = self.state
        paused_at = state.paused_at or self.now
        paused_ms = state.paused_ms + self.now - paused_at
        missing = self._missing()
        if self._over_at(state.resume_by):
            self._set(cause=missing or state.cause)
            self.close(Reason.RESUME_WINDOW)
        elif paused_ms >= state.terms.pause_cap_s * 1000:
            self.close(Reason.PAUSE_CAP)
        elif missing is None and self.now >= (state.resume_after or 0):
            self.commands += [Unbilled(paused_at, self.now), Resume()]
            self._set(
                phase=Phase.LIVE,
                paused_at=None,
                cause=None,
                paused_ms=paused_ms,
                resume_by=None,
                resume_after=None,
                live_since=self.now,
                secured_until=self.now + _left_ms(state),
            )
        elif missing is not None:
            self._set(cause=missing)

    def _missing(self) -> Side | None:
        """Return who is not there to go on; a payer without media proves it by the page."""
        lost_ms = self.state.terms.evidence_lost_s * 1000
        performer, payer = (
            self.now - (last or 0) >= lost_ms
            for last in (self.evidence.performer_last, self.evidence.payer_here)
        )
        return side_of(performer=performer, payer=payer)

    def close(self, reason: Reason) -> None:
        """End the seat; before its start it is void and costs nothing."""
        state = self.state
        void = state.started_at is None
        charge = charge_of(state, reason)
        if state.paused_at is not None and self.now > state.paused_at:
            self.commands.append(Unbilled(state.paused_at, self.now))
        self._set(phase=Phase.VOID if void else Phase.SETTLED, closed_at=self.now, reason=reason)
        self.commands.append(Close(reason, 0 if void else charge, void))

    # --- Small steps --------------------------------------------------------------

    def _next_block(self, available: int) -> int:
        state = self.state
        return rules.extension(
            state.terms, secured=state.secured, counted=state.counted, available=available
        )

    def _secure(self, available: int) -> int:
        """Add the next block, as far as the money goes (R-31); return what it took."""
        state, amount = self.state, self._next_block(available)
        if amount:
            before = _left_ms(state)
            self._set(secured=state.secured + amount)
            more = _left_ms(self.state) - before
            self._set(secured_until=state.secured_until + more)
            self.commands.append(Secure(amount))
        return amount

    def _post(self) -> None:
        amount = self.state.due - self.state.posted
        self._set(posted_at=self.now)
        if amount > 0:
            self._set(posted=self.state.posted + amount)
            self.commands.append(Post(amount))

    def _warn(self, available: int) -> None:
        """Warn once at each mark, and again after new money (R-36)."""
        left = time_left_s(self.state, available=available, now=self.now)
        reached = sum(left <= mark for mark in self.state.terms.warn_s)
        if reached > self.state.warned:
            self.commands.append(Warn(left))
        if reached != self.state.warned:
            self._set(warned=reached)

    def _over_at(self, limit: int | None) -> bool:
        return limit is not None and self.now >= limit

    def _set(self, **changes: object) -> None:
        # The state of a step under way is nobody else's yet; a new one for each of its
        # parts took a third of the meter's time.
        for name, value in changes.items():
            object.__setattr__(self.state, name, value)


def charge_of(state: SeatState, reason: Reason) -> int:
    """Return what a seat costs if it ends now for a reason (R-21).

    The minimum is due when the payer ended the seat or did not come back, never
    when the performer, the site or the engine ended it.
    """
    payers_doing = reason in {Reason.PAYER_ENDED, Reason.EXHAUSTED} or (
        reason in {Reason.RESUME_WINDOW, Reason.PAUSE_CAP} and state.cause is Side.PAYER
    )
    if not payers_doing:
        return state.due
    return with_minimum(
        state.due,
        minimum=state.terms.minimum,
        counted_s=state.counted_ms // 1000,
        grace_s=state.terms.grace_s,
    )


def estimate(terms: Terms, counted_ms: int) -> int:
    """Return what counted time costs: the figure on screen, by the bill's own formula (R-51)."""
    return due([Segment(terms.rate_per_minute, counted_ms // 1000)], grace_s=terms.grace_s)


def time_left_s(state: SeatState, *, available: int, now: int) -> int:
    """Return the seconds a seat can still go on: secured, and what available buys (R-36)."""
    counted = state.counted
    bought = seconds_for(
        state.secured,
        rate_per_minute=state.terms.rate_per_minute,
        grace_s=state.terms.grace_s,
        before=counted,
    )
    could = seconds_for(
        state.secured + max(0, available),
        rate_per_minute=state.terms.rate_per_minute,
        grace_s=state.terms.grace_s,
        before=counted,
    )
    running = state.phase is Phase.LIVE
    secured_s = max(0, state.secured_until - now) // 1000 if running else bought
    return max(0, min(secured_s, bought) + could - bought)


def extend_below_ms(state: SeatState) -> int:
    """Return at how much time left the next block is secured: 60 s or 20 % of it (R-31)."""
    terms = state.terms
    first = state.secured == first_block(terms)
    block_s = terms.first_block_s if first else terms.extend_s
    return 1000 * max(terms.extend_below_s, block_s // 5)


def side_of(*, performer: bool, payer: bool) -> Side | None:
    """Return which sides something is true of."""
    if performer and payer:
        return Side.BOTH
    return Side.PERFORMER if performer else Side.PAYER if payer else None


def stall_ms(terms: Terms) -> int:
    """Return how long single signs may come without ever making a stretch that counts."""
    return silence_ms(terms) + SIGN_EVERY_MS


def silence_ms(terms: Terms) -> int:
    """Return how long nothing was heard of a side that counts as down (R-11)."""
    return terms.evidence_lost_s * 1000 + ON_ITS_WAY_MS


def wait_s(gaps: int) -> int:
    """Return how long a return waits after so many lost lines in ten minutes (media.md 2.1)."""
    beyond = gaps - GAPS_FORGIVEN
    return 0 if beyond <= 0 else WAITS_S[min(beyond, len(WAITS_S)) - 1]


def next_look(state: SeatState, evidence: Evidence, *, now: int) -> int:
    """Return when the meter has to look at a seat again."""
    if state.phase is not Phase.LIVE:
        times = [now + LOOK_EVERY_MS]
        times += [limit for limit in (state.resume_by,) if limit is not None]
        return max(now + SOONEST_MS, min(times))
    since = state.live_since or 0
    signs = (evidence.performer_last, evidence.payer_last)
    times = [max(last or 0, since) + silence_ms(state.terms) for last in signs]
    counted = evidence.counted[-1].end if evidence.counted else 0
    times.append(max(counted, since) + stall_ms(state.terms))
    times += [state.posted_at + POST_EVERY_MS, state.secured_until]
    times += [
        moment
        for moment in (
            state.secured_until - extend_below_ms(state),
            *(state.secured_until - mark * 1000 for mark in state.terms.warn_s),
        )
        if moment > now
    ]
    return max(now + SOONEST_MS, min(times))


def _last_act(state: SeatState) -> int:
    moments = (state.opened_at, state.posted_at, state.live_since, state.paused_at)
    return max(moment for moment in moments if moment is not None)


def _left_ms(state: SeatState) -> int:
    """Return the media time that is secured and not yet used (R-30)."""
    seconds = seconds_for(
        state.secured,
        rate_per_minute=state.terms.rate_per_minute,
        grace_s=state.terms.grace_s,
    )
    return max(0, seconds * 1000 - state.counted_ms)
