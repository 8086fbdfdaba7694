"""What happens at the same moment in several processes, on both databases."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select, update

from ppvcms.db import db, transaction
from ppvcms.ledger.store import charge
from ppvcms.metering import meter, settle
from ppvcms.metering.models import Receipt, Seat, Usage
from ppvcms.metering.state import Reason
from ppvcms.results import Refusal
from tests.metering.stage import Stage, make_site
from tests.metering.together import Child, together

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy.orm import Session


def rows_of(seat_id: str) -> list[int]:
    """Return the numbers of a seat's postings."""
    db.session.rollback()
    return list(
        db.session.scalars(select(Usage.seq).where(Usage.seat_id == seat_id).order_by(Usage.seq))
    )


def look_often(moments: list[int]) -> int:
    """Look at every moment; return how many postings this process made."""
    return sum(meter.run_batch(now=moment).posted for moment in moments)


def tip(payer_id: str, amount: int, key: str) -> bool:
    """Tip from a wallet; return whether it went through."""

    def act(session: Session) -> Any:
        return charge(
            session,
            payer_id=payer_id,
            amount=amount,
            sharers=[],
            kind="tip",
            key=key,
            source="tips:race",
            memo="A tip",
            actor_id=payer_id,
        )

    return not isinstance(transaction(act), Refusal)


def test_four_meters_on_one_seat_post_each_second_once(
    stage: Stage, database_url: str, tmp_path: Path
) -> None:
    """R-38: the seq fences; whoever comes late changes nothing."""
    client = stage.client(5_000)
    seat_id = stage.open(client)
    stage.signs(seat_id, 0, 170)
    stage.meter(1)
    moments = [stage.at(second) for second in range(2, 170, 7)]

    posted = together(database_url, tmp_path, *[partial(look_often, moments)] * 4)

    numbers = rows_of(seat_id)
    assert numbers == list(range(1, len(numbers) + 1))
    assert sum(posted) == len(numbers)
    stage.end(seat_id, 170)
    assert stage.receipt(seat_id).amount == 170 * 200 // 60


@pytest.mark.postgres
def test_a_meter_that_was_stopped_and_wakes_late_bills_nothing_twice(
    pg_url: str, tmp_path: Path
) -> None:
    """SIGSTOP after the decision: its seats are skipped by others and posted once."""
    with make_site(pg_url, tmp_path).app_context():
        stage = Stage()
        client = stage.client(5_000)
        seat_id = stage.open(client)
        stage.signs(seat_id, 0, 60)
        stage.meter(1)
        sleeper = Child(
            pg_url,
            tmp_path,
            partial(look_often, [stage.at(20)]),
            fault="meter.checked=stop",
        )
        sleeper.begin()
        sleeper.stopped()
        assert stage.meter(50).looked == 0
        sleeper.wake()
        sleeper.answer()
        stage.meter(60)
        stage.end(seat_id, 60)

        assert stage.receipt(seat_id).amount == 200
        assert rows_of(seat_id) == list(range(1, len(rows_of(seat_id)) + 1))
        stage.check_books()


def test_a_tip_and_the_next_block_never_spend_the_same_credit(
    stage: Stage, database_url: str, tmp_path: Path
) -> None:
    """R-44: 200 are left; the block takes them or the tip does."""
    for nr in range(4):
        client = stage.client(800)
        seat_id = stage.open(client)
        stage.signs(seat_id, 0, 125)
        stage.meter(1)

        _, tipped = together(
            database_url,
            tmp_path,
            partial(look_often, [stage.at(125)]),
            partial(tip, client, 200, f"race-{nr}"),
        )

        extended = stage.seat(seat_id).secured > 600
        assert tipped is not extended
        assert stage.wallet(client).available == 0
        stage.end(seat_id, 125)


def test_a_top_up_that_races_the_cut_goes_on_paid_or_stays_cut(
    stage: Stage, database_url: str, tmp_path: Path
) -> None:
    """R-37: never free, never charged while cut."""
    for nr in range(4):
        client = stage.client(600)
        seat_id = stage.open(client)
        stage.signs(seat_id, 0, 181)
        stage.meter(1)

        def fund(client: str = client, nr: int = nr) -> bool:
            stage.fund(client, 300, key=f"race-{nr}")
            return True

        together(database_url, tmp_path, partial(look_often, [stage.at(181)]), fund)

        assert stage.seat(seat_id).counted_ms == 180_000
        stage.play(seat_id, 181, 200)
        stage.end(seat_id, 200)
        counted_s = stage.receipt(seat_id).lines["counted_s"]
        assert 195 <= counted_s <= 199
        assert stage.receipt(seat_id).amount == counted_s * 200 // 60


