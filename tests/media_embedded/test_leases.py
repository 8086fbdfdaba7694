"""Leases as pure values: no order of messages and no clock gives away a second."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from plugins.media_embedded.node.leases import (
    MESSAGE_LIVES_MS,
    GrantLease,
    LeaseMessage,
    Moment,
    Verdict,
)

START = Moment(mono=1000.0, wall=1_700_000_000_000)

a_message = st.builds(
    lambda seq, seconds: LeaseMessage(seq, START.wall + seconds * 1000, START.wall),
    st.integers(0, 20),
    st.integers(-5, 120),
)


def later(seconds: float, *, wall_jump_ms: int = 0) -> Moment:
    return Moment(START.mono + seconds, START.wall + int(seconds * 1000) + wall_jump_ms)


def held(seconds: float = 10.0, *, on: bool = True) -> GrantLease:
    lease = GrantLease()
    lease.apply(LeaseMessage(1, START.wall + int(seconds * 1000), START.wall), START, on=on)
    return lease


@given(st.lists(st.tuples(a_message, st.booleans()), min_size=1, max_size=12))
def test_the_first_message_with_the_highest_number_wins(
    messages: list[tuple[LeaseMessage, bool]],
) -> None:
    lease = GrantLease()
    for message, on in messages:
        lease.apply(message, START, on=on)

    highest = max(message.seq for message, _ in messages)
    winner, on = next(one for one in messages if one[0].seq == highest)
    assert (lease.seq, lease.until, lease.on) == (winner.seq, winner.until, on)


@given(st.lists(st.tuples(a_message, st.booleans()), max_size=12), st.integers(0, 12))
def test_a_revoked_grant_takes_no_lease_any_more(
    messages: list[tuple[LeaseMessage, bool]], revoked_after: int
) -> None:
    lease = GrantLease()
    for message, on in messages[:revoked_after]:
        lease.apply(message, START, on=on)
    lease.revoke()

    for message, on in messages[revoked_after:]:
        assert lease.apply(message, START, on=on) is Verdict.REVOKED
    assert not lease.carries(START)
    assert not lease.ended(START)


@given(st.floats(0, 200), st.integers(-300_000, 300_000))
def test_neither_clock_can_stretch_a_lease(seconds: float, wall_jump_ms: int) -> None:
    moment = later(seconds, wall_jump_ms=wall_jump_ms)
    lease = held(60)

    carries = lease.carries(moment)

    assert carries == (moment.mono < START.mono + 60 and moment.wall < START.wall + 60_000)
    assert lease.ended(moment) is not carries


@given(st.integers(-60_000, 60_000))
def test_a_message_lives_two_seconds(age_ms: int) -> None:
    lease = held()
    now = START.wall - age_ms

    verdict = lease.apply(LeaseMessage(2, now + 60_000, now), START, on=True)

    fresh = abs(age_ms) <= MESSAGE_LIVES_MS
    assert verdict is (Verdict.APPLIED if fresh else Verdict.STALE)
    assert lease.seq == (2 if fresh else 1)


def test_a_message_that_was_long_on_its_way_gains_nothing_by_it() -> None:
    lease = GrantLease()
    sent = START.wall - 1500

    lease.apply(LeaseMessage(1, sent + 5000, sent), START, on=True)

    assert lease.remaining_s(START) == 3.5


def test_a_paused_grant_neither_carries_nor_ends() -> None:
    lease = held(10, on=False)

    assert not lease.carries(later(5))
    assert not lease.ended(later(15))


def test_a_top_up_after_the_end_opens_the_grant_again() -> None:
    lease = held(10)
    moment = later(60)
    assert lease.ended(moment)

    verdict = lease.apply(LeaseMessage(2, moment.wall + 30_000, moment.wall), moment, on=True)

    assert verdict is Verdict.APPLIED
    assert lease.carries(moment)


def test_after_a_restart_the_wall_clock_alone_decides() -> None:
    lease = GrantLease()
    other_boot = Moment(mono=5.0, wall=START.wall + 4000)

    lease.restore(seq=7, until=START.wall + 10_000, on=True, moment=other_boot)

    assert lease.remaining_s(other_boot) == 6.0
    assert lease.ended(Moment(mono=11.0, wall=START.wall + 10_000))
