"""Sites for tests: SQLite in a folder of their own, deleted afterwards, with nobody on them."""

from __future__ import annotations

import atexit
import contextlib
import functools
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, cast
from unittest import mock

import argon2
from flask import current_app
from sqlalchemy import create_engine, pool

from ppvcms import create_app, schema
from ppvcms.accounts import passwords
from ppvcms.accounts.roles import ensure_roles
from ppvcms.config import ROOT, Config
from ppvcms.db import db, transaction
from ppvcms.errors import PpvcmsError
from ppvcms.host import lifecycle, settings, themes
from ppvcms.host.manifest import Manifest, read_plugin
from ppvcms.host.runtime import runtime
from ppvcms.results import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy.orm import Session

    from ppvcms.host.app import Host

EXTRAS = Path(__file__).parent / "extras"
"""The folder of what tests alone use: a media engine, `MEDIA`, and a show, `STAGE`."""
QUICK = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""Hashes passwords at the least cost: people of tests are many, and theirs open nothing."""
MEDIA = "media_in_memory"
STAGE = "open_show"


@contextlib.contextmanager
def plugin_site(folder: Path, *more: str) -> Iterator[Host]:
    """Make a site on which the plugin in `folder` is on, with what it requires and `more`.

    Raises:
        PpvcmsError: The plugin cannot be switched on; the sentence says why.
    """
    with empty_site(folder.parent) as app:
        with app.app_context():
            switch_on(*more, folder)
        yield app


@contextlib.contextmanager
def theme_site(folder: Path) -> Iterator[Host]:
    """Make a site that wears the theme in `folder`.

    Raises:
        PpvcmsError: The theme cannot be worn; the sentence says why.
    """
    with empty_site(themes=folder.parent) as app:
        with app.app_context():
            require(themes.use(folder.name, actor_id=None))
        yield app


@contextlib.contextmanager
def empty_site(*plugins: Path, themes: Path | None = None) -> Iterator[Host]:
    """Make a site that sees the bundled plugins and those in `plugins`, all of them off."""
    with tempfile.TemporaryDirectory() as home:
        url = f"sqlite:///{home}/site.sqlite3"
        lay_tables(url)
        config = Config(
            instance=Path(home),
            database=url,
            secret_key="for-tests-alone" * 4,
            plugin_dirs=(*plugins, EXTRAS, ROOT / "plugins"),
            theme_dirs=(*([themes] if themes else []), ROOT / "themes"),
            async_mode="threading",
            testing=True,
        )
        app = create_app(config, role="command")
        with app.app_context():
            transaction(ensure_roles)
        try:
            with mock.patch.object(passwords, "hasher", QUICK):
                yield app
        finally:
            with app.app_context():
                db.session.remove()
                db.engine.dispose()


def switch_on(*plugins: str | Path) -> None:
    """Install and activate plugins, each after what it requires, on the site of the context.

    Raises:
        PpvcmsError: One cannot be; the sentence says why.
    """
    # A server that answers loads no more code; a test's may until its first answer.
    cast("Host", current_app).serving = False
    states = {found.slug: found.state for found in lifecycle.overview()}
    for each in plugins:
        slug = each if isinstance(each, str) else manifest_of(each).slug
        if states.get(slug) == "active":
            continue
        for needed in _needs(slug):
            switch_on(needed)
        if states.get(slug) != "inactive":
            require(lifecycle.install(slug, actor_id=None))
        require(lifecycle.activate(slug, actor_id=None))


def configure(slug: str, **values: object) -> None:
    """Set a plugin's settings, as its owner does; secrets are encrypted."""

    def act(session: Session) -> None:
        for key, value in values.items():
            settings.save(session, slug, key, value)

    transaction(act)


def manifest_of(folder: Path) -> Manifest:
    """Return a plugin's manifest.

    Raises:
        PpvcmsError: It has problems; the sentences name every one.
    """
    manifest = read_plugin(folder / "plugin.toml")
    if isinstance(manifest, list):
        raise PpvcmsError(" ".join(manifest))
    return manifest


def require(answer: object) -> None:
    """Raise what was refused, and let everything else pass."""
    if isinstance(answer, Refusal):
        raise PpvcmsError(str(answer))


def lay_tables(url: str) -> None:
    """Give an empty SQLite database the core's tables; the migrations run once in a process."""
    shutil.copyfile(_original(), url.removeprefix("sqlite:///"))


@functools.cache
def _original() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="ppvcms-testing-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    engine = create_engine(f"sqlite:///{folder / 'site.sqlite3'}", poolclass=pool.NullPool)
    schema.upgrade(engine)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    return folder / "site.sqlite3"


def _needs(slug: str) -> Sequence[str]:
    found = runtime().found.get(slug)
    return tuple(found.manifest.requires) if found and found.manifest else ()
