"""A seat in the books, from its first block to its receipt, on both databases."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ppvcms.metering.seats import resume_after_top_up, seat_view
from ppvcms.metering.state import Phase, Reason
from ppvcms.metering.terms import Sharer
from ppvcms.results import Refusal

if TYPE_CHECKING:
    from tests.metering.stage import Stage


def test_a_show_is_billed_by_the_second_and_divided(stage: Stage) -> None:
    """R-20, R-47, R-33: 95 of 100 s after the grace at 2.00 a minute."""
    client = stage.client(5_000)
    sharer = Sharer(stage.performer_id, studio_id=stage.studio_id, studio_percent=25)
    seat_id = stage.open(client, grace_s=5, sharers=(sharer,))
    stage.play(seat_id, 0, 100)
    stage.end(seat_id, 100)

    receipt = stage.receipt(seat_id)
    assert receipt.amount == 95 * 200 // 60 == 316
    assert receipt.number == 1
    assert stage.wallet(client).balance == 5_000 - 316
    assert stage.wallet(client).held == 0


def test_the_first_block_is_held_before_any_media(stage: Stage) -> None:
    """R-29, R-30."""
    client = stage.client(1_000)
    seat_id = stage.open(client)

    assert stage.wallet(client).available == 400
    assert stage.seat(seat_id).secured_until == stage.at(180)


def test_without_the_money_there_is_no_seat(stage: Stage) -> None:
    """R-29."""
    client = stage.client(599)
    refusal = stage.try_open(client)

    assert isinstance(refusal, Refusal)
    assert (refusal.code, refusal.missing) == ("funds", 1)
    assert stage.wallet(client).held == 0


def test_a_payer_has_one_paid_seat(stage: Stage) -> None:
    """R-08."""
    client = stage.client(5_000)
    seat_id = stage.open(client)
    refusal = stage.try_open(client)

    assert isinstance(refusal, Refusal)
    assert (refusal.code, refusal.details) == ("busy", {"seat": seat_id})


def test_the_same_key_opens_the_same_seat(stage: Stage) -> None:
    """R-04."""
    client = stage.client(5_000)

    assert stage.open(client, key="one") == stage.open(client, key="one")
    assert stage.wallet(client).held == 600


@pytest.mark.parametrize("role", ["owner", "moderator"])
def test_staff_is_never_billed(stage: Stage, role: str) -> None:
    """R-16."""
    refusal = stage.try_open(stage.client(5_000, role=role))

    assert isinstance(refusal, Refusal)
    assert refusal.code == "forbidden"


def test_a_performer_is_never_billed_in_the_own_room(stage: Stage) -> None:
    """R-16."""
    stage.fund(stage.performer_id, 5_000)

    assert isinstance(stage.try_open(stage.performer_id), Refusal)


def test_a_seat_that_never_began_costs_nothing_and_releases_its_hold(stage: Stage) -> None:
    """R-13."""
    client = stage.client(1_000)
    seat_id = stage.open(client)
    stage.signs(seat_id, 1, 60, payer=False)
    stage.meter(61)

    seat = stage.seat(seat_id)
    assert (seat.state, seat.close_reason, seat.pause_cause) == ("void", "not_connected", "payer")
    assert stage.wallet(client).available == 1_000


def test_a_drop_pauses_at_the_last_evidence_and_a_return_goes_on(stage: Stage) -> None:
    """R-23, MT-05."""
    client = stage.client(5_000)
    seat_id = stage.open(client)
    stage.play(seat_id, 0, 30)
    stage.play(seat_id, 30, 50, payer=False)
    paused = seat_view(seat_id, now=stage.at(50))
    stage.play(seat_id, 50, 80)
    stage.end(seat_id, 80)

    assert (paused.state, paused.paused_since, paused.cause) == ("paused", stage.at(30), "payer")
    assert paused.resume_deadline == stage.at(150)
    assert (paused.performer_line.state, paused.payer_line.state) == ("up", "down")
    assert stage.receipt(seat_id).lines["counted_s"] in range(58, 61)


def test_at_exhaustion_the_payer_is_cut_and_a_top_up_goes_on_with_the_same_seat(
    stage: Stage,
) -> None:
    """R-37, MT-13."""
    client = stage.client(600)
    seat_id = stage.open(client)
    stage.play(seat_id, 0, 185)
    exhausted = seat_view(seat_id, now=stage.at(185))
    stage.fund(client, 1_000)
    stage.play(seat_id, 200, 240)
    stage.end(seat_id, 240)

    assert (exhausted.state, exhausted.counted_s, exhausted.cost) == ("exhausted", 180, 600)
    assert exhausted.resume_deadline == stage.at(300)
    assert stage.receipt(seat_id).lines["counted_s"] in range(218, 221)
    assert stage.receipt(seat_id).amount <= 600 + 40 * 200 // 60 + 1


def test_nobody_who_runs_out_is_charged_more_than_there_was(stage: Stage) -> None:
    """R-30."""
    client = stage.client(777)
    seat_id = stage.open(client)
    stage.play(seat_id, 0, 400)

    seat = stage.seat(seat_id)
    assert (seat.state, seat.close_reason) == ("settled", "exhausted")
    assert seat.due <= 777
    assert stage.wallet(client).available == 777 - seat.due


def test_the_performer_may_end_at_once_and_no_minimum_is_due(stage: Stage) -> None:
    """R-21."""
    client = stage.client(5_000)
    seat_id = stage.open(client, minimum=900)
    stage.play(seat_id, 0, 30)
    stage.end(seat_id, 30, Reason.PERFORMER_ENDED)

    assert stage.receipt(seat_id).amount == 100


def test_a_payer_who_leaves_early_owes_the_minimum(stage: Stage) -> None:
    """R-21."""
    client = stage.client(5_000)
    seat_id = stage.open(client, minimum=900)
    stage.play(seat_id, 0, 30)
    stage.end(seat_id, 30)

    assert stage.receipt(seat_id).amount == 900


def test_postings_are_cumulative_and_at_most_ten_seconds_apart(stage: Stage) -> None:
    """R-38."""
    client = stage.client(5_000)
    seat_id = stage.open(client, rate_per_minute=199)
    stage.play(seat_id, 0, 100)
    seat = stage.seat(seat_id)
    assert seat.posted == seat.due - (seat.due - seat.posted)
    assert stage.at(100) - seat.posted_at <= 10_000
    assert seat.seq >= 9
    stage.end(seat_id, 100)

    assert stage.receipt(seat_id).amount == 331


def test_the_figures_on_screen_are_the_bill(stage: Stage) -> None:
    """R-51, MT-17: at every second, what is shown is what a bill would say."""
    client = stage.client(5_000)
    seat_id = stage.open(client, grace_s=7, rate_per_minute=199)
    for second in range(40):
        stage.play(seat_id, second, second + 1)
        view = seat_view(seat_id, now=stage.at(second + 1))
        assert view.cost == max(0, view.counted_s - 7) * 199 // 60
        assert view.counted_s == second + 1
        assert view.available + view.held == view.balance
    stage.end(seat_id, 40)
    assert stage.receipt(seat_id).amount == view.cost


def test_a_seat_that_is_over_stays_over(stage: Stage) -> None:
    """R-14: settlement against a late media event, and both sides ending."""
    client = stage.client(5_000)
    seat_id = stage.open(client)
    stage.play(seat_id, 0, 20)

    assert stage.end(seat_id, 20) is True
    assert stage.end(seat_id, 21, Reason.PERFORMER_ENDED) is False
    stage.signs(seat_id, 20, 40)
    stage.meter(40)
    assert stage.seat(seat_id).close_reason == "payer_ended"
    assert stage.receipt(seat_id).amount == 66


def test_new_money_is_looked_at_at_once(stage: Stage) -> None:
    """R-37: the seat of a payer who topped up is not left to the next look."""
    client = stage.client(5_000)
    assert resume_after_top_up(client) is None
    seat_id = stage.open(client)

    view = resume_after_top_up(client)
    assert view is not None
    assert view.id == seat_id
    assert view.state == Phase.VOID


def test_receipts_are_numbered_without_a_gap(stage: Stage) -> None:
    """WL-09."""
    for _number in range(3):
        seat_id = stage.open(stage.client(1_000))
        stage.play(seat_id, 0, 10)
        stage.end(seat_id, 10)

    assert stage.receipt(seat_id).number == 3
