"""The database: base class, types, one clock, and one way to write.

Reading goes through `db.session`, which belongs to the request. Writing goes
through `transaction` or `unit_of_work`, each of which has a session of its own,
so that on SQLite it begins with the write lock (a read that turns into a write
fails there at once), and so that no half-written object waits in a request.
"""

from __future__ import annotations

import contextlib
import itertools
import random
import threading
import time
from contextvars import ContextVar
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from flask import current_app
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import JSON, BigInteger, MetaData, String, event, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator

    from flask import Flask
    from sqlalchemy import Connection, Engine
    from sqlalchemy.engine.interfaces import DBAPIConnection

T = TypeVar("T")

CONVENTION = {
    "ix": "ix_%(table_name)s__%(column_0_N_name)s",
    "uq": "uq_%(table_name)s__%(column_0_N_name)s",
    "ck": "ck_%(table_name)s__%(constraint_name)s",
    "fk": "fk_%(table_name)s__%(column_0_N_name)s__%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

Ulid = Annotated[str, mapped_column(String(26))]
Amount = Annotated[int, mapped_column(BigInteger)]
"""Whole minor units of the currency that stands beside it (R-01)."""
Millis = Annotated[int, mapped_column(BigInteger)]
"""A moment: epoch milliseconds, UTC."""
Text = Annotated[str, mapped_column(String(200))]
Json = Annotated[dict[str, Any], mapped_column(JSON)]

ATTEMPTS = 8
BUSY_TIMEOUT_MS = 8_000
# PostgreSQL: serialization_failure, deadlock_detected, lock_not_available.
RETRIED_STATES = frozenset({"40001", "40P01", "55P03"})

NUMBER, COMMITS = "ppvcms_number", "ppvcms_commits"
"""Under these a connection to SQLite knows its own number and how often it committed."""
_numbers = itertools.count(1)


class Base(DeclarativeBase):
    """The base of every table, the core's and the plugins'."""

    metadata = MetaData(naming_convention=CONVENTION)


db = SQLAlchemy(
    model_class=Base, session_options={"expire_on_commit": False}, disable_autonaming=True
)

_current: ContextVar[Session | None] = ContextVar("ppvcms_unit_of_work", default=None)


def init_db(app: Flask, url: str) -> None:
    """Bind the application to its database and set SQLite up for money."""
    options: dict[str, Any] = {"pool_pre_ping": True}
    if url.startswith("sqlite"):
        options["connect_args"] = {"timeout": BUSY_TIMEOUT_MS / 1000, "check_same_thread": False}
    else:
        options |= {"pool_size": 10, "max_overflow": 20}
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = options
    db.init_app(app)
    with app.app_context():
        prepare_engine(db.engine)
    # Made here, after any monkey patching, so that waiting for it yields to others.
    app.extensions["ppvcms_write_lock"] = threading.RLock()


def prepare_engine(engine: Engine) -> None:
    """Make every SQLite connection durable and strict, and BEGIN ours to send."""
    if engine.dialect.name != "sqlite":
        return

    @event.listens_for(engine, "connect")
    def _connect(connection: DBAPIConnection, _record: object) -> None:
        connection.isolation_level = None  # the driver's late BEGIN is switched off
        cursor = connection.cursor()
        for pragma in (
            "foreign_keys=ON",
            "journal_mode=WAL",
            "synchronous=FULL",
            f"busy_timeout={BUSY_TIMEOUT_MS}",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "commit")
    def _commit(connection: Connection) -> None:
        connection.info[COMMITS] = connection.info.get(COMMITS, 0) + 1

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("ppvcms_writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def now_ms(session: Session) -> int:
    """Return the database's clock, in epoch milliseconds, read at this very moment."""
    bind = session.get_bind()
    if bind.dialect.name == "sqlite":
        # The embedded database lives on this machine: its clock is ours.
        return time.time_ns() // 1_000_000
    query = text("SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint)")
    return int(session.execute(query).scalar_one())


def wall_ms() -> int:
    """Return this process's wall clock, for records that decide nothing about money."""
    return time.time_ns() // 1_000_000


@contextlib.contextmanager
def unit_of_work() -> Iterator[Session]:
    """Open one write transaction, committed at the end, or join the one that is open.

    No gateway, socket, mail or hook is called inside: use `after_commit`, or the
    outbox when it must survive a crash.
    """
    outer = _current.get()
    if outer is not None:
        yield outer
        return
    engine = db.engine
    # Who waits for a connection while it holds one lets a full pool wait for itself.
    # A commit keeps what was read loaded; there is nothing to write here.
    db.session.commit()
    with _green_lock(engine):
        session = Session(
            engine.execution_options(ppvcms_writes=True), expire_on_commit=False, autoflush=True
        )
        token = _current.set(session)
        try:
            with session.begin():
                yield session
        finally:
            _current.reset(token)
            session.close()
    # What the request read before is older than its own act.
    db.session.rollback()
    db.session.expire_all()
    for act in session.info.pop("after_commit", []):
        act()


def transaction(act: Callable[[Session], T]) -> T:
    """Run `act` in one write transaction and return what it returns.

    Deadlocks, serialisation failures and a busy SQLite are tried again a bounded
    number of times, so `act` must be safe to repeat after a rollback: everything
    it does goes through its session or `after_commit`.
    """
    if _current.get() is not None:
        with unit_of_work() as session:
            return act(session)
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with unit_of_work() as session:
                return act(session)
        except DBAPIError as error:
            if attempt == ATTEMPTS or not _passes(error):
                raise
            time.sleep(random.uniform(0.005, 0.02) * 2**attempt)  # noqa: S311 - no secret
    raise AssertionError


def after_commit(session: Session, act: Callable[[], None]) -> None:
    """Run `act` once the transaction is committed; dropped when it is rolled back.

    It is a hint for promptness only: a crash between the two loses it.
    """
    session.info.setdefault("after_commit", []).append(act)


def reading() -> Connection:
    """Return the connection that this greenlet or thread holds already: never a second one."""
    return (_current.get() or db.session()).connection()


def as_of(connection: Connection) -> tuple[Hashable, Hashable]:
    """Return where this connection reads and how far: what it reads under equal ones is equal.

    The second differs as soon as anything at all was committed to the database, by
    whatever process. Never ask inside a write transaction, whose own rows it does not count.
    """
    if connection.dialect.name != "sqlite":
        return "", connection.exec_driver_sql("SELECT pg_current_snapshot()::text").scalar_one()
    # SQLite tells a connection of the others' commits; its own are counted.
    number = connection.info.setdefault(NUMBER, next(_numbers))
    others = connection.exec_driver_sql("PRAGMA data_version").scalar_one()
    return number, (others, connection.info.get(COMMITS, 0))


def in_transaction() -> bool:
    """Whether this greenlet or thread holds a write transaction."""
    return _current.get() is not None


def _passes(error: DBAPIError) -> bool:
    state = getattr(error.orig, "pgcode", None)
    if state in RETRIED_STATES:
        return True
    return isinstance(error, OperationalError) and "locked" in str(error.orig)


@contextlib.contextmanager
def _green_lock(engine: Engine) -> Iterator[None]:
    """Let one writer of this process go to SQLite at a time.

    Under eventlet the busy wait inside SQLite would stop every greenlet, the one
    that holds the database's lock included.
    """
    if engine.dialect.name != "sqlite":
        yield
        return
    with current_app.extensions["ppvcms_write_lock"]:
        yield
