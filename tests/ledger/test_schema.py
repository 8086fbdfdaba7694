"""The core's tables: up, down and up again on both databases, and as the models say."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from ppvcms import schema
from ppvcms.db import Base
from ppvcms.ledger.triggers import APPEND_ONLY
from tests import kit

ROOT = Path(__file__).parents[2]
for models in sorted((ROOT / "ppvcms").glob("*/models.py")):
    importlib.import_module(".".join(models.relative_to(ROOT).with_suffix("").parts))

PLUGIN_REVISION = '''
"""Make a table."""
import sqlalchemy as sa
from alembic import op

revision = "dice_0001"
down_revision = None


def upgrade() -> None:
    op.create_table("dice__roll", sa.Column("id", sa.Integer(), primary_key=True))


def downgrade() -> None:
    op.drop_table("dice__roll")
'''


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> sa.Engine:
    url = f"sqlite:///{tmp_path / 'site.sqlite3'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("pg_url")
    return sa.create_engine(url, poolclass=sa.pool.NullPool)


def tables(engine: sa.Engine) -> set[str]:
    return set(sa.inspect(engine).get_table_names())


def test_an_empty_database_has_no_revision(engine: sa.Engine) -> None:
    assert schema.current(engine) is None


def test_the_core_goes_up_down_and_up_again(engine: sa.Engine) -> None:
    schema.upgrade(engine)
    first = tables(engine)
    schema.downgrade(engine)

    assert tables(engine) == {"alembic_version__core"}
    assert schema.current(engine) is None

    schema.upgrade(engine)

    assert tables(engine) == first
    assert schema.current(engine) == "core_0001"


def test_the_tables_are_what_the_models_say(engine: sa.Engine) -> None:
    schema.upgrade(engine)

    assert schema.differences(engine) == []
    assert checks_in(engine) == {
        table.name: {str(c.name) for c in table.constraints if isinstance(c, sa.CheckConstraint)}
        for table in Base.metadata.tables.values()
        if "__" not in table.name
    }


def checks_in(engine: sa.Engine) -> dict[str, set[str]]:
    """Return the names of the checks of each table, which alembic does not compare."""
    looking = sa.inspect(engine)
    names = tables(engine) - {"alembic_version__core"}
    return {name: {str(c["name"]) for c in looking.get_check_constraints(name)} for name in names}


def test_a_second_upgrade_changes_nothing(engine: sa.Engine) -> None:
    schema.upgrade(engine)
    schema.upgrade(engine)

    assert schema.current(engine) == "core_0001"


def test_a_plugin_has_a_chain_of_its_own(engine: sa.Engine, tmp_path: Path) -> None:
    schema.upgrade(engine)
    core = tables(engine)
    versions = tmp_path / "100% dice" / "migrations"
    versions.mkdir(parents=True)
    (versions / "0001_roll.py").write_text(PLUGIN_REVISION)

    schema.upgrade(engine, "dice", versions)
    assert tables(engine) == core | {"dice__roll", "alembic_version__dice"}
    assert schema.current(engine, "dice") == "dice_0001"

    (versions / "0001_roll.py").unlink()
    schema.upgrade(engine)
    assert schema.current(engine) == "core_0001"

    (versions / "0001_roll.py").write_text(PLUGIN_REVISION)
    schema.downgrade(engine, "dice", versions)
    assert tables(engine) == core | {"alembic_version__dice"}
    assert schema.current(engine) == "core_0001"


@pytest.fixture
def books(database_url: str) -> sa.Engine:
    """Two accounts in credits, one in dollars, and a balanced transfer."""
    kit.lay_tables(database_url)
    engine = sa.create_engine(database_url, poolclass=sa.pool.NullPool)
    with engine.begin() as connection:
        for name, currency in (("a", "CRD"), ("b", "CRD"), ("usd", "USD")):
            connection.execute(
                sa.text(
                    "INSERT INTO account (id, kind, owner_kind, owner_id, currency, balance, held,"
                    " version, opened_at) VALUES (:id, 'sales', 'site', :id, :cur, 0, 0, 0, 0)"
                ),
                {"id": name, "cur": currency},
            )
    add(engine, "t1", [("a", "CRD", -5), ("b", "CRD", 5)])
    return engine


def add(engine: sa.Engine, transfer: str, lines: list[tuple[str, str, int]]) -> None:
    with engine.begin() as connection:
        for account, currency, amount in lines:
            connection.execute(
                sa.text(
                    "INSERT INTO entry (transfer_id, account_id, currency, amount)"
                    " VALUES (:transfer, :account, :currency, :amount)"
                ),
                {"transfer": transfer, "account": account, "currency": currency, "amount": amount},
            )
        connection.execute(
            sa.text(
                "INSERT INTO transfer (id, kind, key, source, memo, made_at)"
                " VALUES (:id, 'test', :id, 'test', '', 0)"
            ),
            {"id": transfer},
        )


@pytest.mark.parametrize(
    "lines",
    [
        [("a", "CRD", -5), ("b", "CRD", 4)],
        [("a", "CRD", 5)],
        [],
        [("a", "CRD", -5), ("b", "CRD", 5), ("usd", "USD", 1)],
        [("a", "CRD", -5), ("usd", "CRD", 5)],
    ],
    ids=["unequal", "one entry", "no entry", "a lone second currency", "a foreign account"],
)
def test_a_transfer_that_does_not_balance_is_refused(
    books: sa.Engine, lines: list[tuple[str, str, int]]
) -> None:
    with pytest.raises(DBAPIError):
        add(books, "t2", lines)


def test_a_written_transfer_takes_no_more_entries(books: sa.Engine) -> None:
    with pytest.raises(DBAPIError, match="no more entries"), books.begin() as connection:
        connection.execute(
            sa.text(
                "INSERT INTO entry (transfer_id, account_id, currency, amount)"
                " VALUES ('t1', 'a', 'CRD', -1), ('t1', 'b', 'CRD', 1)"
            )
        )


def test_an_entry_without_its_transfer_is_refused_at_commit(
    books: sa.Engine, database_url: str
) -> None:
    with books.connect() as connection:
        if database_url.startswith("sqlite"):
            connection.exec_driver_sql("PRAGMA foreign_keys=ON")
        connection.execute(
            sa.text(
                "INSERT INTO entry (transfer_id, account_id, currency, amount)"
                " VALUES ('none', 'a', 'CRD', -1)"
            )
        )
        with pytest.raises(DBAPIError):
            connection.commit()


@pytest.mark.parametrize("verb", ["UPDATE", "DELETE"])
@pytest.mark.parametrize("table", APPEND_ONLY)
def test_what_was_written_is_never_changed(books: sa.Engine, table: str, verb: str) -> None:
    statements = {
        "account_version": "INSERT INTO account_version VALUES ('a', 1, 0, 0, NULL, NULL, 0)",
        "audit_log": "INSERT INTO audit_log (id, at, actor_name, action, subject, reason, data,"
        " address) VALUES ('x', 0, '', '', '', '', '{}', '')",
        "block": "INSERT INTO block VALUES (1, '', '', 0)",
        "share": "INSERT INTO share VALUES ('t1', 1, 'site', '', 'a', 1, 1, 5)",
        "block_member": "INSERT INTO block_member VALUES ('t1', 1)",
    }
    with books.begin() as connection:
        if table == "block_member":
            connection.execute(sa.text(statements["block"]))
        if table in statements:
            connection.execute(sa.text(statements[table]))
        if table == "usage" and connection.dialect.name == "sqlite":
            connection.execute(sa.text("INSERT INTO usage VALUES ('s', 1, 0, 0, NULL, 0)"))
    written = sa.table(table, sa.column(sa.inspect(books).get_columns(table)[0]["name"]))
    column = next(iter(written.c))
    change = sa.update(written).values({column: column}) if verb == "UPDATE" else sa.delete(written)

    with pytest.raises(DBAPIError, match="never changed"), books.begin() as connection:
        connection.execute(change)
