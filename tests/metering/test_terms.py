"""Time becomes money: the bill, the grace, the minimum, the secured second."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppvcms.metering.terms import (
    MOST_SECONDS,
    Segment,
    Sharer,
    Terms,
    TermsError,
    cost_of,
    due,
    extension,
    first_block,
    funds_needed,
    seconds_for,
    with_minimum,
)

a_segment = st.builds(Segment, st.integers(0, 5_000), st.integers(0, 400))
some_segments = st.lists(a_segment, max_size=6)


def terms(**changes: object) -> Terms:
    values = {"mode": "private", "role": "viewer", "rate_per_minute": 200}
    return Terms(**({"sharers": (Sharer("p"),)} | values | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("rate", "grace_s", "seconds", "amount"),
    [
        (199, 30, 30, 0),
        (199, 30, 31, 3),
        (199, 30, 65, 116),
        (199, 30, 630, 1990),
        (300, 0, 190, 950),
    ],
)
def test_the_examples_of_the_rule(rate: int, grace_s: int, seconds: int, amount: int) -> None:
    """R-20."""
    assert due([Segment(rate, seconds)], grace_s=grace_s) == amount


def test_two_rates_are_rounded_once() -> None:
    """R-20: 60 s at 100, then 45 s at 175."""
    assert due([Segment(100, 60), Segment(175, 45)], grace_s=0) == 231


@given(segments=some_segments, grace_s=st.integers(0, 60))
def test_a_bill_is_what_a_stopwatch_says(segments: list[Segment], grace_s: int) -> None:
    """R-19, R-20, against a model that counts one second after another."""
    rate_of_each_second = [s.rate_per_minute for s in segments for _ in range(s.seconds)]

    assert due(segments, grace_s=grace_s) == sum(rate_of_each_second[grace_s:]) // 60


@given(
    amount=st.integers(0, 20_000),
    rate=st.integers(1, 5_000),
    grace_s=st.integers(0, 90),
    before=some_segments,
)
def test_secured_time_is_the_most_that_the_amount_pays(
    amount: int, rate: int, grace_s: int, before: list[Segment]
) -> None:
    """R-30: what was secured covers every second of it, and not one second more."""
    if due(before, grace_s=grace_s) > amount:
        assert seconds_for(amount, rate_per_minute=rate, grace_s=grace_s, before=before) >= 0
        return
    seconds = seconds_for(amount, rate_per_minute=rate, grace_s=grace_s, before=before)

    assert due([*before, Segment(rate, seconds)], grace_s=grace_s) <= amount
    if seconds < MOST_SECONDS:
        assert due([*before, Segment(rate, seconds + 1)], grace_s=grace_s) > amount


@given(
    rate=st.integers(1, 5_000),
    grace_s=st.integers(0, 90),
    counted=st.integers(0, 900),
    available=st.integers(0, 3_000),
)
def test_an_extension_buys_its_block_or_all_that_is_left(
    rate: int, grace_s: int, counted: int, available: int
) -> None:
    """R-31."""
    locked = terms(rate_per_minute=rate, grace_s=grace_s)
    secured = max(first_block(locked), due([Segment(rate, counted)], grace_s=grace_s))
    before = [Segment(rate, counted)]
    had = seconds_for(secured, rate_per_minute=rate, grace_s=grace_s, before=before)

    amount = extension(
        locked, rate_per_minute=rate, secured=secured, counted=before, available=available
    )
    has = seconds_for(secured + amount, rate_per_minute=rate, grace_s=grace_s, before=before)

    assert amount <= available
    assert has == had if amount == 0 else has > had
    if amount < available:
        assert has >= had + locked.extend_s or (amount == 0 and has == had)


def test_the_first_block_is_three_minutes_or_the_minimum() -> None:
    """R-29, PS-02."""
    assert first_block(terms()) == 600
    assert funds_needed(terms(minimum=2_000)) == 2_000
    assert cost_of(61, 100) == 102


def test_the_minimum_is_never_due_inside_the_free_seconds() -> None:
    """R-21, MT-04."""
    assert with_minimum(0, minimum=500, counted_s=30, grace_s=30) == 0
    assert with_minimum(3, minimum=500, counted_s=31, grace_s=30) == 500
    assert with_minimum(900, minimum=500, counted_s=300, grace_s=30) == 900


@given(
    grace_s=st.integers(0, 60),
    minimum=st.integers(0, 9_000),
    studio=st.sampled_from(["s", None]),
    warn=st.lists(st.integers(1, 90), max_size=3),
)
def test_stored_terms_come_back_unchanged(
    grace_s: int, minimum: int, studio: str | None, warn: list[int]
) -> None:
    """R-06."""
    sharer = Sharer("p", ratio_percent=80, studio_id=studio, studio_percent=25)
    locked = terms(grace_s=grace_s, minimum=minimum, sharers=(sharer,), warn_s=tuple(warn))

    assert Terms.from_json(locked.to_json()) == locked


@pytest.mark.parametrize(
    "wrong",
    [{"rate_per_minute": -1}, {"grace_s": -1}, {"minimum": -1}, {"sharers": ()}, {"extend_s": 0}],
)
def test_terms_that_cannot_be_metered_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(TermsError, match="cannot be metered"):
        terms(**wrong)


def test_times_below_zero_are_refused() -> None:
    with pytest.raises(TermsError):
        due([Segment(100, -1)], grace_s=0)
    with pytest.raises(TermsError):
        due([], grace_s=-1)
