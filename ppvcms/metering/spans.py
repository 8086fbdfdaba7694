"""Spans of time in milliseconds and their arithmetic: intersect, subtract, total.

Pure. A span runs from its first to its last sign; sets of spans are sorted and
do not touch. Which seconds count is decided here and nowhere else (R-10 to R-12).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence


class Span(NamedTuple):
    """A stretch of time, from and to, in epoch milliseconds."""

    start: int
    end: int


def normal(spans: Sequence[Span]) -> tuple[Span, ...]:
    """Return the same time as sorted spans that do not overlap or touch, without empty ones."""
    if len(spans) < 2:  # noqa: PLR2004 - the usual case: a line that never broke
        return tuple(span for span in spans if span.start < span.end)
    found: list[Span] = []
    for span in sorted(spans):
        if span.end <= span.start:
            continue
        if found and span.start <= found[-1].end:
            found[-1] = Span(found[-1].start, max(found[-1].end, span.end))
        else:
            found.append(Span(*span))
    return tuple(found)


def intersect(*sets: Sequence[Span]) -> tuple[Span, ...]:
    """Return the time that is in every set."""
    if not sets:
        return ()
    if all(len(spans) == 1 for spans in sets):  # the usual case: lines that never broke
        start = max(spans[0].start for spans in sets)
        return normal([Span(start, min(spans[0].end for spans in sets))])
    result = normal(sets[0])
    for other in sets[1:]:
        result = _both(result, normal(other))
    return result


def subtract(spans: Sequence[Span], gone: Sequence[Span]) -> tuple[Span, ...]:
    """Return the time that is in `spans` and not in `gone`."""
    if not gone:
        return normal(spans)
    left: list[Span] = []
    holes = normal(gone)
    for span in normal(spans):
        start = span.start
        for hole in holes:
            if hole.end <= start or hole.start >= span.end:
                continue
            if hole.start > start:
                left.append(Span(start, hole.start))
            start = max(start, hole.end)
        if start < span.end:
            left.append(Span(start, span.end))
    return tuple(left)


def within(spans: Sequence[Span], start: int, end: int) -> tuple[Span, ...]:
    """Return the part of the spans that lies between two moments."""
    return normal([Span(max(span.start, start), min(span.end, end)) for span in spans])


def total(spans: Sequence[Span]) -> int:
    """Return how many milliseconds the spans last together."""
    return sum(end - start for start, end in normal(spans))


def add_sign(spans: Sequence[Span], at: int, *, lost_ms: int) -> tuple[Span, ...]:
    """Return the spans after a sign of life at a moment (R-11, R-12).

    Within `lost_ms` of the last sign it extends the last span, later it opens a
    new one. A sign that comes twice, late or out of order changes nothing.
    """
    if not spans:
        return (Span(at, at),)
    last = spans[-1]
    if at <= last.end:
        return tuple(spans)
    if at - last.end < lost_ms:
        return (*spans[:-1], Span(last.start, at))
    return (*spans, Span(at, at))


def counted_spans(
    *,
    performer_media: Sequence[Span],
    payer_media: Sequence[Span],
    payer_beat: Sequence[Span],
    excluded: Sequence[Span] = (),
) -> tuple[Span, ...]:
    """Return the time that is billed: all three facts held and nothing was paused (R-10)."""
    return subtract(intersect(performer_media, payer_media, payer_beat), excluded)


def _both(one: Sequence[Span], two: Sequence[Span]) -> tuple[Span, ...]:
    found: list[Span] = []
    i = j = 0
    while i < len(one) and j < len(two):
        start, end = max(one[i].start, two[j].start), min(one[i].end, two[j].end)
        if start < end:
            found.append(Span(start, end))
        if one[i].end < two[j].end:
            i += 1
        else:
            j += 1
    return tuple(found)
