"""What many tests need: an application on a fresh site's tables, money, and the books check."""

from __future__ import annotations

import atexit
import contextlib
import functools
import shutil
import tempfile
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from flask import Flask, current_app
from flask_babel import Babel

from ppvcms import schema
from ppvcms.db import db, init_db, transaction
from ppvcms.ledger.store import buy_credits, seal, wallet_view
from tests.services import copy_statement

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

    from ppvcms.ledger.store import Posted


@contextlib.contextmanager
def site_on(url: str) -> Iterator[Flask]:
    """Lay the core's tables in the empty database at `url` and enter an application on it."""
    lay_tables(url)
    with open_on(url) as app:
        yield app


@contextlib.contextmanager
def open_on(url: str) -> Iterator[Flask]:
    """Enter an application on a database that has its tables, such as in a second process."""
    app = Flask("ppvcms_tests")
    app.config.update(TESTING=True, SECRET_KEY="tests")
    Babel(app)
    init_db(app, url)
    with app.app_context():
        try:
            yield app
        finally:
            db.session.remove()
            db.engine.dispose()


def lay_tables(url: str) -> None:
    """Make a database with the core's tables, as the migrations make them.

    They run once in a process; each further database is a copy.
    """
    target = sa.make_url(url)
    if target.drivername.startswith("sqlite"):
        copy_original(url, str(_sqlite_original()))
    else:
        copy_original(url, _postgresql_original(target.set(database="postgres")))


def new_original(like: str) -> str:
    """Make a database to be copied, on the server of the URL `like`, and return its URL."""
    target = sa.make_url(like)
    if target.drivername.startswith("sqlite"):
        folder = Path(tempfile.mkdtemp(prefix="ppvcms-original-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        return f"sqlite:///{folder / 'site.sqlite3'}"
    name = _new_postgresql(target.set(database="postgres"))
    return target.set(database=name).render_as_string(hide_password=False)


def copy_original(url: str, original: str) -> None:
    """Make the database at `url`, there or not, a copy of one that nobody is connected to."""
    target = sa.make_url(url)
    if target.drivername.startswith("sqlite"):
        shutil.copyfile(original, str(target.database))
        return
    with _maintenance(target) as connection:
        connection.execute(sa.text(f'DROP DATABASE IF EXISTS "{target.database}"'))
        connection.execute(sa.text(copy_statement(target, original)))


def fund(user_id: str, amount: int, *, key: str | None = None) -> Posted:
    """Give a person `amount` minor units of credits that came from nowhere else in the test."""
    return transaction(lambda session: buy(session, user_id, amount, key=key))


def buy(session: Session, user_id: str, amount: int, *, key: str | None = None) -> Posted:
    """Do the same in a transaction that is open already."""
    return buy_credits(
        session,
        user_id=user_id,
        credits=amount,
        bonus=0,
        price=amount,
        price_currency="USD",
        provider="test",
        key=key or f"fund:{uuid.uuid4().hex}",
        source="test:fund",
        memo="Credits for a test",
        actor_id=None,
        kind="test",
    )


def available(user_id: str) -> int:
    """Return what a person can spend at this moment, in minor units."""
    db.session.rollback()
    return wallet_view(db.session(), user_id).available


def books_problems() -> list[str]:
    """Seal what was written and return a line for each broken invariant; none when all hold."""
    # Late, because the processes of the races spend and do not need the meter.
    from ppvcms.books_check import check_all

    while transaction(seal):
        pass
    return [str(problem) for problem in check_all(current_app).problems]


@functools.cache
def _sqlite_original() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="ppvcms-original-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    engine = sa.create_engine(f"sqlite:///{folder / 'site.sqlite3'}", poolclass=sa.pool.NullPool)
    schema.upgrade(engine)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    return folder / "site.sqlite3"


@functools.cache
def _postgresql_original(server: sa.URL) -> str:
    name = _new_postgresql(server)
    schema.upgrade(sa.create_engine(server.set(database=name), poolclass=sa.pool.NullPool))
    return name


def _new_postgresql(server: sa.URL) -> str:
    name = f"ppvcms_original_{uuid.uuid4().hex}"
    with _maintenance(server) as connection:
        connection.execute(sa.text(f'CREATE DATABASE "{name}" TEMPLATE template0'))
    atexit.register(_drop, server, name)
    return name


def _drop(server: sa.URL, name: str) -> None:
    # The server of the tests may have ended before us.
    with contextlib.suppress(sa.exc.OperationalError), _maintenance(server) as connection:
        connection.execute(sa.text(f'DROP DATABASE IF EXISTS "{name}"'))


@contextlib.contextmanager
def _maintenance(url: sa.URL) -> Iterator[sa.Connection]:
    engine = sa.create_engine(
        url.set(database="postgres"), isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool
    )
    with engine.connect() as connection:
        yield connection
