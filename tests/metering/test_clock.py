"""The life of a seat on timelines, and against money at every look."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppvcms.metering.clock import opened, step
from ppvcms.metering.figures import time_left_s, wait_s
from ppvcms.metering.simulate import Bill, Moment, What, simulate
from ppvcms.metering.spans import Span, add_sign
from ppvcms.metering.state import (
    Close,
    End,
    Evidence,
    Exhaust,
    Pause,
    Phase,
    Post,
    Reason,
    Resume,
    Secure,
    Side,
    Start,
    Tick,
    Unbilled,
    Warn,
)
from ppvcms.metering.terms import Segment, Sharer, Terms, due


def terms(**changes: object) -> Terms:
    values = {"mode": "private", "role": "viewer", "rate_per_minute": 200}
    return Terms(**({"sharers": (Sharer("p"),)} | values | changes))  # type: ignore[arg-type]


BOTH_UP = [Moment(0, What.PERFORMER_UP), Moment(0, What.PAYER_UP)]


def play(*moments: Moment, funds: int = 10_000, **changes: object) -> Bill:
    return simulate(terms(**changes), [*BOTH_UP, *moments], funds=funds)


def at(seconds: float, what: What, amount: int = 0) -> Moment:
    return Moment(round(seconds * 1000), what, amount)


def moments_of(bill: Bill, kind: type) -> list[int]:
    return [moment for moment, command in bill.log if isinstance(command, kind)]


def test_seconds_in_which_both_are_up_are_billed() -> None:
    """R-10, R-20."""
    bill = play(at(100, What.PAYER_ENDS))

    assert (bill.counted_s, bill.charge, bill.reason) == (100, 333, Reason.PAYER_ENDED)


def test_the_clock_starts_at_the_later_of_both_first_signs() -> None:
    """R-13."""
    bill = simulate(
        terms(),
        [at(1, What.PERFORMER_UP), at(20, What.PAYER_UP), at(80, What.PAYER_ENDS)],
        funds=1_000,
    )

    assert next(command for _, command in bill.log if isinstance(command, Start)).at == 20_000
    assert bill.counted_s == 60


@pytest.mark.parametrize(
    ("up", "missing"),
    [(What.PERFORMER_UP, Side.PAYER), (What.PAYER_UP, Side.PERFORMER), (None, Side.BOTH)],
)
def test_a_seat_whose_sides_never_meet_is_void_and_names_who_is_missing(
    up: What | None, missing: Side
) -> None:
    """R-13."""
    bill = simulate(terms(), [at(1, up)] if up else [], funds=1_000)

    assert (bill.void, bill.charge, bill.left) == (True, 0, 1_000)
    assert bill.reason is Reason.NOT_CONNECTED
    assert bill.state.cause is missing
    assert 60_000 <= moments_of(bill, Close)[0] <= 66_000


def test_the_grace_is_given_once_and_goes_on_after_a_drop() -> None:
    """R-17, R-23: 20 s of 30 are used up before the drop, 10 s after it."""
    bill = play(
        at(20, What.PAYER_DOWN), at(40, What.PAYER_UP), at(100, What.PAYER_ENDS), grace_s=30
    )

    assert bill.counted_s in range(76, 81)
    assert bill.charge == due([Segment(200, bill.counted_s)], grace_s=30)


@pytest.mark.parametrize("side", [What.PAYER_DOWN, What.PERFORMER_DOWN])
def test_a_drop_pauses_from_the_last_evidence_within_seven_seconds(side: What) -> None:
    """R-11, R-23, MT-06: nothing after the last sign is billed."""
    bill = play(at(59, side), at(200, What.PERFORMER_ENDS))

    pause = next(command for _, command in bill.log if isinstance(command, Pause))
    assert pause.at == 58_000
    assert moments_of(bill, Pause)[0] - pause.at <= 7_000
    assert bill.counted_s == 58


def test_back_within_two_minutes_the_same_seat_goes_on() -> None:
    """R-23."""
    bill = play(at(60, What.PERFORMER_DOWN), at(170, What.PERFORMER_UP), at(230, What.PAYER_ENDS))

    assert len(moments_of(bill, Resume)) == 1
    assert bill.counted_s in range(114, 119)


@pytest.mark.parametrize(
    ("side", "cause", "charge"),
    [(What.PAYER_DOWN, Side.PAYER, 900), (What.PERFORMER_DOWN, Side.PERFORMER, 193)],
)
def test_who_does_not_return_closes_the_seat_and_only_a_payer_owes_the_minimum(
    side: What, cause: Side, charge: int
) -> None:
    """R-21, R-23."""
    bill = play(at(59, side), minimum=900)

    assert (bill.reason, bill.state.cause) == (Reason.RESUME_WINDOW, cause)
    assert bill.charge == charge
    assert moments_of(bill, Close)[0] == 58_000 + 120_000


def test_the_minimum_is_not_due_when_the_performer_ends() -> None:
    """R-21."""
    assert play(at(60, What.PERFORMER_ENDS), minimum=900).charge == 200
    assert play(at(60, What.PAYER_ENDS), minimum=900).charge == 900
    assert play(at(20, What.PAYER_ENDS), minimum=900, grace_s=30).charge == 0


def test_all_pauses_together_last_ten_minutes_at_most() -> None:
    """R-24."""
    drops = [
        moment
        for start in range(60, 1_260, 150)
        for moment in (at(start, What.PERFORMER_DOWN), at(start + 110, What.PERFORMER_UP))
    ]
    bill = play(*drops, at(1_300, What.PAYER_ENDS), funds=100_000)

    assert bill.reason is Reason.PAUSE_CAP
    assert bill.state.paused_ms < 600_000


def test_either_side_may_end_while_paused() -> None:
    """R-24."""
    bill = play(at(59, What.PAYER_DOWN), at(80, What.PERFORMER_ENDS))

    assert (bill.reason, bill.counted_s) == (Reason.PERFORMER_ENDED, 58)


def test_time_never_runs_past_the_money_and_the_payer_is_warned_before() -> None:
    """R-30, R-36: 600 buys 180 s at 200 a minute."""
    bill = play(funds=600)

    exhaust = next(command for _, command in bill.log if isinstance(command, Exhaust))
    assert exhaust.at == 180_000
    warnings = [command.seconds_left for _, command in bill.log if isinstance(command, Warn)]
    assert warnings == [60, 20]
    assert moments_of(bill, Close)[0] == 300_000
    assert (bill.reason, bill.charge) == (Reason.EXHAUSTED, 600)


def test_the_next_minute_is_secured_before_the_last_one_begins() -> None:
    """R-31."""
    bill = play(at(400, What.PAYER_ENDS))

    assert moments_of(bill, Secure)[0] in range(120_000, 127_000)
    assert all(amount.amount == 200 for _, amount in bill.log if isinstance(amount, Secure))


def test_what_is_left_is_secured_when_it_is_less_than_a_minute() -> None:
    """R-31."""
    bill = play(funds=750)

    assert [command.amount for _, command in bill.log if isinstance(command, Secure)] == [150]
    assert (bill.counted_s, bill.charge) == (224, 746)


def test_money_before_the_end_is_never_seen_by_the_video() -> None:
    """R-36."""
    bill = play(at(170, What.MONEY, 1_000), at(250, What.PAYER_ENDS), funds=600)

    assert moments_of(bill, Exhaust) == []
    assert moments_of(bill, Pause) == []
    assert bill.counted_s == 250


def test_paid_within_two_minutes_of_the_cut_the_same_seat_goes_on() -> None:
    """R-37: nothing of the time in between is billed, and it is no pause of R-24."""
    bill = play(at(250, What.MONEY, 1_000), at(310, What.PAYER_ENDS), funds=600)

    assert bill.counted_s in range(180 + 56, 180 + 61)
    assert bill.state.paused_ms < 5_000
    assert bill.charge == due([Segment(200, bill.counted_s)], grace_s=0)


def test_a_page_that_falls_silent_again_and_again_waits_longer_each_time() -> None:
    """media.md 2.1: three lost lines in ten minutes are forgiven."""
    assert [wait_s(n) for n in range(8)] == [0, 0, 0, 0, 10, 20, 40, 40]
    flaps = [
        moment
        for start in range(20, 400, 12)
        for moment in (at(start, What.PAYER_BLIND), at(start + 8, What.PAYER_UP))
    ]
    bill = play(*flaps, at(420, What.PERFORMER_ENDS))
    resumes, pauses = moments_of(bill, Resume), moments_of(bill, Pause)
    waits = [back - gone for gone, back in zip(pauses, resumes, strict=False)]

    assert max(waits[:3]) < 8_000
    assert all(wait >= 10_000 for wait in waits[3:])
    assert bill.state.uncounted_ms < 400_000 / 5


def test_a_page_that_gives_a_sign_just_often_enough_not_to_be_paused_is_seen_through() -> None:
    """The attack of media.md 2.1: a sign every 5.2 s would count nothing and be sent all."""
    seat, signs = opened(terms(), now=0), (Span(0, 0),)
    performer = (Span(0, 120_000),)
    watched_ms = 0
    for now in range(400, 120_000, 400):
        if seat.phase is Phase.LIVE and now - signs[-1].end >= 5_200:
            signs = add_sign(signs, now, lost_ms=5_000)
        if now == 2_000:
            signs = add_sign(signs, now, lost_ms=5_000)
        proven = Evidence(signs, now, signs[-1].end, now, performer)
        seat, _ = step(seat, Tick(proven, 5_000), now)
        watched_ms += 400 if seat.phase in {Phase.SECURED, Phase.LIVE} else 0

    assert len(seat.gaps) > 3
    assert watched_ms - seat.counted_ms < 60_000


def test_a_hole_between_two_looks_keeps_its_money_secured() -> None:
    """R-11, R-30: what was not counted is not lost, and nobody is paused for a single one."""
    spans, performer = (Span(0, 10_000), Span(15_500, 30_000)), (Span(0, 30_000),)
    proven = Evidence(spans, 30_000, 30_000, 30_000, performer)
    seat, commands = step(opened(terms(), now=0), Tick(proven, 5_000), 30_000)

    assert (seat.phase, seat.counted_ms) == (Phase.LIVE, 24_500)
    assert seat.secured_until == 180_000 + 5_500
    assert Unbilled(10_000, 15_500) in commands
    assert seat.gaps == (10_000,)
    again, more = step(seat, Tick(proven, 5_000), 30_000)
    assert (again, more) == (seat, ())


def test_a_closed_seat_stays_as_it_is() -> None:
    """Settlement against a late event."""
    bill = play(at(60, What.PAYER_ENDS))
    late = Evidence(counted=(Span(0, 90_000),), performer_last=90_000, payer_last=90_000)

    assert step(bill.state, Tick(late, 500), 90_000) == (bill.state, ())
    assert step(bill.state, End(Reason.STAFF, late), 90_000) == (bill.state, ())


def test_a_look_that_is_repeated_asks_for_nothing_new() -> None:
    """Two meters, one moment."""
    seat = opened(terms(), now=0)
    proven = Evidence(
        counted=(Span(0, 30_000),), performer_last=30_000, payer_last=30_000, payer_here=30_000
    )
    once, commands = step(seat, Tick(proven, 5_000), 30_000)
    again, more = step(once, Tick(proven, 5_000), 30_000)

    assert commands == (Start(0), *(c for c in commands if isinstance(c, Post)))
    assert (again, more) == (once, ())


def test_late_evidence_never_bills_a_pause() -> None:
    """R-12: signs of the gap that come after the pause was made change nothing."""
    seat, _ = step(
        opened(terms(), now=0),
        Tick(Evidence((Span(0, 30_000),), 30_000, 30_000, 30_000), 5_000),
        30_000,
    )
    paused, _ = step(seat, Tick(Evidence((Span(0, 30_000),), 30_000, 30_000, 30_000), 0), 36_000)
    late = Evidence((Span(0, 35_500),), 35_500, 35_500, 35_500)
    after, _ = step(paused, Tick(late, 0), 36_500)

    assert paused.phase is Phase.PAUSED
    assert after.counted_ms == 30_000


def test_a_meter_that_slept_past_the_secured_second_bills_none_of_it() -> None:
    """R-27, R-30: the engine cut at the secured second; money that is there goes on afterwards."""
    seat, _ = step(
        opened(terms(), now=0), Tick(Evidence((Span(0, 2_000),), 2_000, 2_000, 2_000), 0), 2_000
    )
    slept = Evidence((Span(0, 200_000),), 200_000, 200_000, 200_000)
    woken, commands = step(seat, Tick(slept, 5_000), 200_000)

    assert any(isinstance(command, Exhaust) for command in commands)
    assert woken.counted_ms == 180_000
    assert (woken.phase, woken.live_since) == (Phase.LIVE, 200_000)
    assert woken.secured_until == 200_000 + 60_000


def test_time_left_is_what_is_secured_and_what_available_buys() -> None:
    """R-36."""
    seat = opened(terms(), now=0)
    live, _ = step(seat, Tick(Evidence((Span(0, 60_000),), 60_000, 60_000, 60_000), 0), 60_000)

    assert time_left_s(live, available=0, now=60_000) == 120
    assert time_left_s(live, available=200, now=60_000) == 180


some_moments = st.lists(
    st.builds(
        Moment,
        st.integers(0, 900_000),
        st.sampled_from([what for what in What if what is not What.SHARERS]),
        st.integers(1, 700),
        st.sampled_from(["viewer", "two_way", "voyeur"]),
    ),
    max_size=14,
)


@given(
    timeline=some_moments,
    rate=st.integers(1, 900),
    grace_s=st.integers(0, 60),
    minimum=st.integers(0, 1_500),
    extra=st.integers(0, 900),
)
def test_whatever_happens_the_charge_is_what_was_counted_and_never_above_what_was_secured(
    timeline: list[Moment], rate: int, grace_s: int, minimum: int, extra: int
) -> None:
    """R-20, R-21, R-24, R-30, R-51."""
    locked = terms(rate_per_minute=rate, grace_s=grace_s, minimum=minimum)
    funds = opened(locked, now=0).secured + extra
    bill = simulate(locked, timeline, funds=funds)

    posted = sum(command.amount for _, command in bill.log if isinstance(command, Post))
    plain = bill.state.due
    assert posted <= bill.charge <= bill.secured
    assert bill.charge in {plain, max(plain, minimum)} or bill.void
    assert bill.state.paused_ms <= 600_000
    assert bill.left >= 0
