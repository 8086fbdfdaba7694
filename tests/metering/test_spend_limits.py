"""WL-16 in the meter: a seat runs out at a limit as if the wallet were empty."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ppvcms.db import db, transaction
from ppvcms.ledger.limits import Period, change_limit
from ppvcms.ledger.store import lock_accounts, wallet_of
from ppvcms.metering.seats import seat_view
from ppvcms.metering.state import Phase
from ppvcms.results import Refusal

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from tests.metering.stage import Stage


def limit(payer_id: str, amount: int | None) -> None:
    def act(session: Session) -> None:
        wallet = wallet_of(session, payer_id)
        lock_accounts(session, [wallet.id])
        change_limit(session, wallet.id, Period.DAY, amount, at_once=False)

    transaction(act)


def play(stage: Stage, seat_id: str, start: int, end: int) -> None:
    """Let time pass with both sides there, the meter looking every five seconds."""
    for moment in range(start, end, 5):
        stage.signs(seat_id, moment, moment + 5)
        stage.meter(moment + 5)


def test_a_show_ends_at_the_limit_and_never_costs_more(stage: Stage) -> None:
    client = stage.client(50_000)
    limit(client, 700)
    seat_id = stage.open(client, grace_s=0)
    play(stage, seat_id, 0, 215)

    db.session.rollback()
    view = seat_view(seat_id, now=stage.at(215))
    assert stage.seat(seat_id).state == Phase.EXHAUSTED
    assert view.limited
    assert (view.available, view.cost) == (0, 700)
    stage.meter(331)
    assert stage.seat(seat_id).close_reason == "limit"
    assert stage.receipt(seat_id).amount == 700


def test_no_seat_opens_past_the_limit(stage: Stage) -> None:
    client = stage.client(50_000)
    limit(client, 599)

    refusal = stage.try_open(client)

    assert isinstance(refusal, Refusal)
    assert refusal.code == "limit"
    assert stage.wallet(client).held == 0


def test_a_limit_set_during_a_show_keeps_what_is_secured(stage: Stage) -> None:
    client = stage.client(50_000)
    seat_id = stage.open(client, grace_s=0)
    play(stage, seat_id, 0, 20)
    limit(client, 100)
    play(stage, seat_id, 20, 185)

    assert stage.seat(seat_id).state == Phase.EXHAUSTED
    assert stage.seat(seat_id).posted == 600
