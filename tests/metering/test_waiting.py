"""A private pauses the other seats of the room (R-39 to R-41), with money on both databases."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from ppvcms.db import db, transaction
from ppvcms.ledger.models import Hold
from ppvcms.metering import periods, turns, waiting
from ppvcms.metering.state import Reason
from ppvcms.metering.view import seat_view
from ppvcms.results import Refusal
from tests.children import in_a_child

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.metering.stage import Stage


@pytest.fixture
def seat_id(stage: Stage) -> str:
    """A seat that was live for a minute when a private took the room away."""
    client = stage.client(2_000)
    opened = stage.open(client, rate_per_minute=100, minimum=400)
    stage.signs(opened, 0, 60)
    stage.meter(60)
    begin(stage, opened, 60)
    return opened


def begin(stage: Stage, seat_id: str, at: float, **more: frozenset[str]) -> list[str]:
    show_id = stage.seat(seat_id).show_id

    def act(session: object) -> list[str]:
        waiting.lock(session, show_id)  # type: ignore[arg-type]
        return waiting.begin(session, show_id, now=stage.at(at), **more)  # type: ignore[arg-type]

    return transaction(act)


def back(stage: Stage, seat_id: str, at: float) -> list[str]:
    show_id = stage.seat(seat_id).show_id
    return transaction(lambda session: waiting.end(session, show_id, now=stage.at(at)))


def holds(seat_id: str) -> list[tuple[str, int]]:
    query = select(Hold).where(Hold.seat_id == seat_id).order_by(Hold.made_at, Hold.id)
    db.session.rollback()
    return [(one.state, one.amount) for one in db.session.scalars(query)]


def test_a_short_wait_goes_on_by_itself_after_ten_free_seconds(stage: Stage, seat_id: str) -> None:
    """R-39, R-24: nothing is billed from the private's start to ten seconds after the return."""
    stage.meter(62)
    assert stage.seat(seat_id).state == "waiting"
    assert begin(stage, seat_id, 70) == []
    assert back(stage, seat_id, 100) == [seat_id]
    assert stage.seat(seat_id).state == "live"
    stage.signs(seat_id, 100, 130)
    stage.meter(130)
    stage.end(seat_id, 130, Reason.PERFORMER_ENDED)

    receipt = stage.receipt(seat_id)
    assert (receipt.lines["counted_s"], receipt.amount) == (80, 133)
    assert stage.seat(seat_id).paused_ms == 0


def test_a_long_wait_gives_the_money_back_and_asks_for_a_click(stage: Stage, seat_id: str) -> None:
    """R-39: same terms, secured anew."""
    client = stage.seat(seat_id).payer_id
    stage.meter(179)
    assert stage.wallet(client).held == 300
    stage.meter(181)
    assert stage.wallet(client).held == 0
    early = turns.go_on(seat_id, now=stage.at(200))
    back(stage, seat_id, 300)
    view = seat_view(seat_id, now=stage.at(300))
    assert (view.must_continue, view.continue_by) == (True, stage.at(300 + 1_800))
    answers = [turns.go_on(seat_id, now=stage.at(310)) for _ in range(2)]
    assert holds(seat_id) == [("ended", 400), ("open", 300)]
    stage.signs(seat_id, 310, 340)
    stage.meter(340)
    stage.end(seat_id, 340)

    assert isinstance(early, Refusal)
    assert answers == [None, None]
    assert stage.receipt(seat_id).lines["counted_s"] == 90
    assert stage.receipt(seat_id).amount == 400
    assert stage.wallet(client).available == 1_600


def test_who_cannot_pay_any_more_does_not_go_on(stage: Stage) -> None:
    client = stage.client(300)
    seat_id = stage.open(client, rate_per_minute=100)
    stage.signs(seat_id, 0, 60)
    stage.meter(60)
    begin(stage, seat_id, 60)
    stage.meter(181)
    back(stage, seat_id, 200)

    refusal = turns.go_on(seat_id, now=stage.at(201))

    assert isinstance(refusal, Refusal)
    assert (refusal.code, refusal.missing) == ("funds", 100)
    assert stage.seat(seat_id).state == "waiting"


@pytest.mark.parametrize(
    ("reason", "at"), [(Reason.PAYER_ENDED, 90), (Reason.NOT_CONTINUED, 300 + 1_801)]
)
def test_leaving_while_it_waits_costs_what_was_counted_and_no_minimum(
    stage: Stage, seat_id: str, reason: Reason, at: float
) -> None:
    """R-21, R-39: nobody pressed Continue for half an hour, or the payer left."""
    if reason is Reason.PAYER_ENDED:
        stage.end(seat_id, at)
    else:
        stage.meter(190)
        back(stage, seat_id, 300)
        stage.meter(at)

    seat = stage.seat(seat_id)
    assert (seat.state, seat.close_reason, seat.due) == ("settled", reason.value, 100)


def test_those_who_are_spared_go_on(stage: Stage) -> None:
    """R-41: voyeurs of a mode that allows them in its privates."""
    show_id = stage.show()
    viewer = stage.open(stage.client(1_000), show_id=show_id, role="viewer")
    voyeur = stage.open(stage.client(1_000), show_id=show_id, role="voyeur")

    assert begin(stage, viewer, 1, spared=frozenset({"voyeur"})) == [viewer]
    assert stage.seat(voyeur).state == "secured"
    back(stage, viewer, 30)
    assert stage.seat(viewer).state == "secured"


POINTS = (
    "wait.begun",
    "wait.freed",
    "wait.ended",
    "wait.held",
    "turn.begin",
    "turn.written",
    "period.begun",
)


def test_what_is_killed_halfway_is_done_whole_by_the_next_try(stage: Stage) -> None:
    """R-27: at each point a process dies in its step, and another one does the step again."""
    for point in POINTS:
        client = stage.client(2_000)
        seat_id = stage.open(client, rate_per_minute=100)
        stage.signs(seat_id, 0, 60)
        stage.meter(60)
        killed = [killed_in(step, point) for step in long_wait(stage, seat_id)]
        stage.signs(seat_id, 201, 231)
        stage.end(seat_id, 231)

        assert killed.count(True) == 1, point
        assert stage.receipt(seat_id).amount == 150
        assert stage.wallet(client).available == 1_850


def long_wait(stage: Stage, seat_id: str) -> list[Callable[[], object]]:
    """Return the steps through a check-in and a private that lasts too long."""
    show_id = stage.seat(seat_id).show_id
    return [
        lambda: transaction(lambda session: periods.begin(session, show_id, now=stage.at(60))),
        lambda: begin(stage, seat_id, 60),
        lambda: stage.meter(185),
        lambda: back(stage, seat_id, 200),
        lambda: turns.go_on(seat_id, now=stage.at(201)),
    ]


def killed_in(step: Callable[[], object], point: str) -> bool:
    """Do a step in a process that may die at a point, again if it did; return whether it did."""
    db.session.remove()
    db.engine.dispose()
    ended = in_a_child(step, f"{point}=kill")
    assert ended in {0, -signal.SIGKILL}
    if ended:
        step()
    return bool(ended)
