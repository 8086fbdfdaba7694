"""Making a site: a whole one or none, whatever ends the process in between.

SQLite is filled under another name and renamed at the end. PostgreSQL has a table that
marks the site as unfinished; the next attempt throws away what stands beside it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlalchemy import create_engine, inspect, text
from sqlalchemy.pool import NullPool

from ppvcms.errors import PpvcmsError
from ppvcms.firstrun.standing import MARK, Standing, sqlite_path, standing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

    from ppvcms.accounts.sessions import Device
    from ppvcms.config import Config
    from ppvcms.content.setup import Beginning

_ADVISORY_LOCK = 0x70707673  # "ppvs"
_OURS = text(
    "SELECT p.oid::regprocedure FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace "
    r"WHERE n.nspname = current_schema() AND p.proname LIKE 'ppvcms\_%'"
)


class NotMadeError(PpvcmsError):
    """No site can be made here, or another process makes one; nothing was changed."""


@dataclass(frozen=True, slots=True)
class Made:
    """A new site: what to tell in the terminal, and the owner's sign-in if one was asked for."""

    lines: list[str]
    token: str


def make(config: Config, wish: Beginning, *, demo: bool, device: Device | None = None) -> Made:
    """Make the tables, the owner and what a site begins with; `device` signs the owner in.

    Raises:
        NotMadeError: There is a site, or something else, in the database already.
        PpvcmsError: What the owner said was refused; there is no site then.
    """
    from ppvcms.schema import upgrade  # noqa: PLC0415 - alembic is slow to load

    with _alone(config):
        _refuse_what_stands(config)
        place = _begin(config)
        engine = create_engine(place.database_url, poolclass=NullPool)
        try:
            upgrade(engine)
        finally:
            engine.dispose()
        made = _fill(replace(place, demo=demo), wish, demo=demo, device=device)
        if demo:
            _remember_demo(config)
        _finish(config, place)
    return made


def _refuse_what_stands(config: Config) -> None:
    found = standing(config)
    if found is Standing.WHOLE:
        place = config.instance if config.is_sqlite else "this database"
        raise NotMadeError(f"there is a site in {place} already. Nothing was changed.")
    if found is Standing.FOREIGN:
        raise NotMadeError(
            "the database holds tables that are not a site's. Give the site a database of its "
            "own. Nothing was changed."
        )


@contextlib.contextmanager
def _alone(config: Config) -> Iterator[None]:
    """Keep every other process from making this site; the lock ends with the process."""
    with _folder_lock(config) if config.is_sqlite else _server_lock(config) as alone:
        if not alone:
            raise NotMadeError("another process is making this site now. Nothing was changed.")
        yield


@contextlib.contextmanager
def _folder_lock(config: Config) -> Iterator[bool]:
    folder = sqlite_path(config).parent
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield True
    except BlockingIOError:
        yield False
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _server_lock(config: Config) -> Iterator[bool]:
    engine = create_engine(config.database_url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            question = text("SELECT pg_try_advisory_lock(:key)")
            yield bool(connection.scalar(question, {"key": _ADVISORY_LOCK}))
    finally:
        engine.dispose()


def _begin(config: Config) -> Config:
    """Make an empty place and return the configuration that leads to it."""
    if not config.is_sqlite:
        _empty(config)
        return config
    path = sqlite_path(config).with_suffix(".unfinished")
    for rest in path.parent.glob(f"{path.name}*"):
        rest.unlink()
    return replace(config, database=f"sqlite:///{path}")


def _finish(config: Config, place: Config) -> None:
    if config.is_sqlite:
        sqlite_path(place).rename(sqlite_path(config))
        return
    with _changing(config) as connection:
        connection.execute(text(f"DROP TABLE {MARK}"))


def _empty(config: Config) -> None:
    """Throw away what an attempt left that did not come to its end, and mark the next one."""
    with _changing(config) as connection:
        for table in inspect(connection).get_table_names():
            connection.execute(text(f'DROP TABLE "{table}" CASCADE'))
        for function in connection.scalars(_OURS).all():
            connection.execute(text(f"DROP FUNCTION {function} CASCADE"))
        connection.execute(text(f"CREATE TABLE {MARK} (at timestamptz DEFAULT now())"))


@contextlib.contextmanager
def _changing(config: Config) -> Iterator[Connection]:
    engine = create_engine(config.database_url, poolclass=NullPool)
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def _fill(place: Config, wish: Beginning, *, demo: bool, device: Device | None) -> Made:
    # Late: an application loads every part there is.
    from ppvcms import create_app  # noqa: PLC0415
    from ppvcms.accounts.signin import sign_in_new  # noqa: PLC0415
    from ppvcms.content.demo import make_demo  # noqa: PLC0415
    from ppvcms.content.setup import make_site  # noqa: PLC0415
    from ppvcms.db import db  # noqa: PLC0415

    with create_app(place, role="command").app_context():
        try:
            owner = make_site(wish)
            lines = make_demo() if demo else []
            return Made(lines, sign_in_new(owner, device).token if device else "")
        finally:
            db.session.remove()
            # The last connection to leave folds the write-ahead log into the file.
            db.engine.dispose()


def _remember_demo(config: Config) -> None:
    """Write down that passwords here are known, so that nobody opens this site to others."""
    path = config.instance / "ppvcms.toml"
    before = path.read_text() if path.exists() else ""
    if "demo" not in before:
        path.write_text(f"{before}demo = true\n")
