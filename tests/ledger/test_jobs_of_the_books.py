"""What jobs do with the books: roll sums up, and seal transfers into the chain."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from ppvcms.db import db, transaction
from ppvcms.ledger.chain import block_hash
from ppvcms.ledger.models import Block, BlockMember, Rollup
from ppvcms.ledger.store import AccountKind, balance_of, open_account, rollup, seal
from tests import kit

if TYPE_CHECKING:
    from flask import Flask


def issued() -> int:
    """Return the balance of the account from which all credits come."""
    db.session.rollback()
    account = transaction(lambda s: open_account(s, AccountKind.ISSUED, "site", "credits", "CRD"))
    return balance_of(db.session(), account.id)


@pytest.mark.usefixtures("site")
def test_every_transfer_is_sealed_once() -> None:
    kit.fund("ann", 1)
    kit.fund("bob", 1)

    assert transaction(seal) == 2
    assert transaction(seal) == 0
    kit.fund("cid", 1)
    assert transaction(seal) == 1

    blocks = db.session.scalars(sa.select(Block).order_by(Block.id)).all()
    assert [block.id for block in blocks] == [1, 2]
    assert blocks[1].prev_hash == blocks[0].hash
    assert db.session.scalar(sa.select(sa.func.count()).select_from(BlockMember)) == 3


def test_a_block_is_the_same_in_whatever_order_its_transfers_come() -> None:
    assert block_hash("0", ["a", "b"]) == block_hash("0", ["b", "a"])
    assert block_hash("0", ["a", "b"]) != block_hash("1", ["a", "b"])


@pytest.mark.usefixtures("site")
def test_a_block_takes_a_limited_number() -> None:
    for nr in range(3):
        kit.fund(f"fan{nr}", 1)

    assert transaction(lambda session: seal(session, limit=2)) == 2
    assert transaction(lambda session: seal(session, limit=2)) == 1


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_what_commits_late_is_not_lost_by_a_rollup(site: Flask) -> None:
    """Rolling up by `id > last_id` lost a third of the entries under six writers."""
    kit.fund("ann", 5)
    early, release = threading.Event(), threading.Event()

    def late() -> None:
        with site.app_context(), Session(db.engine) as session, session.begin():
            kit.buy(session, "late", 100)
            early.set()
            release.wait(20)

    writer = threading.Thread(target=late)
    writer.start()
    assert early.wait(20)
    kit.fund("bob", 7)
    transaction(rollup)
    assert issued() == -12
    release.set()
    writer.join()

    assert issued() == -112
    transaction(rollup)
    assert issued() == -112


@pytest.mark.usefixtures("site")
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_sums_of_another_cluster_are_thrown_away() -> None:
    """After a restore from a dump, transaction ids begin anew."""
    kit.fund("ann", 5)
    transaction(rollup)
    transaction(lambda s: s.execute(sa.update(Rollup).values(upto=2**50, balance=-999)))

    assert issued() == -5
    kit.fund("bob", 7)
    assert issued() == -12
    transaction(rollup)
    assert issued() == -12


@pytest.mark.usefixtures("site")
def test_a_rollup_of_nothing_new_moves_nothing() -> None:
    kit.fund("ann", 5)

    assert transaction(rollup) > 0
    assert transaction(rollup) == 0
