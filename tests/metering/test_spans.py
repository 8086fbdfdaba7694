"""Interval arithmetic against a model that looks at every millisecond."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ppvcms.metering.spans import (
    Span,
    add_sign,
    counted_spans,
    intersect,
    normal,
    subtract,
    total,
    within,
)

some_spans = st.lists(
    st.builds(
        lambda start, length: Span(start, start + length), st.integers(0, 60), st.integers(0, 20)
    ),
    max_size=8,
)


def ticks(spans: list[Span] | tuple[Span, ...]) -> set[int]:
    return {ms for span in spans for ms in range(span.start, span.end)}


@given(one=some_spans, two=some_spans, three=some_spans)
def test_intersect_subtract_and_total_are_what_sets_say(
    one: list[Span], two: list[Span], three: list[Span]
) -> None:
    assert ticks(intersect(one, two, three)) == ticks(one) & ticks(two) & ticks(three)
    assert ticks(subtract(one, two)) == ticks(one) - ticks(two)
    assert total(one) == len(ticks(one))
    assert ticks(within(one, 10, 40)) == {ms for ms in ticks(one) if 10 <= ms < 40}


@given(spans=some_spans)
def test_normal_spans_are_sorted_and_apart(spans: list[Span]) -> None:
    result = normal(spans)

    assert all(a.end < b.start for a, b in pairwise(result))
    assert all(span.start < span.end for span in result)


def test_nothing_is_in_no_set() -> None:
    assert intersect() == ()


@given(signs=st.lists(st.integers(0, 60_000), max_size=40))
def test_a_sign_that_comes_again_or_late_changes_nothing(signs: list[int]) -> None:
    """R-12."""
    spans: tuple[Span, ...] = ()
    for at in signs:
        spans = add_sign(spans, at, lost_ms=5_000)
        newest = max(span.end for span in spans)
        again = add_sign(spans, at, lost_ms=5_000)
        late = add_sign(spans, newest - 1, lost_ms=5_000)
        assert spans == again == late


def test_five_seconds_without_a_sign_is_a_gap() -> None:
    """R-11: the seconds between the last sign and the return are not counted."""
    spans: tuple[Span, ...] = ()
    for at in (0, 2_000, 4_000, 8_999, 14_000, 16_000):
        spans = add_sign(spans, at, lost_ms=5_000)

    assert spans == (Span(0, 8_999), Span(14_000, 16_000))


@given(performer=some_spans, media=some_spans, beat=some_spans, paused=some_spans)
def test_a_second_counts_when_all_three_facts_hold_and_nothing_is_paused(
    performer: list[Span], media: list[Span], beat: list[Span], paused: list[Span]
) -> None:
    """R-10."""
    counted = counted_spans(
        performer_media=performer, payer_media=media, payer_beat=beat, excluded=paused
    )

    assert ticks(counted) == (ticks(performer) & ticks(media) & ticks(beat)) - ticks(paused)
