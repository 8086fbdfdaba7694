"""Many spenders at once, from several processes, on both databases (F14, R-03)."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from ppvcms.db import db, transaction
from ppvcms.ledger.models import Account
from ppvcms.ledger.store import Posted, place_hold, wallet_of, wallet_view
from tests import kit
from tests.ledger.children import run_together, tip

pytestmark = pytest.mark.usefixtures("site")
PROCESSES = 4


def test_many_spenders_take_exactly_what_is_there(database_url: str) -> None:
    """32 tips, holds and extensions of 7 on 100: 14 succeed, 2 are left."""
    kit.fund("fan", 100 + 8)
    held = [
        transaction(
            lambda s, nr=nr: place_hold(s, wallet_of(s, "fan").id, 1, key=f"first{nr}", source="t")
        )
        for nr in range(8)
    ]
    orders = [["tip", "fan", 7, f"tip{nr}"] for nr in range(12)]
    orders += [["hold", "fan", 7, f"hold{nr}"] for nr in range(12)]
    orders += [["extend", hold.id, 7, f"extend{nr}"] for nr, hold in enumerate(held)]

    outcomes = run_together(
        database_url, [orders[nr::PROCESSES] for nr in range(PROCESSES)], threads=8
    )

    assert len(outcomes) == 32
    assert list(outcomes.values()).count("ok") == 14
    assert kit.available("fan") == 2


def test_no_debit_of_four_processes_is_lost(database_url: str) -> None:
    """The shape in which a rival loses 38 % of them: 4 processes, 50 debits each."""
    kit.fund("fan", 1_000)

    outcomes = run_together(
        database_url,
        [
            [["tip", "fan", 1, f"{process}-{nr}"] for nr in range(50)]
            for process in range(PROCESSES)
        ],
    )

    assert list(outcomes.values()).count("ok") == 200
    assert kit.available("fan") == 800
    assert transaction(lambda s: wallet_of(s, "fan").version) == 201


def test_one_key_from_many_processes_pays_once(database_url: str) -> None:
    """R-04: a double click, four times over."""
    kit.fund("fan", 1_000)
    orders = [["tip", "fan", 10, f"same{nr}"] for nr in range(10)]

    run_together(database_url, [orders] * PROCESSES, threads=2)

    assert kit.available("fan") == 900


def test_one_hold_key_from_many_processes_holds_once(database_url: str) -> None:
    kit.fund("fan", 1_000)
    orders = [["hold", "fan", 10, f"same{nr}"] for nr in range(10)]

    run_together(database_url, [orders] * PROCESSES, threads=2)

    assert kit.available("fan") == 900


def test_a_transfer_is_reversed_once_by_many(database_url: str) -> None:
    kit.fund("fan", 1_000)
    first = transaction(lambda s: tip(s, "fan", 10, "first"))
    transaction(lambda s: tip(s, "fan", 100, "more"))
    assert isinstance(first, Posted)
    shares = [
        [["reverse", first.transfer_id, 0, f"{process}-{nr}"] for nr in range(2)]
        for process in range(PROCESSES)
    ]

    outcomes = run_together(database_url, shares, threads=2)

    assert list(outcomes.values()).count("ok") == 1
    assert kit.available("fan") == 900


def test_transfers_in_opposite_directions_all_arrive(database_url: str) -> None:
    """F23: the order of the locks is that of the ids, whoever pays whom."""
    kit.fund("ann", 500)
    kit.fund("bob", 500)
    there = [["give", "ann", 3, f"a{nr}", "bob"] for nr in range(20)]
    back = [["give", "bob", 5, f"b{nr}", "ann"] for nr in range(20)]

    outcomes = run_together(database_url, [there, back, there, back], threads=2)

    assert set(outcomes.values()) == {"ok"}
    assert (kit.available("ann"), kit.available("bob")) == (540, 460)


def test_an_account_is_opened_once_by_many(database_url: str) -> None:
    kit.fund("fan", 1_000)
    orders = [["give", "fan", 1, f"g{{}}-{nr}", f"new{nr}"] for nr in range(5)]
    shares = [
        [[act, payer, amount, key.format(process), to] for act, payer, amount, key, to in orders]
        for process in range(PROCESSES)
    ]

    run_together(database_url, shares)

    db.session.rollback()
    counted = select(func.count()).where(Account.owner_id.like("new%"))
    assert db.session.scalar(counted) == 5
    assert wallet_view(db.session(), "new3").balance == 4
