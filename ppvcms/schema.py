"""Bring the tables of the core and of each plugin up to date, one chain for each.

Works on an engine alone, without an application. Run from the command line or
the install job, never at the start of a server.
"""

from __future__ import annotations

import contextlib
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, event, text
from sqlalchemy.pool import NullPool

from ppvcms.db import BUSY_TIMEOUT_MS, Base
from ppvcms.errors import PpvcmsError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Engine
    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.sql.schema import SchemaItem

CORE = "core"
_MIGRATIONS = Path(__file__).parent / "migrations"
CORE_VERSIONS = _MIGRATIONS / "versions"
# alembic keeps the running migration in globals of its own.
_one_at_a_time = threading.Lock()
_ADVISORY_LOCK = 0x70707663  # "ppvc"


class SchemaError(PpvcmsError):
    """A migration left the tables in a state that cannot be."""


def upgrade(
    engine: Engine,
    plugin: str | None = None,
    versions_dir: Path | None = None,
    revision: str = "head",
) -> None:
    """Run the migrations of the core, or of the plugin whose folder is `versions_dir`.

    All of them in one transaction, under a lock that other processes wait for.
    """
    with _migrating(engine, plugin, versions_dir) as config:
        command.upgrade(config, revision)


def downgrade(
    engine: Engine,
    plugin: str | None = None,
    versions_dir: Path | None = None,
    revision: str = "base",
) -> None:
    """Take the migrations of one chain back; `base` takes away its tables and what they hold."""
    with _migrating(engine, plugin, versions_dir) as config:
        command.downgrade(config, revision)


def current(engine: Engine, plugin: str | None = None) -> str | None:
    """Return the revision that a chain has reached, or None when nothing is there."""
    with engine.connect() as connection:
        options = {"version_table": version_table(plugin or CORE)}
        revision = MigrationContext.configure(connection, opts=options).get_current_revision()
    return str(revision) if revision else None


def newest(versions_dir: Path) -> str | None:
    """Return the newest revision in a plugin's folder of migrations, or None without any."""
    if not any(versions_dir.glob("*.py")):
        return None
    with _no_bytecode():
        return ScriptDirectory.from_config(_config(versions_dir)).get_current_head()


def version_table(plugin: str) -> str:
    """Return the name of the table that remembers how far a chain has come."""
    return f"alembic_version__{plugin}"


def owns(plugin: str, table: str) -> bool:
    """Whether a table belongs to a chain: a plugin's begin with its slug and two underscores."""
    if plugin == CORE:
        return "__" not in table
    return table.startswith(f"{plugin}__")


def differences(engine: Engine, plugin: str | None = None) -> list[str]:
    """Say in which ways the tables differ from the models that are imported."""
    chain = plugin or CORE

    def include(item: SchemaItem, name: str | None, kind: str, *_: Any) -> bool:
        if kind == "table":
            return owns(chain, name or "")
        # Made for one database only, such as an index of a kind that the other lacks.
        made_here = getattr(item, "_ddl_if", None)
        return made_here is None or made_here.dialect == engine.dialect.name

    with engine.connect() as connection:
        options = {"include_object": include, "compare_type": True}
        context = MigrationContext.configure(connection, opts=options)
        return [str(change) for change in compare_metadata(context, Base.metadata)]


@contextlib.contextmanager
def _migrating(engine: Engine, plugin: str | None, versions_dir: Path | None) -> Iterator[Config]:
    slug = plugin or CORE
    config = _config(versions_dir or CORE_VERSIONS)
    with _one_at_a_time, _no_bytecode(), _own_connection(engine) as connection:
        config.attributes |= {
            "connection": connection,
            "plugin": slug,
            "version_table": version_table(slug),
        }
        yield config


def _config(versions_dir: Path) -> Config:
    config = Config()
    config.set_main_option("script_location", _escaped(_MIGRATIONS))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", _escaped(versions_dir))
    return config


@contextlib.contextmanager
def _no_bytecode() -> Iterator[None]:
    """Leave a plugin's folder as it is: its name is the digest of what lies in it."""
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        yield
    finally:
        sys.dont_write_bytecode = before


def _escaped(path: Path) -> str:
    return str(path).replace("%", "%%")


@contextlib.contextmanager
def _own_connection(engine: Engine) -> Iterator[Connection]:
    """Open one transaction on a connection of its own, alone among migrations."""
    own = create_engine(engine.url, poolclass=NullPool)
    if own.dialect.name == "sqlite":
        event.listen(own, "connect", _loosen_sqlite)
        event.listen(own, "begin", lambda begun: begun.exec_driver_sql("BEGIN IMMEDIATE"))
    try:
        with own.begin() as connection:
            if own.dialect.name == "postgresql":
                connection.execute(text(f"SELECT pg_advisory_xact_lock({_ADVISORY_LOCK})"))
                connection.execute(text("SET LOCAL lock_timeout = '4s'"))
                connection.execute(text("SET LOCAL statement_timeout = '5s'"))
            yield connection
            _refuse_dangling(connection)
    finally:
        own.dispose()


def _loosen_sqlite(connection: DBAPIConnection, _record: object) -> None:
    """Let SQLite rebuild tables that others refer to; `_refuse_dangling` looks afterwards."""
    connection.isolation_level = None
    cursor = connection.cursor()
    # Turning foreign keys off keeps a rebuilt table from deleting what refers to it.
    for pragma in ("journal_mode=WAL", f"busy_timeout={BUSY_TIMEOUT_MS}", "foreign_keys=OFF"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _refuse_dangling(connection: Connection) -> None:
    if connection.dialect.name != "sqlite":
        return
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if broken is not None:
        message = f"The migration left rows of '{broken[0]}' that refer to no '{broken[2]}'."
        raise SchemaError(message)
