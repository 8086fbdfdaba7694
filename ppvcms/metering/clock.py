"""The life of a seat as a pure function: state, what happened, now -> state, commands.

The meter, the figures on screen, the simulator and the tests run this same
`step`. It knows no database, no engine and no clock of its own. Times are epoch
milliseconds; a rule's number stands where it is kept.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from ppvcms.metering import changes
from ppvcms.metering import terms as rules
from ppvcms.metering.figures import (
    LOOK_EVERY_MS,
    POST_EVERY_MS,
    bought_s,
    charge_of,
    counted_by_part,
    extend_below_ms,
    last_act,
    left_ms,
    silence_ms,
    stall_ms,
    sure_of,
    time_left_s,
    wait_s,
)
from ppvcms.metering.spans import Span, subtract, total, within
from ppvcms.metering.state import (
    Back,
    Close,
    Denied,
    End,
    Exhaust,
    GoOn,
    NextBlock,
    Part,
    Pause,
    Phase,
    Post,
    Reason,
    Rerate,
    Rest,
    RestOver,
    Resume,
    SeatState,
    Secure,
    Side,
    Start,
    Tick,
    Unbilled,
    Wait,
    Warn,
    side_of,
)
from ppvcms.metering.terms import first_block

if TYPE_CHECKING:
    from ppvcms.metering.state import Command, Commands, Event, Evidence
    from ppvcms.metering.terms import Terms

GAPS_WITHIN_MS = 600_000
_FIELDS = tuple(field.name for field in fields(SeatState))
COUNTING = frozenset({Phase.LIVE, Phase.EXHAUSTED, Phase.WAITING})


def opened(terms: Terms, *, now: int) -> SeatState:
    """Return a seat at the moment its first block is secured (R-29)."""
    secured = first_block(terms)
    state = SeatState(
        terms=terms,
        role=terms.role,
        rate=terms.rate_per_minute,
        opened_at=now,
        secured=secured,
        secured_until=now,
    )
    return replace(state, secured_until=now + left_ms(state), posted_at=now)


def step(state: SeatState, event: Event, now: int) -> tuple[SeatState, Commands]:
    """Return what a seat becomes when something happens, and what has to be done.

    Safe to repeat: the same event at the same moment asks for nothing new. A
    closed seat stays as it is, whatever comes late. A clock that steps back is
    taken to stand still: what has happened stays.
    """
    if state.phase.over:
        return state, ()
    track = Track(_copy(state), max(now, last_act(state)), event.evidence)
    track.count()
    match event:
        case End():
            track.close(event.reason)
        case Wait():
            changes.wait(track)
        case Back():
            changes.come_back(track)
        case _:
            track.available = event.available
            track.limited = isinstance(event, Tick) and event.limited
            track.look()
            _change(track, event)
    denied = next((one for one in track.commands if isinstance(one, Denied)), None)
    return (track.state, tuple(track.commands)) if denied is None else (state, (denied,))


def _change(track: Track, event: Event) -> None:
    """Do what was asked of a seat that is still open after the look."""
    if track.state.phase.over:
        return
    match event:
        case Rerate():
            changes.rerate(track, event.role, event.rate_per_minute)
        case NextBlock():
            changes.next_block(track, event.nr)
        case GoOn():
            changes.go_on(track)
        case Rest():
            changes.rest(track)
        case RestOver():
            changes.rest_over(track)


def _copy(state: SeatState) -> SeatState:
    """Return the same state to work on; `dataclasses.replace` takes four times as long."""
    fresh = object.__new__(SeatState)
    for name in _FIELDS:
        object.__setattr__(fresh, name, getattr(state, name))
    return fresh


def seen(state: SeatState, evidence: Evidence, now: int) -> SeatState:
    """Return a seat with what is proven by now counted, and nothing else done: for screens."""
    track = Track(_copy(state), now, evidence)
    track.count()
    return track.state


@dataclass(slots=True)
class Track:
    """One step under way; `available` is what the wallet can still give, `limited` by a limit."""

    state: SeatState
    now: int
    evidence: Evidence
    available: int = 0
    limited: bool = False
    commands: list[Command] = field(default_factory=list)

    def look(self) -> None:
        """Go through the phases, as far as this moment leads."""
        if self.state.phase is Phase.SECURED:
            self._begin()
        if self.state.phase is Phase.LIVE:
            self._run()
        if self.state.phase is Phase.EXHAUSTED:
            self._return_with_money()
        if self.state.phase is Phase.PAUSED:
            self._stay()
        if self.state.phase is Phase.WAITING:
            changes.stay_waiting(self)
        if self.state.phase is Phase.BREAK:
            changes.stay_resting(self)
        if self.state.phase is Phase.LIVE:
            self._warn()

    # --- What is proven -----------------------------------------------------------

    def count(self) -> None:
        """Count what is proven and secured; never less than before, never past the money."""
        state = self.state
        if state.phase not in COUNTING or state.started_at is None:
            return
        spans = self._counted()
        most_ms = 1000 * (bought_s(state, state.secured) + state.running_ms // 1000)
        if not state.parts:
            self.put(counted_ms=max(state.counted_ms, min(total(spans), most_ms)))
            return
        *past, running = counted_by_part(state, spans, self.now)
        ran, parts = state.running_ms, self._paid_parts(past)
        past_ms = sum(part.counted_ms for part in parts)
        self.put(parts=parts, counted_ms=past_ms + ran)
        most_ms = 1000 * (bought_s(self.state, state.secured) + ran // 1000)
        self.put(counted_ms=past_ms + max(ran, min(running, most_ms)))

    def _paid_parts(self, proven: list[int]) -> tuple[Part, ...]:
        """Return the segments before with what is proven by now, as far as it is paid for."""
        state = self.state
        parts: list[Part] = []
        for part, ms in zip(state.parts, proven, strict=True):
            most = rules.seconds_more(
                state.terms,
                state.secured,
                rate_per_minute=part.rate_per_minute,
                counted=[one.segment for one in parts],
            )
            counted_ms = max(part.counted_ms, min(ms, 1000 * most))
            parts.append(replace(part, counted_ms=counted_ms))
        return tuple(parts)

    def _counted(self) -> tuple[Span, ...]:
        state = self.state
        start = state.opened_at if state.started_at is None else state.started_at
        until = self.now if state.waiting_since is None else state.waiting_since
        return within(self.evidence.counted, start, min(until, state.secured_until))

    def last_counted(self) -> int:
        """Return the last moment that is proven, or the beginning."""
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
        counted = max(self.last_counted(), since)
        if side is None and moment - counted >= stall_ms(self.state.terms):
            up = not subtract([Span(counted, moment - silent_ms)], self.evidence.performer)
            return Side.PAYER if up else Side.PERFORMER
        return side

    # --- The phases ---------------------------------------------------------------

    def _begin(self) -> None:
        """Start at the later of both first signs, or give the seat up in time (R-13)."""
        state = self.state
        since = max(state.opened_at, state.live_since or 0)
        limit = since + state.terms.connect_s * 1000
        first = within(self.evidence.counted, since, self.now)
        if first and first[0].start <= limit:
            start = first[0].start
            self.put(phase=Phase.LIVE, started_at=start, live_since=start, posted_at=self.now)
            # Nothing is secured twice: the block runs from the first counted second on.
            self.put(secured_until=start + left_ms(self.state))
            self.commands.append(Start(start))
            self.count()
            return
        # A sign of the last second may still be on its way.
        missing = self._silent(self.now)
        if self.now >= limit and (missing or self.now >= limit + LOOK_EVERY_MS * 5):
            self.put(cause=missing or Side.BOTH)
            self.close(Reason.NOT_CONNECTED)

    def _run(self) -> None:
        """Pause, extend, exhaust or post a live seat."""
        state = self.state
        if self._see_holes():
            self._pause(Side.PAYER, self.last_counted())
            return
        down = self._down(min(self.now, state.secured_until))
        if down is not None:
            at = max(self.last_counted(), state.live_since or 0)
            self._lose(at, self.now, by_payer=down is Side.PAYER)
            self._pause(down, at)
            return
        left = state.secured_until - self.now
        if left <= 0:
            self._exhaust()
            return
        if left <= extend_below_ms(state):
            self._extend()
        if self.now - state.posted_at >= POST_EVERY_MS:
            self.post()

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
            self.put(
                live_since=hole.end,
                secured_until=self.state.secured_until + hole.end - hole.start,
            )
            waits = waits or (by_payer and wait_s(len(self.state.gaps)) > 0)
        return waits

    def _lose(self, start: int, end: int, *, by_payer: bool) -> None:
        """Remember media that was delivered and not counted, and whose line was lost."""
        gaps = tuple(gap for gap in self.state.gaps if self.now - gap < GAPS_WITHIN_MS)
        self.put(
            gaps=(*gaps, start) if by_payer else gaps,
            uncounted_ms=self.state.uncounted_ms + max(0, end - start),
        )

    def _pause(self, cause: Side, at: int) -> None:
        """Stop billing since the last counted moment, and the payer's media with it."""
        state = self.state
        # Waiting for the end of a private is no part of the window to return in.
        last = max(self.last_counted(), state.back_at or 0)
        self.post()
        self.put(
            phase=Phase.PAUSED,
            paused_at=at,
            cause=cause,
            resume_by=last + state.terms.resume_window_s * 1000,
            resume_after=self.now + 1000 * wait_s(len(state.gaps)),
        )
        self.commands.append(Pause(at, cause))

    def _exhaust(self) -> None:
        at = self.state.secured_until
        self.post()
        self.put(
            phase=Phase.EXHAUSTED,
            paused_at=at,
            cause=None,
            resume_by=at + self.state.terms.resume_window_s * 1000,
        )
        self.commands.append(Exhaust(at))

    def _return_with_money(self) -> None:
        """Go on once there is money again, or close when the window is over (R-37)."""
        if self._over_at(self.state.resume_by):
            # With money at hand it was the meter that did not come in time, not the payer.
            has_money = self._next_block() > 0
            over = Reason.LIMIT if self.limited else Reason.EXHAUSTED
            over = Reason.BLOCK_OVER if self.state.terms.block_s else over
            self.close(Reason.RESUME_WINDOW if has_money else over)
        elif self._extend() or (self.state.rate == 0 and not self.state.terms.block_s):
            self.reopen()

    def reopen(self) -> None:
        """Let a seat go on as soon as both sides are there."""
        # Waiting for money is not a pause of R-24, and no more is a break.
        self.commands.append(Unbilled(self.state.paused_at or self.now, self.now))
        self.put(
            phase=Phase.PAUSED,
            paused_at=self.now,
            resume_after=self.now,
            resume_by=self.now + self.state.terms.resume_window_s * 1000,
        )

    def _stay(self) -> None:
        """Go on when both are back in time, or close (R-23, R-24)."""
        state = self.state
        paused_at = state.paused_at or self.now
        paused_ms = state.paused_ms + self.now - paused_at
        missing = self._missing()
        if self._over_at(state.resume_by):
            self.put(cause=missing or state.cause)
            self.close(Reason.RESUME_WINDOW)
        elif paused_ms >= state.terms.pause_cap_s * 1000:
            self.close(Reason.PAUSE_CAP)
        elif missing is None and self.now >= (state.resume_after or 0):
            self.commands += [Unbilled(paused_at, self.now), Resume()]
            self.put(
                phase=Phase.LIVE,
                paused_at=None,
                cause=None,
                paused_ms=paused_ms,
                resume_by=None,
                resume_after=None,
                live_since=self.now,
                secured_until=self.now + left_ms(state),
            )
        elif missing is not None:
            self.put(cause=missing)

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
        if state.phase is Phase.BREAK and reason is Reason.PAYER_ENDED:
            # Who does not wait for the end of a break owes no minimum (PS-11).
            reason = Reason.LEFT_BREAK
        void = state.started_at is None
        charge = charge_of(state, reason)
        for since in (state.paused_at, state.waiting_since):
            if since is not None and self.now > since:
                self.commands.append(Unbilled(since, self.now))
        self.put(phase=Phase.VOID if void else Phase.SETTLED, closed_at=self.now, reason=reason)
        self.commands.append(Close(reason, 0 if void else charge, void))

    # --- Small steps --------------------------------------------------------------

    def _next_block(self) -> int:
        state = self.state
        return rules.extension(
            state.terms,
            rate_per_minute=state.rate,
            secured=state.secured,
            counted=state.counted,
            available=self.available,
        )

    def _extend(self) -> int:
        """Add the next block, as far as the money goes (R-31); return what it took."""
        amount = self._next_block()
        if amount:
            before = left_ms(self.state)
            self.secure(amount)
            more = left_ms(self.state) - before
            self.put(secured_until=self.state.secured_until + more)
        return amount

    def secure(self, amount: int) -> None:
        """Hold more of what is available."""
        self.put(secured=self.state.secured + amount)
        self.available -= amount
        self.commands.append(Secure(amount))

    def post(self) -> None:
        """Bring what is sure by now to the escrow (R-38)."""
        amount = sure_of(self.state) - self.state.posted
        self.put(posted_at=self.now)
        if amount > 0:
            self.put(posted=self.state.posted + amount)
            self.commands.append(Post(amount))

    def _warn(self) -> None:
        """Warn once at each mark, and again after new money (R-36)."""
        left = time_left_s(self.state, available=self.available, now=self.now)
        reached = sum(left <= mark for mark in self.state.terms.warn_s)
        if reached > self.state.warned:
            self.commands.append(Warn(left))
        if reached != self.state.warned:
            self.put(warned=reached)

    def _over_at(self, limit: int | None) -> bool:
        return limit is not None and self.now >= limit

    def put(self, **changed: object) -> None:
        """Change the state."""
        # The state of a step under way is nobody else's yet; a new one for each of its
        # parts took a third of the meter's time.
        for name, value in changed.items():
            object.__setattr__(self.state, name, value)
