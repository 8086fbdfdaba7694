"""The books check finds what was broken: for each invariant a planted corruption."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from ppvcms.db import db, transaction
from ppvcms.ledger import triggers
from ppvcms.ledger.books import Line, Sharer
from ppvcms.ledger.check import INVARIANTS, check
from ppvcms.ledger.errors import LedgerError
from ppvcms.ledger.store import (
    AccountKind,
    capture_hold,
    charge,
    once,
    open_account,
    place_hold,
    release_hold,
    rollup,
    seal,
    wallet_of,
)
from tests import kit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

    from ppvcms.ledger.check import Report


def trade(session: Session) -> None:
    """A tip among two performers, a hold half captured, one released, a kept answer."""
    fan = wallet_of(session, "fan").id
    escrow = open_account(session, AccountKind.ESCROW, "seat", "s", "CRD").id
    half = Fraction(1, 2)
    charge(
        session,
        payer_id="fan",
        amount=101,
        sharers=[Sharer("a", half, Fraction(4, 5)), Sharer("b", half, Fraction(4, 5))],
        kind="tip",
        key="t1",
        source="s",
        memo="m",
        actor_id="fan",
    )
    for name in ("h1", "h2"):
        hold = place_hold(session, fan, 200, key=name, source="s")
        capture_hold(
            session,
            hold.id,  # type: ignore[union-attr]
            50,
            to=[Line(escrow, "CRD", 50)],
            kind="usage",
            key=f"c-{name}",
            source="s",
            memo="m",
        )
    release_hold(session, hold.id)  # type: ignore[union-attr]
    once(session, "kept", {"ask": 1}, lambda: {"answer": 1})


@pytest.fixture
def books(database_url: str) -> Iterator[sa.Engine]:
    with kit.site_on(database_url):
        kit.fund("fan", 1_000)
        transaction(trade)
        transaction(seal)
        kit.fund("fan", 1_000)
        transaction(seal)
        transaction(rollup)
        assert kit.books_problems() == []
        yield db.engine


def broken(engine: sa.Engine, *, only: str | None = None) -> Report:
    return check(engine, INVARIANTS, only=only)


def numbers(engine: sa.Engine) -> set[str]:
    return {problem.number for problem in broken(engine).problems}


def plant(engine: sa.Engine, *statements: str) -> None:
    """Change the books behind the back of every trigger and key, which stand again afterwards."""
    dialect = engine.dialect.name
    own = sa.create_engine(engine.url, poolclass=sa.pool.NullPool)
    with own.begin() as connection:
        for statement in triggers.drop(dialect):
            connection.execute(sa.text(statement))
        if dialect == "postgresql":
            connection.execute(sa.text("SET LOCAL session_replication_role = replica"))
            for table, name in (("account", "floor"), ("account", "held"), ("hold", "parts")):
                connection.execute(
                    sa.text(f"ALTER TABLE {table} DROP CONSTRAINT ck_{table}__{name}")
                )
            connection.execute(sa.text("ALTER TABLE hold DROP CONSTRAINT ck_hold__ended_whole"))
        else:
            connection.exec_driver_sql("PRAGMA ignore_check_constraints = ON")
        for statement in statements:
            connection.execute(sa.text(statement))
        for statement in triggers.create(dialect):
            connection.execute(sa.text(statement))
    own.dispose()


TOOTHLESS = """
    CREATE OR REPLACE FUNCTION ppvcms_append_only() RETURNS trigger LANGUAGE plpgsql
    AS $$ BEGIN RETURN NULL; END $$"""
WALLET = "(SELECT id FROM account WHERE kind = 'wallet')"
TIP = "(SELECT id FROM transfer WHERE key = 't1')"
LATEST = "(SELECT max(version) FROM account_version WHERE account_id = WALLET)"

CORRUPTIONS = {
    "I1 an entry that grew": (
        "I1",
        "UPDATE entry SET amount = amount + 1 WHERE transfer_id = TIP AND amount > 0",
    ),
    "I2 an entry that is gone": (
        "I2",
        "DELETE FROM entry WHERE transfer_id = TIP AND amount < 0",
    ),
    "I2 two amounts that changed alike": (
        "I2",
        "UPDATE entry SET amount = amount - 1 WHERE transfer_id = TIP AND amount < 0",
    ),
    "I2 a transfer without entries": (
        "I2",
        (
            "INSERT INTO transfer (id, kind, key, source, memo, made_at)"
            " SELECT 'x', kind, 'x', source, memo, made_at FROM transfer WHERE key = 't1'"
        ),
    ),
    "I2 entries without a transfer": (
        "I2",
        "UPDATE entry SET transfer_id = 'gone' WHERE transfer_id = TIP",
    ),
    "I2 an entry in a foreign currency": (
        "I2",
        "UPDATE entry SET currency = 'USD' WHERE transfer_id = TIP",
    ),
    "I3 a balance out of nothing": (
        "I3",
        "UPDATE account SET balance = balance + 100 WHERE id = WALLET",
    ),
    "I3 held without a hold": ("I3", "UPDATE account SET held = held + 1 WHERE id = WALLET"),
    "I3 a change that has no version": (
        "I3",
        "UPDATE account SET version = version + 1 WHERE id = WALLET",
    ),
    "I3 a version that was left out": (
        "I3",
        "DELETE FROM account_version WHERE account_id = WALLET AND version = 2",
    ),
    "I3 a version that says something else": (
        "I3",
        (
            "UPDATE account_version SET balance = balance - 1 WHERE account_id = WALLET"
            " AND version = LATEST"
        ),
    ),
    "I3 a stored balance where none is kept": (
        "I3",
        "UPDATE account SET balance = 5 WHERE kind = 'revenue'",
    ),
    "I3 an entry that remembers another balance": (
        "I3",
        (
            "UPDATE entry SET balance_after = balance_after + 7"
            " WHERE transfer_id = TIP AND amount < 0"
        ),
    ),
    "I3 a rolled-up sum that is wrong": ("I3", "UPDATE rollup SET balance = balance + 1"),
    "I4 a balance below the floor": (
        "I4",
        "UPDATE account SET balance = -1, held = 0 WHERE id = WALLET",
    ),
    "I4 a version below the floor": (
        "I4",
        "UPDATE account_version SET balance = held - 1 WHERE account_id = WALLET AND version = 2",
    ),
    "I4 a wallet without a floor": ("I4", "UPDATE account SET floor = NULL WHERE id = WALLET"),
    "I6 a memo that was rewritten": ("I6", "UPDATE transfer SET memo = 'other' WHERE key = 't1'"),
    "I6 a block that was left out": (
        "I6",
        "DELETE FROM block_member WHERE block_id = 1; DELETE FROM block WHERE id = 1",
    ),
    "I6 a transfer that the sealer passed by": (
        "I6",
        "UPDATE block SET made_at = made_at + 600000; DELETE FROM block_member WHERE block_id = 2",
    ),
    "I6 a chain that was cut": ("I6", "UPDATE block SET prev_hash = hash WHERE id = 2"),
    "I11 shares that do not sum": (
        "I11",
        "UPDATE share SET amount = amount + 1 WHERE transfer_id = TIP AND nr = 1",
    ),
    "I11 a unit that went to the wrong one": (
        "I11",
        (
            "UPDATE share SET amount = CASE nr WHEN 1 THEN amount - 1 ELSE amount + 1 END"
            " WHERE transfer_id = TIP AND nr IN (1, 2)"
        ),
    ),
    "I11 a ratio that was bent": (
        "I11",
        "UPDATE share SET numerator = numerator + 1 WHERE transfer_id = TIP AND nr = 1",
    ),
    "I13 an answer that changed": ("I13", """UPDATE idem SET answer = '{"answer": 2}'"""),
    "I14 a hold that gave too much": (
        "I14",
        "UPDATE hold SET captured = amount + 1 WHERE key = 'h1'",
    ),
    "I14 a hold that ended in part": ("I14", "UPDATE hold SET state = 'ended' WHERE key = 'h1'"),
    "I14 a hold that was released and goes on": (
        "I14",
        "UPDATE hold SET state = 'open' WHERE key = 'h2'",
    ),
    "I18 a debit without access": (
        "I18",
        "UPDATE transfer SET kind = 'item' WHERE key = 't1'",
    ),
}


@pytest.mark.parametrize(("number", "statements"), CORRUPTIONS.values(), ids=CORRUPTIONS)
def test_a_planted_corruption_is_found(books: sa.Engine, number: str, statements: str) -> None:
    for name, meaning in {"LATEST": LATEST, "WALLET": WALLET, "TIP": TIP, ":": "\\:"}.items():
        statements = statements.replace(name, meaning)

    plant(books, *statements.split(";"))

    assert number in numbers(books)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_each_missing_trigger_is_found(books: sa.Engine) -> None:
    for (_, name), statement in triggers.SQLITE_TRIGGERS.items():
        with books.begin() as connection:
            connection.execute(sa.text(f"DROP TRIGGER {name}"))

        assert [problem.ids for problem in broken(books).problems] == [(name,)]

        with books.begin() as connection:
            connection.execute(sa.text(statement))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_trigger_that_was_made_toothless_is_found(books: sa.Engine) -> None:
    with books.begin() as connection:
        connection.execute(sa.text("DROP TRIGGER entry_open"))
        connection.execute(
            sa.text("CREATE TRIGGER entry_open BEFORE INSERT ON entry BEGIN SELECT 1; END")
        )

    assert numbers(books) == {"I5"}


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize(
    "statement",
    [
        "DROP TRIGGER transfer_append_only ON transfer",
        "ALTER TABLE entry DISABLE TRIGGER entry_open",
        TOOTHLESS,
    ],
    ids=["dropped", "disabled", "toothless"],
)
def test_a_trigger_that_no_longer_guards_is_found(books: sa.Engine, statement: str) -> None:
    with books.begin() as connection:
        connection.execute(sa.text(statement))

    assert numbers(books) == {"I5"}


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_grant_to_a_plugin_is_found(books: sa.Engine) -> None:
    """I21."""
    with books.begin() as connection:
        connection.execute(sa.text("DROP ROLE IF EXISTS ppvcms_plugin_dice"))
        connection.execute(sa.text("CREATE ROLE ppvcms_plugin_dice"))
        connection.execute(sa.text("GRANT SELECT ON entry TO ppvcms_plugin_dice"))
    assert numbers(books) == set()
    with books.begin() as connection:
        connection.execute(sa.text("GRANT UPDATE ON entry TO ppvcms_plugin_dice"))

    assert numbers(books) == {"I21"}

    with books.begin() as connection:
        connection.execute(sa.text("DROP OWNED BY ppvcms_plugin_dice"))
        connection.execute(sa.text("DROP ROLE ppvcms_plugin_dice"))


def test_clean_books_say_what_was_proved_and_what_was_left_out(books: sa.Engine) -> None:
    report = broken(books)

    assert report.ok
    assert report.as_text().startswith("The books hold: I1, I2, I3")
    sqlite = books.dialect.name == "sqlite"
    assert ("I21 was left out: it is a promise of postgresql only." in report.as_text()) is sqlite


def test_broken_books_say_which_rows_and_what_happens(books: sa.Engine) -> None:
    plant(books, "UPDATE hold SET state = 'ended' WHERE key = 'h1'")
    with books.connect() as connection:
        hold = connection.execute(sa.text("SELECT id FROM hold WHERE key = 'h1'")).scalar_one()

    report = broken(books, only="i14")

    assert not report.ok
    assert "I14 is broken, 1 found" in report.as_text()
    assert hold in report.as_text()
    assert "Payouts stop" in report.as_text()
    assert json.loads(json.dumps(report.as_json()))["problems"] == [
        {"number": "I14", "name": report.problems[0].name, "count": 1, "ids": [hold]}
    ]


def test_one_invariant_can_be_looked_at(books: sa.Engine) -> None:
    assert broken(books, only="I6").held == ("I6",)
    with pytest.raises(LedgerError, match="no invariant 'I99'"):
        broken(books, only="I99")


def test_the_check_changes_nothing_and_runs_beside_a_writer(books: sa.Engine) -> None:
    def act(session: Session) -> Report:
        wallet_of(session, "somebody new")
        return broken(books)

    assert transaction(act).ok
