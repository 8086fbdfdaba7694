"""R-48, R-50: who comes and goes while it is metered, shared to the unit of each second."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from ppvcms.db import db, transaction
from ppvcms.ledger.models import Share, Transfer
from ppvcms.metering.partners import change_performers
from ppvcms.metering.sharing import Present
from ppvcms.metering.terms import Sharer

if TYPE_CHECKING:
    from tests.metering.stage import Stage


def let_in(stage: Stage, at: float, *people: tuple[str, int]) -> None:
    """Let these perform with the room's own performer from a moment on, by weights."""
    wanted = [Present(one, weight) for one, weight in people]
    refusal = transaction(
        lambda session: change_performers(
            session, stage.room_id, wanted, reason="left", now=stage.at(at)
        )
    )
    assert refusal is None, refusal


def shares_of(seat_id: str) -> dict[str, int]:
    """Return what each party has of a seat, from all of its transfers."""
    db.session.rollback()
    query = (
        sa.select(Share.party_id, sa.func.sum(Share.amount))
        .join(Transfer, Transfer.id == Share.transfer_id)
        .where(Transfer.source == f"seat:{seat_id}")
        .group_by(Share.party_id)
    )
    return {party: int(amount) for party, amount in db.session.execute(query)}


def test_each_second_is_shared_by_who_was_there(stage: Stage) -> None:
    """60 s alone, 60 s by halves, 60 s alone again, at 6.00 a minute and a ratio of 0.80."""
    guest = stage.client()
    show = stage.show()
    host = stage.performer_id
    payer = stage.client(100_000)
    seat_id = stage.open(
        payer, show_id=show, rate_per_minute=600, sharers=(Sharer(host, ratio_percent=80),)
    )
    stage.play(seat_id, 0, 60)
    let_in(stage, 60, (host, 1), (guest, 1))
    stage.play(seat_id, 60, 120)
    let_in(stage, 120, (host, 1))
    stage.play(seat_id, 120, 180)
    stage.end(seat_id, 180)
    assert stage.receipt(seat_id).amount == 1800
    assert shares_of(seat_id) == {host: 480 + 240 + 480, guest: 240, "private": 360}


def test_who_comes_after_the_last_second_has_nothing_of_it(stage: Stage) -> None:
    guest, show = stage.client(), stage.show()
    payer = stage.client(100_000)
    seat_id = stage.open(payer, show_id=show, rate_per_minute=600)
    stage.play(seat_id, 0, 30)
    let_in(stage, 31, (stage.performer_id, 1), (guest, 1))
    stage.end(seat_id, 31)
    shares = shares_of(seat_id)
    assert sum(shares.values()) == stage.receipt(seat_id).amount == 300
    assert shares.get(guest, 0) <= 4, "a second between the last sign and the change at most"