def test_both_sides_end_at_once_and_the_seat_is_settled_once(
    stage: Stage, database_url: str, tmp_path: Path
) -> None:
    """R-14."""
    client = stage.client(5_000)
    seat_id = stage.open(client)
    stage.play(seat_id, 0, 30)
    moment = stage.at(30)

    ended = together(
        database_url,
        tmp_path,
        *(
            partial(settle.end, seat_id, reason, now=moment)
            for reason in (Reason.PAYER_ENDED, Reason.PERFORMER_ENDED, Reason.STAFF)
        ),
    )

    assert sorted(ended) == [False, False, True]
    assert stage.receipt(seat_id).amount == 100


def test_late_evidence_beside_the_settlement_changes_no_bill(
    stage: Stage, database_url: str, tmp_path: Path
) -> None:
    """R-12, R-14."""
    client = stage.client(5_000)
    seat_id = stage.open(client)
    stage.play(seat_id, 0, 30)
    moment = stage.at(30)

    def late() -> bool:
        stage.signs(seat_id, 31, 90)
        return True

    together(database_url, tmp_path, partial(settle.end, seat_id, Reason.STAFF, now=moment), late)

    assert stage.receipt(seat_id).amount == 100


def close_all(moment: int) -> int:
    """Settle whatever is over; return how many this process closed."""
    closing = meter.run_batch(now=moment).closing
    return sum(settle.look_at(seat_id, now=moment) for seat_id in closing)


def test_two_pollers_close_twenty_ended_seats_once_each(
    stage: Stage, database_url: str, tmp_path: Path
) -> None:
    """The shape in which a rival charged every session twice."""
    seats = [stage.open(stage.client(600)) for _ in range(20)]
    for seat_id in seats:
        stage.signs(seat_id, 0, 10)
    stage.meter(10)

    closed = together(database_url, tmp_path, *[partial(close_all, stage.at(200))] * 2)
    # The first look pauses and finds the window over in the same step.
    closed.append(close_all(stage.at(201)))

    db.session.rollback()
    assert sum(closed) == 20
    assert db.session.scalar(select(func.count()).select_from(Receipt)) == 20
    assert {stage.receipt(seat_id).amount for seat_id in seats} == {33}


def test_two_seats_that_share_a_wallet_are_both_taken_from_it(stage: Stage) -> None:
    """The trap of two rows for one target: 100 - 30 - 30 must not be 70."""
    client, other = stage.client(5_000), stage.client()
    first = stage.open(client)
    transaction(lambda s: s.execute(update(Seat).where(Seat.id == first).values(payer_id=other)))
    second = stage.open(client)
    for seat_id in (first, second):
        stage.signs(seat_id, 0, 30)
    stage.meter(1)
    stage.meter(30)

    assert stage.wallet(client).balance == 5_000 - 100 - 100
    for seat_id in (first, second):
        stage.end(seat_id, 30)
    assert stage.wallet(client).available == 4_800


def test_a_price_that_changes_meanwhile_is_not_the_price_of_the_seat(stage: Stage) -> None:
    """R-06, R-07: the seat is opened with the terms of the click."""
    client = stage.client(5_000)
    seat_id = stage.open(client, rate_per_minute=150)
    stage.play(seat_id, 0, 60)
    stage.end(seat_id, 60)

    assert stage.receipt(seat_id).amount == 150


def test_a_clock_that_steps_back_bills_nothing_and_undoes_nothing(stage: Stage) -> None:
    """F9: the database's clock jumps by an hour under a live seat."""
    client = stage.client(5_000)
    seat_id = stage.open(client)
    stage.play(seat_id, 0, 30)
    before = stage.seat(seat_id)
    state, counted = before.state, before.counted_ms
    settle.look_at(seat_id, now=stage.at(-3_600))

    after = stage.seat(seat_id)
    assert (after.state, after.counted_ms) == (state, counted)
    stage.play(seat_id, 30, 60)
    stage.end(seat_id, 60)
    assert stage.receipt(seat_id).amount == 200
