"""What is asked of a running seat: another rate, the next block, waiting, going on.

Pure, as `clock`, which calls these for a step under way. What cannot be is a
`Denied`; then the step leaves the seat as it was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ppvcms.metering.figures import (
    BREAKS_MS,
    WAIT_CLICK_MS,
    WAIT_FREE_MS,
    WAIT_FREED_MS,
    block_offered,
    blocks_taken,
    left_ms,
)
from ppvcms.metering.state import (
    Denied,
    Free,
    Hold,
    Part,
    Phase,
    Reason,
    Resume,
    Unbilled,
    Why,
)
from ppvcms.metering.terms import Segment, first_block, missing_for, seconds_more

if TYPE_CHECKING:
    from ppvcms.metering.clock import Track

# --- Another role or rate (R-09) ----------------------------------------------------------


def rerate(track: Track, role: str, rate: int) -> None:
    """Begin a segment at this second, secured at its own rate, or deny it.

    A dearer rate needs its first block, and takes what covers the media that was
    granted already, so that no engine has to hear of an earlier end in time.
    """
    state = track.state
    if (role, rate) == (state.role, state.rate):
        return
    if state.terms.block_s:
        track.commands.append(Denied(Why.BLOCKS))
        return
    pending = _pending_ms(track)
    counted = (*(part.segment for part in state.parts), _running(track, pending))
    if rate > state.rate and not _secure_dearer(track, rate, counted):
        return
    _begin_part(track, role, rate)
    if track.state.phase in {Phase.SECURED, Phase.LIVE}:
        # What is on its way to be proven at the old rate is paid for before the new one.
        left = seconds_more(state.terms, track.state.secured, rate_per_minute=rate, counted=counted)
        track.put(secured_until=max(track.now, state.live_since or 0) + 1000 * left)


def _pending_ms(track: Track) -> int:
    """Return the time of a live seat that may still be proven before this moment."""
    if track.state.phase is not Phase.LIVE:
        return 0
    return max(0, track.now - max(track.last_counted(), track.state.live_since or 0))


def _running(track: Track, pending_ms: int) -> Segment:
    return Segment(track.state.rate, (track.state.running_ms + pending_ms) // 1000)


def _secure_dearer(track: Track, rate: int, counted: tuple[Segment, ...]) -> bool:
    state = track.state
    if state.phase not in {Phase.SECURED, Phase.LIVE, Phase.PAUSED}:
        track.commands.append(Denied(Why.NOT_NOW))
        return False

    def missing(seconds: int) -> int:
        return missing_for(
            state.terms, seconds, rate_per_minute=rate, secured=state.secured, counted=counted
        )

    least = missing(state.terms.first_block_s)
    if least > track.available:
        track.commands.append(Denied(Why.FUNDS, least, least - track.available))
        return False
    # What was free was granted for a day; the engine is told its new end.
    flows = state.phase is not Phase.PAUSED and state.rate > 0
    granted_s = -(-max(0, state.secured_until - track.now) // 1000) if flows else 0
    amount = min(track.available, max(least, missing(granted_s)))
    if amount:
        track.secure(amount)
    return True


def _begin_part(track: Track, role: str, rate: int) -> None:
    state = track.state
    starts_at = state.opened_at if state.part_at is None else state.part_at
    part = Part(state.role, state.rate, starts_at, state.running_ms)
    track.put(parts=(*state.parts, part), part_at=track.now, role=role, rate=rate)


# --- Blocks of a fixed price (R-22, PS-12) ------------------------------------------------


def next_block(track: Track, nr: int) -> None:
    """Take the block with a number; one that is taken already stays as it is."""
    state, terms = track.state, track.state.terms
    taken = blocks_taken(state)
    if not terms.block_s or nr > taken + 1:
        track.commands.append(Denied(Why.BLOCKS))
    elif nr == taken + 1:
        if not block_offered(state, now=track.now):
            track.commands.append(Denied(Why.NOT_NOW))
            return
        if terms.block_price > track.available:
            missing = terms.block_price - track.available
            track.commands.append(Denied(Why.FUNDS, terms.block_price, missing))
            return
        track.secure(terms.block_price)
        track.put(secured_until=state.secured_until + 1000 * terms.block_s)
        if state.phase is Phase.EXHAUSTED:
            track.reopen()


# --- Breaks of the performer (PS-11) ------------------------------------------------------


def rest(track: Track) -> None:
    """Stop billing since the last counted second, for what is left of five minutes a seat."""
    state = track.state
    if state.phase is Phase.BREAK:
        return
    left_ms = BREAKS_MS - state.break_ms
    if state.phase is not Phase.LIVE or left_ms <= 0:
        track.commands.append(Denied(Why.BREAKS if left_ms <= 0 else Why.NOT_NOW))
        return
    # After a short wait media counts a little later than it flows.
    at = min(track.now, max(track.last_counted(), state.live_since or 0))
    track.post()
    track.put(phase=Phase.BREAK, paused_at=at, resume_by=at + left_ms, resume_after=None)
    track.commands.append(Hold(at))


def stay_resting(track: Track) -> None:
    """End the show when its breaks became too long: nobody is billed for an empty chair."""
    if track.now >= (track.state.resume_by or track.now):
        track.close(Reason.BREAK_OVER)


def rest_over(track: Track) -> None:
    """Go on as soon as both sides are there."""
    state = track.state
    if state.phase is not Phase.BREAK:
        return
    rested_ms = track.now - (state.paused_at or track.now)
    track.put(break_ms=state.break_ms + rested_ms)
    track.reopen()


# --- Waiting for the end of a private (R-39) ----------------------------------------------


def wait(track: Track) -> None:
    """Stop billing at this second; what ran before is settled with its money later."""
    state, now = track.state, track.now
    if state.phase is Phase.WAITING:
        if state.lapsed:
            track.put(back_at=None, resume_by=None)
        return
    at = min(now, state.secured_until) if state.phase is Phase.LIVE else now
    if state.paused_at is not None:
        at = state.paused_at
    if at < now:
        track.commands.append(Unbilled(at, now))
    paused = now - at if state.phase is Phase.PAUSED else 0
    track.put(
        phase=Phase.WAITING,
        waiting_since=now,
        paused_at=None,
        cause=None,
        paused_ms=state.paused_ms + paused,
        live_since=None if state.live_since is None else min(state.live_since, now),
        resume_by=now + WAIT_FREED_MS,
        resume_after=None,
        back_at=None,
    )
    track.commands.append(Hold(at))


def stay_waiting(track: Track) -> None:
    """Give back what is held when the wait becomes long; close when nobody clicks."""
    state = track.state
    track.post()
    long = track.now >= (state.waiting_since or track.now) + WAIT_FREED_MS
    if long and state.back_at is None:
        track.put(resume_by=None)
    held = track.state.secured - track.state.posted
    if long and held > 0:
        track.put(secured=track.state.posted)
        track.commands.append(Free(held))
    if state.back_at is not None and track.now >= (state.resume_by or track.now):
        track.close(Reason.NOT_CONTINUED)


def come_back(track: Track) -> None:
    """Go on after ten unbilled seconds, or wait for the click when it took long."""
    state, now = track.state, track.now
    if state.phase is not Phase.WAITING:
        return
    since = state.waiting_since or now
    if now <= since + WAIT_FREED_MS and not state.lapsed:
        _flow(track, now + WAIT_FREE_MS)
        track.put(back_at=now)
    elif state.back_at is None:
        track.put(back_at=now, resume_by=now + WAIT_CLICK_MS)


def go_on(track: Track) -> None:
    """Secure the first block anew and go on at this second."""
    state = track.state
    if state.phase is not Phase.WAITING:
        return
    if state.back_at is None:
        track.commands.append(Denied(Why.NOT_BACK))
        return
    needed = _block_anew(track)
    if needed > track.available:
        track.commands.append(Denied(Why.FUNDS, needed, needed - track.available))
        return
    if needed:
        track.secure(needed)
    _flow(track, track.now)
    track.put(back_at=track.now)


def _block_anew(track: Track) -> int:
    """Return what is missing for the block that opens a seat, at the rate of now (R-29)."""
    state = track.state
    if state.terms.block_s:
        return max(0, first_block(state.terms) - state.secured)
    least = state.terms.minimum - state.secured
    block = missing_for(
        state.terms,
        state.terms.first_block_s,
        rate_per_minute=state.rate,
        secured=state.secured,
        counted=state.counted,
    )
    return max(0, least, block)


def _flow(track: Track, start: int) -> None:
    """Let the payer's media flow; what comes before `start` is not billed."""
    state = track.state
    track.commands += [Unbilled(state.waiting_since or track.now, start), Resume()]
    begun = state.started_at is not None
    track.put(
        phase=Phase.LIVE if begun else Phase.SECURED,
        waiting_since=None,
        resume_by=None,
        live_since=start,
        secured_until=start + left_ms(state),
    )
