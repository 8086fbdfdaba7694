"""Each invariant of the meter finds the corruption that is planted for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from flask import current_app
from sqlalchemy import text

from ppvcms.books_check import check_all
from ppvcms.db import db, transaction
from ppvcms.metering import periods, turns
from ppvcms.metering.models import Seat
from tests.metering.stage import Stage, make_site

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy.orm import Session


@pytest.fixture
def broken(database_url: str, tmp_path: Path) -> Iterator[Stage]:
    """A stage whose books the test is going to break."""
    with make_site(database_url, tmp_path).app_context():
        yield Stage()


def found() -> set[str]:
    """Return the numbers of the invariants that do not hold."""
    db.session.rollback()
    report = check_all(current_app._get_current_object())  # type: ignore[attr-defined]
    return {problem.number for problem in report.problems}


def plant(statement: str, **values: object) -> None:
    """Change what nobody may change."""
    transaction(lambda session: session.execute(text(statement), values))


def settled(stage: Stage) -> str:
    """Return a seat that was paused once and is settled."""
    seat_id = stage.open(stage.client(5_000), grace_s=5)
    stage.play(seat_id, 0, 20)
    stage.play(seat_id, 20, 35, payer=False)
    stage.play(seat_id, 35, 60)
    stage.end(seat_id, 60)
    assert found() == set()
    return seat_id


SPAN = "INSERT INTO span (scope_id, kind, starts_at, ends_at) VALUES (:seat, :kind, :start, :end)"


def test_i7_finds_a_gap_in_the_postings(broken: Stage) -> None:
    seat_id = settled(broken)
    plant(
        "INSERT INTO usage (seat_id, seq, counted_ms, amount, made_at) VALUES (:seat, 99, 0, 0, 0)",
        seat=seat_id,
    )
    assert "I7" in found()


def test_i7_finds_a_seat_that_lost_count(broken: Stage) -> None:
    plant("UPDATE seat SET seq = seq + 1 WHERE id = :seat", seat=settled(broken))
    assert found() == {"I7"}


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE seat SET due = due + 1, posted = posted + 1 WHERE id = :seat",
        "UPDATE seat SET counted_ms = counted_ms + 1000 WHERE id = :seat",
        "UPDATE receipt SET amount = amount + 1 WHERE seat_id = :seat",
        "UPDATE seat SET secured = secured - 1 WHERE id = :seat",
        "DELETE FROM receipt WHERE seat_id = :seat",
        "UPDATE span SET ends_at = ends_at - 5000 WHERE scope_id = :seat AND kind = 'payer_beat'",
        "DELETE FROM span WHERE scope_id = :seat AND kind = 'payer_media'",
        "DELETE FROM span WHERE scope_id = :seat AND kind = 'billed'",
    ],
)
def test_i8_finds_a_charge_that_is_not_what_terms_and_evidence_say(
    broken: Stage, statement: str
) -> None:
    plant(statement, seat=settled(broken))
    assert found() == {"I8"}


def test_i8_finds_terms_that_were_changed_afterwards(broken: Stage) -> None:
    seat_id = settled(broken)
    terms = broken.terms(grace_s=5, rate_per_minute=300).to_json()

    def act(session: Session) -> None:
        session.get_one(Seat, seat_id).terms = terms

    transaction(act)
    assert found() == {"I8"}


def long_and_changing(stage: Stage) -> str:
    """Return a settled seat of two segments and two periods."""
    seat_id = stage.open(stage.client(5_000), rate_per_minute=100)
    stage.signs(seat_id, 0, 60)
    stage.meter(60)
    turns.rerate(seat_id, role="two_way", rate_per_minute=200, now=stage.at(60))
    show_id = stage.seat(seat_id).show_id
    transaction(lambda session: periods.begin(session, show_id, now=stage.at(70)))
    stage.signs(seat_id, 60, 120)
    stage.end(seat_id, 120)
    assert found() == set()
    return seat_id


def test_i8_finds_segments_periods_and_shares_that_were_changed(broken: Stage) -> None:
    """R-09, R-38, R-48: each corruption is found, and mended again."""
    seat_id = long_and_changing(broken)
    for change, undo in (
        ("UPDATE segment SET counted_ms = counted_ms {} WHERE seat_id = :seat AND nr = 1", "-+"),
        ("UPDATE seat SET part_at = part_at {}000 WHERE id = :seat", "-+"),
        ("UPDATE period SET amount = amount {} WHERE seat_id = :seat AND nr = 1", "-+"),
        ("UPDATE period SET shared = shared {} WHERE seat_id = :seat AND nr = 2", "-+"),
        ("UPDATE seat SET freed = freed {} WHERE id = :seat", "+-"),
    ):
        plant(change.format(f"{undo[0]} 1"), seat=seat_id)
        assert found() == {"I8"}, change
        plant(change.format(f"{undo[1]} 1"), seat=seat_id)
    assert found() == set()


def test_i9_finds_billed_time_before_the_start_and_after_the_end(broken: Stage) -> None:
    seat_id = settled(broken)
    at = broken.at
    plant(SPAN, seat=seat_id, kind="billed", start=at(-10), end=at(-5))
    assert "I9" in found()


def test_i9_finds_billed_time_inside_a_pause(broken: Stage) -> None:
    seat_id = settled(broken)
    plant(SPAN, seat=seat_id, kind="paused", start=broken.at(10), end=broken.at(12))
    assert "I9" in found()


def test_i10_finds_media_after_the_secured_second(broken: Stage) -> None:
    seat_id = settled(broken)
    log = (
        "INSERT INTO media_log (seat_id, grant_id, secured_until, last_packet_at, noted_at)"
        " VALUES (:seat, 'g', :until, :last, 0)"
    )
    plant(log, seat=seat_id, until=1_000, last=3_000)
    assert found() == set()
    plant(log, seat=seat_id, until=1_001, last=3_002)
    assert found() == {"I10"}


def test_i23_finds_a_seat_that_nobody_looks_at(broken: Stage) -> None:
    broken.open(broken.client(5_000))
    assert found() == {"I23"}


def test_i23_finds_a_hold_that_outlived_its_seat(broken: Stage) -> None:
    seat_id = broken.open(broken.client(5_000))
    plant("UPDATE seat SET state = 'void', closed_at = 1 WHERE id = :seat", seat=seat_id)
    assert "I23" in found()
