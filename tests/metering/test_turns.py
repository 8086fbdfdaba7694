"""Another role, fixed blocks, other sharers and full hours, with money on both databases."""

from __future__ import annotations

import signal
from functools import partial
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from ppvcms.db import db, transaction
from ppvcms.ledger.models import Share, Transfer
from ppvcms.metering import meter, periods, settle, turns
from ppvcms.metering.models import Period, Segment
from ppvcms.metering.state import Reason
from ppvcms.metering.terms import Sharer
from ppvcms.metering.view import seat_view
from ppvcms.results import Refusal
from ppvcms.rooms.models import ShowPerformer
from tests.children import in_a_child

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from tests.metering.stage import Stage


def go(stage: Stage, seat_id: str, start: float, end: float) -> None:
    """Let time pass with both sides up, the meter looking once a minute."""
    moment = start
    while moment < end:
        ahead = min(moment + 60, end)
        stage.signs(seat_id, moment, ahead)
        stage.meter(ahead)
        moment = ahead


def segments(seat_id: str) -> list[tuple[str, int, int]]:
    query = select(Segment).where(Segment.seat_id == seat_id).order_by(Segment.nr)
    return [
        (one.role, one.rate_per_minute, one.counted_ms // 1000) for one in db.session.scalars(query)
    ]


def shares(seat_id: str) -> dict[str, int]:
    """Return what each party got of a seat in all its transfers."""
    query = (
        select(Share.party_id, Share.amount)
        .join(Transfer, Transfer.id == Share.transfer_id)
        .where(Transfer.source == f"seat:{seat_id}")
    )
    found: dict[str, int] = {}
    for party, amount in db.session.execute(query):
        found[party] = found.get(party, 0) + amount
    return found


# --- R-09 -----------------------------------------------------------------------------------


def test_a_role_change_begins_a_segment_at_that_second(stage: Stage) -> None:
    """R-09, R-20: 60 s at 1.00, then 45 s at 1.75 make 2.31; no new grace, no new minimum."""
    seat_id = stage.open(stage.client(5_000), rate_per_minute=100, role="viewer")
    go(stage, seat_id, 0, 60)

    change = {"role": "two_way", "rate_per_minute": 175}
    assert turns.rerate(seat_id, **change, now=stage.at(60)) is None
    assert turns.rerate(seat_id, **change, now=stage.at(60)) is None
    go(stage, seat_id, 60, 105)
    view = seat_view(seat_id, now=stage.at(105))
    stage.end(seat_id, 105)

    assert (view.role, view.rate_per_minute, view.cost) == ("two_way", 175, 231)
    assert [one.counted_s for one in view.segments] == [60, 45]
    assert segments(seat_id) == [("viewer", 100, 60), ("two_way", 175, 45)]
    assert stage.receipt(seat_id).amount == 231


def test_seconds_before_the_change_keep_their_rate_though_proven_later(stage: Stage) -> None:
    """R-09, R-12: the last sign before the change came two seconds earlier."""
    seat_id = stage.open(stage.client(5_000), rate_per_minute=60)
    stage.signs(seat_id, 0, 28)
    stage.meter(29)
    turns.rerate(seat_id, role="two_way", rate_per_minute=600, now=stage.at(30))
    stage.signs(seat_id, 28, 40)
    stage.end(seat_id, 40)

    assert segments(seat_id) == [("two_way", 60, 30), ("two_way", 600, 10)]
    assert stage.receipt(seat_id).amount == 30 + 100


def test_a_dearer_rate_that_is_not_secured_is_refused_and_nothing_changes(stage: Stage) -> None:
    """R-09, R-29."""
    client = stage.client(700)
    seat_id = stage.open(client, rate_per_minute=200)
    go(stage, seat_id, 0, 30)
    before, wallet = stage.seat(seat_id), stage.wallet(client)

    refusal = turns.rerate(seat_id, role="two_way", rate_per_minute=300, now=stage.at(30))

    assert isinstance(refusal, Refusal)
    assert (refusal.code, refusal.missing) == ("funds", 100 + 900 - 600 - 100)
    after = stage.seat(seat_id)
    assert (after.rate, after.secured, after.secured_until, after.parts) == (
        before.rate,
        before.secured,
        before.secured_until,
        [],
    )
    assert stage.wallet(client) == wallet


def test_media_ends_at_the_second_that_is_secured_at_the_new_rate(stage: Stage) -> None:
    """R-09, R-30: the old end is covered where there is money, and never overrun where not."""
    rich, poor = stage.client(5_000), stage.client(1_400)
    for client, until in ((rich, 180), (poor, 30 + (60 * 1_400 - 30 * 60) // 460)):
        seat_id = stage.open(client, rate_per_minute=60, minimum=1_400 if client == poor else 0)
        go(stage, seat_id, 0, 30)
        turns.rerate(seat_id, role="two_way", rate_per_minute=460, now=stage.at(30))
        seat = stage.seat(seat_id)
        left = (seat.secured_until - stage.at(30)) // 1000
        assert left >= 180 if client == rich else seat.secured_until >= stage.at(until)
        go(stage, seat_id, 30, 400)
        stage.end(seat_id, 400)
        assert stage.seat(seat_id).due <= (5_000 if client == rich else 1_400)


def test_a_free_segment_costs_nothing_and_lasts(stage: Stage) -> None:
    """R-43."""
    client = stage.client(600)
    seat_id = stage.open(client, rate_per_minute=200)
    go(stage, seat_id, 0, 60)
    turns.rerate(seat_id, role="viewer", rate_per_minute=0, now=stage.at(60))
    go(stage, seat_id, 60, 500)
    assert seat_view(seat_id, now=stage.at(500)).cost == 200
    turns.rerate(seat_id, role="viewer", rate_per_minute=100, now=stage.at(500))
    go(stage, seat_id, 500, 530)
    stage.end(seat_id, 530)

    assert [seconds for _role, _rate, seconds in segments(seat_id)] == [60, 440, 30]
    assert stage.receipt(seat_id).amount == 250


def test_a_seat_that_is_over_changes_no_more(stage: Stage) -> None:
    seat_id = stage.open(stage.client(5_000))
    go(stage, seat_id, 0, 10)
    stage.end(seat_id, 10)

    refusal = turns.rerate(seat_id, role="viewer", rate_per_minute=1, now=stage.at(11))
    assert isinstance(refusal, Refusal)
    assert refusal.code == "closed"


# --- R-22 -----------------------------------------------------------------------------------

BLOCK = {"block_s": 300, "block_price": 1_000}


@pytest.mark.parametrize(
    ("reason", "charge"), [(Reason.PAYER_ENDED, 1_000), (Reason.PERFORMER_ENDED, 200)]
)
def test_a_block_is_paid_whole_by_a_payer_who_leaves_and_in_part_otherwise(
    stage: Stage, reason: Reason, charge: int
) -> None:
    """R-22: 60 of 300 s; the unserved part goes back when the performer ends."""
    client = stage.client(1_500)
    seat_id = stage.open(client, **BLOCK)
    assert stage.wallet(client).held == 1_000
    go(stage, seat_id, 0, 60)
    stage.end(seat_id, 60, reason)

    assert stage.receipt(seat_id).amount == charge
    assert stage.wallet(client).available == 1_500 - charge


def test_the_next_block_is_taken_once_by_its_number_in_the_last_minute(stage: Stage) -> None:
    """PS-12."""
    client = stage.client(3_000)
    seat_id = stage.open(client, **BLOCK)
    go(stage, seat_id, 0, 200)
    early = turns.next_block(seat_id, 2, now=stage.at(200))
    go(stage, seat_id, 200, 250)
    assert seat_view(seat_id, now=stage.at(250)).block.offered  # type: ignore[union-attr]
    answers = [turns.next_block(seat_id, 2, now=stage.at(250)) for _ in range(2)]
    go(stage, seat_id, 250, 360)
    stage.end(seat_id, 360, Reason.PERFORMER_ENDED)

    assert isinstance(early, Refusal)
    assert answers == [None, None]
    assert stage.receipt(seat_id).amount == 1_200


def test_a_block_that_ends_is_cut_and_may_be_continued(stage: Stage) -> None:
    """PS-12, R-30: nothing is taken by itself."""
    client = stage.client(3_000)
    seat_id = stage.open(client, **BLOCK)
    go(stage, seat_id, 0, 305)
    assert stage.seat(seat_id).state == "exhausted"
    assert turns.next_block(seat_id, 2, now=stage.at(320)) is None
    stage.signs(seat_id, 320, 322)
    stage.meter(322)
    go(stage, seat_id, 322, 340)
    stage.end(seat_id, 340)

    assert stage.receipt(seat_id).amount == 2_000


# --- R-47, R-48 -----------------------------------------------------------------------------


def check_in(stage: Stage, seat_id: str, person: str, at: float) -> None:
    """Let somebody perform with the room's own performer from a moment on."""
    show_id = stage.seat(seat_id).show_id

    def act(session: Session) -> None:
        for place, who in enumerate((stage.performer_id, person)):
            row = ShowPerformer(
                id=f"{place}{seat_id[1:]}",
                show_id=show_id,
                performer_id=who,
                present=f"{place}{seat_id[1:]}",
                place=place,
                weight=1,
                from_at=stage.at(at),
            )
            session.add(row)
        session.flush()
        periods.begin(session, show_id, now=stage.at(at))

    transaction(act)


def test_a_check_in_begins_a_period_with_its_own_sharers(stage: Stage) -> None:
    """R-48: what was due before it stays with who performed alone."""
    guest = stage.client()
    seat_id = stage.open(stage.client(5_000), rate_per_minute=199, minimum=1_000)
    go(stage, seat_id, 0, 61)
    check_in(stage, seat_id, guest, 61)
    go(stage, seat_id, 61, 121)
    stage.end(seat_id, 121)

    first, second = (db.session.get_one(Period, (seat_id, nr)) for nr in (1, 2))
    assert first.amount == 61 * 199 // 60
    assert first.amount + second.amount == stage.receipt(seat_id).amount == 1_000
    found = shares(seat_id)
    assert sum(found.values()) == 1_000
    assert found[guest] == round(second.amount * 0.4)
    assert found[stage.performer_id] - found[guest] == round(first.amount * 0.8)


# --- R-38 -----------------------------------------------------------------------------------


@pytest.fixture
def long_seat(stage: Stage) -> str:
    """A seat of three who share, whose first hour is about to be full."""
    stage.zero -= 7_200_000
    sharers = tuple(
        Sharer(stage.client(), 1, 3, 80, stage.studio_id if nr == 0 else None, 25 if nr == 0 else 0)
        for nr in range(3)
    )
    client = stage.client(90_000)
    seat_id = stage.open(client, rate_per_minute=199, first_block_s=8_000, sharers=sharers)
    stage.signs(seat_id, 0, 3_599)
    stage.meter(3_599)
    return seat_id


def test_a_full_hour_is_divided_once_and_the_end_divides_the_rest(
    stage: Stage, long_seat: str
) -> None:
    """R-38, R-47: the sum is rounded once, however often it was divided."""
    assert shares(long_seat) == {}
    stage.signs(long_seat, 3_599, 3_610)
    stage.meter(3_610)
    stage.meter(3_610)
    hour = shares(long_seat)
    assert 11_930 < sum(hour.values()) <= 3_610 * 199 // 60
    assert stage.seat(long_seat).shared_hours == 1
    stage.signs(long_seat, 3_610, 3_700)
    stage.meter(3_700)
    assert shares(long_seat) == hour
    stage.end(long_seat, 3_700)

    amount = stage.receipt(long_seat).amount
    assert amount == 3_700 * 199 // 60 == 12_271
    assert sorted(shares(long_seat).values()) == [818, 2_454, 2_454, 3_272, 3_273]


def test_an_hour_that_dies_halfway_is_divided_by_the_next_look(
    stage: Stage, long_seat: str
) -> None:
    """R-38: what a killed process had not committed is done again, and only once."""
    stage.signs(long_seat, 3_599, 3_610)
    batch = meter.run_batch(now=stage.at(3_610))
    assert batch.closing == [long_seat]
    db.session.remove()
    db.engine.dispose()
    look = partial(settle.look_at, long_seat, now=stage.at(3_610))
    assert in_a_child(look, "hour.shared=kill") == -signal.SIGKILL
    assert shares(long_seat) == {}

    settle.look_at(long_seat, now=stage.at(3_611))
    settle.look_at(long_seat, now=stage.at(3_611))
    assert sum(shares(long_seat).values()) > 11_930


# --- PS-11 ----------------------------------------------------------------------------------


def test_a_break_is_not_billed_and_who_leaves_in_it_owes_no_minimum(stage: Stage) -> None:
    """PS-11, R-21, R-24: 60 s at 1.00; the break and the minimum of 5.00 cost nothing."""
    client = stage.client(2_000)
    seat_id = stage.open(client, rate_per_minute=100, minimum=500)
    go(stage, seat_id, 0, 60)
    assert turns.rest(seat_id, now=stage.at(60)) is None
    assert turns.rest(seat_id, now=stage.at(61)) is None
    assert seat_view(seat_id, now=stage.at(70)).state == "break"
    stage.signs(seat_id, 60, 200)
    stage.meter(200)
    assert turns.rest_over(seat_id, now=stage.at(200)) is None
    stage.signs(seat_id, 200, 230)
    stage.meter(202)
    go(stage, seat_id, 202, 230)
    view = seat_view(seat_id, now=stage.at(230))
    assert (view.state, view.counted_s) == ("live", 88)

    assert turns.rest(seat_id, now=stage.at(230)) is None
    settle.end(seat_id, Reason.PAYER_ENDED, now=stage.at(240))
    view = seat_view(seat_id)
    assert (view.cost, view.close_reason) == (88 * 100 // 60, "left_break")


def test_breaks_last_five_minutes_a_seat_together(stage: Stage) -> None:
    """PS-11: after them the show ends by itself, charged without its minimum."""
    seat_id = stage.open(stage.client(2_000), rate_per_minute=100, minimum=500)
    go(stage, seat_id, 0, 30)
    assert turns.rest(seat_id, now=stage.at(30)) is None
    stage.meter(329)
    assert seat_view(seat_id).state == "break"
    stage.meter(331)
    view = seat_view(seat_id)
    assert (view.state, view.cost, view.close_reason) == ("settled", 50, "break_over")


# --- RM-13 ----------------------------------------------------------------------------------


def test_a_seat_without_a_price_holds_nothing_and_a_dearer_role_does(stage: Stage) -> None:
    """RM-13, R-09: an hour at 0, then 60 s at 1.75 make 1.75 and no more."""
    client = stage.client(5_000)
    show = stage.show()
    free = {"show_id": show, "rate_per_minute": 0, "role": "viewer"}
    seat_id = stage.open(client, key="a", **free)
    assert stage.open(client, key="a", **free) == seat_id
    assert isinstance(stage.try_open(client, key="b", rate_per_minute=100), Refusal)
    assert stage.wallet(client).held == 0
    go(stage, seat_id, 0, 3_700)
    view = seat_view(seat_id, now=stage.at(3_700))
    assert (view.state, view.counted_s, view.cost) == ("live", 3_700, 0)

    assert turns.rerate(seat_id, role="two_way", rate_per_minute=175, now=stage.at(3_700)) is None
    assert stage.wallet(client).held > 0
    go(stage, seat_id, 3_700, 3_760)
    assert turns.rerate(seat_id, role="viewer", rate_per_minute=0, now=stage.at(3_760)) is None
    go(stage, seat_id, 3_760, 3_800)
    stage.end(seat_id, 3_800)
    assert stage.receipt(seat_id).amount == 175
    assert segments(seat_id) == [("viewer", 0, 3_700), ("two_way", 175, 60), ("viewer", 0, 40)]
    other = stage.open(client, at=3_900, key="c", **free)
    stage.end(other, 3_901)
    assert stage.wallet(client).balance == 5_000 - 175
