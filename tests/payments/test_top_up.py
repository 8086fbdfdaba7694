"""R-37: money that arrives lets a cut seat go on, as soon as its fact is heard."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from ppvcms.events import PaymentSettled
from ppvcms.ids import new_id
from ppvcms.jobs import duties
from tests.metering.stage import Stage, make_site

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def stage(database_url: str, tmp_path: Path) -> Iterator[Stage]:
    """A stage whose third minute has just ended."""
    app = make_site(database_url, tmp_path)
    with app.app_context():
        ready = Stage(zero=time.time_ns() // 1_000_000 - 190_000)
        yield ready
        ready.end_all()
        ready.check_books()


def settled(user_id: str, credits: int) -> PaymentSettled:  # noqa: A002
    return PaymentSettled(id=new_id(), at=0, intent_id="i", user_id=user_id, credits=credits)


def test_a_payment_lets_an_exhausted_seat_go_on(stage: Stage) -> None:
    client = stage.client(600)
    seat_id = stage.open(client)
    stage.play(seat_id, 0, 185)
    assert stage.seat(seat_id).state == "exhausted"
    stage.fund(client, 2_000)
    stage.signs(seat_id, 185, (time.time_ns() // 1_000_000 - stage.zero) / 1000)
    for _ in range(2):
        duties.top_up(settled(client, 2_000))
    assert stage.seat(seat_id).state in {"secured", "live"}
    assert stage.wallet(client).held > 0


def test_a_payment_without_a_seat_changes_nothing(stage: Stage) -> None:
    client = stage.client(600)
    duties.top_up(settled(client, 600))
    assert (stage.wallet(client).available, stage.wallet(client).held) == (600, 0)
