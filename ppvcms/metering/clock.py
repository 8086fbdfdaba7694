"""The life of a seat as a pure function: state, what happened, now -> state, commands.

The meter, the figures on screen, the simulator and the tests run this same
`step`. It knows no database, no engine and no clock of its own. Times are epoch
milliseconds; a rule's number stands where it is kept.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from ppvcms.metering import terms as rules
from ppvcms.metering.figures import (
    LOOK_EVERY_MS,
    POST_EVERY_MS,
    charge_of,
    extend_below_ms,
    last_act,
    left_ms,
    silence_ms,
    stall_ms,
    time_left_s,
    wait_s,
)
from ppvcms.metering.spans import Span, subtract, total, within
from ppvcms.metering.state import (
    Close,
    End,
    Exhaust,
    Pause,
    Phase,
    Post,
    Reason,
    Resume,
    SeatState,
    Secure,
    Side,
    Start,
    Unbilled,
    Warn,
    side_of,
)
from ppvcms.metering.terms import first_block, seconds_for

if TYPE_CHECKING:
    from ppvcms.metering.state import Command, Commands, Event, Evidence
    from ppvcms.metering.terms import Terms

GAPS_WITHIN_MS = 600_000


def opened(terms: Terms, *, now: int) -> SeatState:
    """Return a seat at the moment its first block is secured (R-29)."""
    secured = first_block(terms)
    state = SeatState(terms=terms, opened_at=now, secured=secured, secured_until=now)
    return replace(state, secured_until=now + left_ms(state), posted_at=now)


def step(state: SeatState, event: Event, now: int) -> tuple[SeatState, Commands]:
    """Return what a seat becomes when something happens, and what has to be done.

    Safe to repeat: the same event at the same moment asks for nothing new. A
    closed seat stays as it is, whatever comes late. A clock that steps back is
    taken to stand still: what has happened stays.
    """
    if state.phase.over:
        return state, ()
    track = _Track(replace(state), max(now, last_act(state)), event.evidence)
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
        state = self.state
        start = state.opened_at if state.started_at is None else state.started_at
        return within(self.evidence.counted, start, min(self.now, state.secured_until))

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
            self._set(secured_until=start + left_ms(self.state))
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
                secured_until=self.now + left_ms(state),
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
            before = left_ms(state)
            self._set(secured=state.secured + amount)
            more = left_ms(self.state) - before
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
