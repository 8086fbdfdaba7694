"""What a seat's state means in money and in time, for the bill and for the screen alike.

Pure, as `clock`, which moves the state. Every figure that people see is computed
here or by `terms` (R-51).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ppvcms.metering.state import Phase, Reason, Side
from ppvcms.metering.terms import Segment, due, first_block, seconds_for, with_minimum

if TYPE_CHECKING:
    from ppvcms.metering.state import Evidence, SeatState
    from ppvcms.metering.terms import Terms

POST_EVERY_MS = 9_000
LOOK_EVERY_MS = 1_000
SIGN_EVERY_MS = 2_000
ON_ITS_WAY_MS = 1_000
"""How long a sign may take from a page or an engine into the database."""
SOONEST_MS = 200
GAPS_FORGIVEN = 3
WAITS_S = (10, 20, 40)


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


def last_act(state: SeatState) -> int:
    """Return the latest moment at which something is known to have happened to a seat."""
    moments = (state.opened_at, state.posted_at, state.live_since, state.paused_at)
    return max(moment for moment in moments if moment is not None)


def left_ms(state: SeatState) -> int:
    """Return the media time that is secured and not yet used (R-30)."""
    seconds = seconds_for(
        state.secured,
        rate_per_minute=state.terms.rate_per_minute,
        grace_s=state.terms.grace_s,
    )
    return max(0, seconds * 1000 - state.counted_ms)
