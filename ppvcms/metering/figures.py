"""What a seat's state means in money and in time, for the bill and for the screen alike.

Pure, as `clock`, which moves the state. Every figure that people see is computed
here or by `terms` (R-51).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ppvcms.metering.spans import total, within
from ppvcms.metering.state import Phase, Reason, Side
from ppvcms.metering.terms import (
    Segment,
    earned,
    first_block,
    owed,
    seconds_more,
    with_minimum,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ppvcms.metering.spans import Span
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
WAIT_FREED_MS = 120_000
"""After how long a wait what is held is given back, and the payer has to click (R-39)."""
WAIT_FREE_MS = 10_000
"""The unbilled seconds after a short wait (R-39)."""
WAIT_CLICK_MS = 1_800_000
"""How long the click may take once the performer is back (R-39)."""
WAIT_LOOK_MS = 10_000
BLOCK_OFFER_S = 60
"""How long before the end of a block the next one is offered (PS-12)."""
BREAKS_MS = 300_000
"""How long the breaks of a seat may be together (PS-11, R-24)."""
PAYERS = frozenset({Reason.PAYER_ENDED, Reason.EXHAUSTED, Reason.LIMIT, Reason.BLOCK_OVER})
"""Ends that are the payer's own doing (R-21)."""


def charge_of(state: SeatState, reason: Reason) -> int:
    """Return what a seat costs if it ends now for a reason (R-21).

    The minimum is due when the payer ended the seat or did not come back, never
    when the performer, the site or the engine ended it, nor during a private that
    took the room away. A block that was begun is
    paid whole in the same cases; otherwise its unserved part goes back, rounded up (R-22).
    """
    payers_doing = reason in PAYERS or (
        reason in {Reason.RESUME_WINDOW, Reason.PAUSE_CAP} and state.cause is Side.PAYER
    )
    if not payers_doing or state.waiting_since is not None:
        return earned(state.terms, state.counted)
    return with_minimum(
        state.due,
        minimum=state.terms.minimum,
        counted_s=state.counted_s,
        grace_s=state.terms.grace_s,
    )


def sure_of(state: SeatState) -> int:
    """Return what of a seat's cost is sure whoever ends it: what may be posted now (R-38)."""
    return earned(state.terms, state.counted)


def estimate(terms: Terms, counted_ms: int) -> int:
    """Return what counted time costs: the figure on screen, by the bill's own formula (R-51)."""
    return owed(terms, [Segment(terms.rate_per_minute, counted_ms // 1000)])


def starts_of(state: SeatState) -> tuple[int, ...]:
    """Return when each segment of a seat began, the running one last."""
    first = state.opened_at if state.started_at is None else state.started_at
    if state.part_at is None:
        return (first,)
    return (first, *(part.starts_at for part in state.parts[1:]), state.part_at)


def counted_by_part(state: SeatState, spans: Sequence[Span], until: int) -> list[int]:
    """Return the milliseconds that spans put into each segment until a moment (R-09, R-12)."""
    starts = starts_of(state)
    ends = (*starts[1:], until)
    return [
        total(within(spans, start, min(end, until)))
        for start, end in zip(starts, ends, strict=True)
    ]


def period_amounts(
    state: SeatState,
    spans: Sequence[Span],
    starts: Sequence[int],
    charge: int,
    *,
    least: Sequence[int] = (),
) -> list[int]:
    """Return what each period of a seat comes to: due at its end - due at its start (R-48).

    `spans` is what was counted, `starts` when each period began, `charge` all in
    minor units; what is charged beyond the counted time goes to the last period.
    `least` is what was divided of each already (R-38).
    """
    rates = [*(part.rate_per_minute for part in state.parts), state.rate]
    least = least or [0] * len(starts)
    reached = [0]
    for start, given in zip(starts[1:], least[:-1], strict=True):
        counted = [
            Segment(rate, ms // 1000)
            for rate, ms in zip(rates, counted_by_part(state, spans, start), strict=True)
        ]
        reached.append(min(charge, max(reached[-1] + given, earned(state.terms, counted))))
    ends = [*reached[1:], charge]
    return [end - begin for begin, end in zip(reached, ends, strict=True)]


def bought_s(state: SeatState, amount: int) -> int:
    """Return the seconds more that an amount secures at the running rate (R-30)."""
    return seconds_more(state.terms, amount, rate_per_minute=state.rate, counted=state.counted)


def time_left_s(state: SeatState, *, available: int, now: int) -> int:
    """Return the seconds a seat can still go on: secured, and what available buys (R-36).

    Blocks are taken by a click, so there only what is secured is time (PS-12).
    """
    bought = bought_s(state, state.secured)
    could = bought
    if not state.terms.block_s:
        could = bought_s(state, state.secured + max(0, available))
    running = state.phase is Phase.LIVE
    secured_s = max(0, state.secured_until - now) // 1000 if running else bought
    return max(0, min(secured_s, bought) + could - bought)


def blocks_taken(state: SeatState) -> int:
    """Return how many blocks of a fixed price are taken; 0 where time is sold by the minute."""
    return state.secured // state.terms.block_price if state.terms.block_s else 0


def block_offered(state: SeatState, *, now: int) -> bool:
    """Whether the next block may be taken: in the last minute, and after the end (PS-12)."""
    if not state.terms.block_s or state.phase not in {Phase.LIVE, Phase.PAUSED, Phase.EXHAUSTED}:
        return False
    return time_left_s(state, available=0, now=now) <= BLOCK_OFFER_S


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
        waits = state.phase is Phase.WAITING and state.posted >= sure_of(state)
        times = [now + (WAIT_LOOK_MS if waits else LOOK_EVERY_MS)]
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
    live = state.live_since
    if live is not None and state.back_at == live - WAIT_FREE_MS:
        # After a short wait media counts a little later than it flows.
        live = state.back_at
    moments = (state.opened_at, state.posted_at, live, state.paused_at, state.waiting_since)
    return max(moment for moment in moments if moment is not None)


def left_ms(state: SeatState) -> int:
    """Return the media time that is secured and not yet used (R-30)."""
    return max(0, bought_s(state, state.secured) * 1000 - state.running_ms % 1000)
