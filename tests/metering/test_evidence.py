"""Signs of life in the database: spans, whatever order they come in."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from ppvcms.db import db, now_ms, transaction
from ppvcms.media.contract import EventKind, MediaRole
from ppvcms.media.ingest import Heard
from ppvcms.metering import models
from ppvcms.metering.evidence import (
    BeatBuffer,
    Fact,
    hear,
    note,
    note_beats,
    note_payer_media,
    note_performer,
)
from ppvcms.metering.spans import Span, add_sign

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from tests.metering.stage import Stage


def spans_of(scope: str, fact: Fact) -> tuple[Span, ...]:
    db.session.rollback()
    query = (
        select(models.Span.starts_at, models.Span.ends_at)
        .where(models.Span.scope_id == scope, models.Span.kind == fact.value)
        .order_by(models.Span.starts_at)
    )
    return tuple(Span(*row) for row in db.session.execute(query))


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=st.lists(st.lists(st.integers(0, 40_000), min_size=1, max_size=6), max_size=6))
def test_what_is_stored_is_what_the_pure_rule_says(stage: Stage, batches: list[list[int]]) -> None:
    """R-11, R-12: however the signs are gathered."""
    transaction(lambda session: session.execute(delete(models.Span)))
    expected: tuple[Span, ...] = ()
    for batch in batches:
        signs = [("seat", Fact.PAYER_BEAT, stage.at(0) + ms) for ms in batch]
        transaction(lambda session, signs=signs: note(session, signs))
        for ms in sorted(batch):
            expected = add_sign(expected, stage.at(0) + ms, lost_ms=5_000)

    assert spans_of("seat", Fact.PAYER_BEAT) == expected


def test_a_sign_from_the_future_is_a_sign_of_now(stage: Stage) -> None:
    """R-12: no clock but ours decides."""
    transaction(lambda session: note_performer(session, "show", stage.at(1_000_000)))

    (span,) = spans_of("show", Fact.PERFORMER_MEDIA)
    assert span.end <= now_ms(db.session())


def test_each_fact_has_its_own_spans(stage: Stage) -> None:
    def act(session: Session) -> None:
        note_payer_media(session, "seat", stage.at(1))
        note_beats(session, [("seat", stage.at(2)), ("other", stage.at(3))])

    transaction(act)
    assert spans_of("seat", Fact.PAYER_MEDIA) == (Span(stage.at(1), stage.at(1)),)
    assert spans_of("seat", Fact.PAYER_BEAT) == (Span(stage.at(2), stage.at(2)),)
    assert spans_of("other", Fact.PAYER_BEAT) == (Span(stage.at(3), stage.at(3)),)


def test_beats_are_gathered_and_written_at_the_moments_they_came(stage: Stage) -> None:
    """The page's word and its picture are two facts."""
    moments = iter([100.0, 102.0, 103.0])
    buffer = BeatBuffer(clock=lambda: next(moments))
    buffer.add("seat", grew=True)
    buffer.add("seat", grew=False)

    assert buffer.flush() == 3
    assert buffer.flush() == 0
    (beat,) = spans_of("seat", Fact.PAYER_BEAT)
    (here,) = spans_of("seat", Fact.PAYER_HERE)
    assert beat.start == beat.end
    assert here.end - here.start == 2_000
    assert stage.zero < here.end <= now_ms(db.session())


def test_beats_from_many_pages_are_all_written(stage: Stage) -> None:
    buffer = BeatBuffer()
    pages = [
        threading.Thread(target=buffer.add, args=(f"seat{nr}",), kwargs={"grew": True})
        for nr in range(20)
    ]
    for page in pages:
        page.start()
    for page in pages:
        page.join()

    assert buffer.flush() == 40
    assert stage.zero > 0


@pytest.mark.parametrize("times", [1, 2])
def test_what_engines_tell_is_kept_once(stage: Stage, times: int) -> None:
    """A batch that is repeated after a crash changes nothing."""
    seat_id = stage.open(stage.client(5_000))
    seat = stage.seat(seat_id)
    common = {"show_id": seat.show_id, "user_id": None, "sid": None, "role": MediaRole.TWO_WAY}
    heard = [
        Heard(EventKind.EVIDENCE, 0, "p", seat_id=None, sent_at=stage.at(4), **common),  # type: ignore[arg-type]
        Heard(EventKind.EVIDENCE, 0, "c", seat_id=seat_id, received_at=stage.at(5), **common),  # type: ignore[arg-type]
        Heard(
            EventKind.CUT,
            0,
            "c",
            seat_id=seat_id,
            last_packet_at=stage.at(180),
            until=stage.at(180),
            **common,  # type: ignore[arg-type]
        ),
    ]
    for _ in range(times):
        hear(heard)

    assert spans_of(seat.show_id, Fact.PERFORMER_MEDIA) == (Span(stage.at(4), stage.at(4)),)
    assert spans_of(seat_id, Fact.PAYER_MEDIA) == (Span(stage.at(5), stage.at(5)),)
    log = list(db.session.scalars(select(models.MediaLog)))
    assert [row.last_packet_at for row in log] == [stage.at(180)]
