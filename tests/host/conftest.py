"""A host alone, with plugins and themes written by the test."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ppvcms.config import Config
from ppvcms.db import init_db
from ppvcms.host import lifecycle, runtime
from ppvcms.host.app import Host
from ppvcms.host.catalogues import SiteBabel
from tests.kit import lay_tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

numbers = itertools.count(1)
MANIFEST = """
slug = "{slug}"
name = "Plugin {slug}"
summary = "For a test."
version = "1.0.0"
license = "MIT"
authors = ["A. Tester"]
api = ">=1.0,<2"
"""
HEAD = "from ppvcms.api import *\n\n"


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """The settings of a site of its own."""
    for name in ("plugins", "themes", "instance"):
        (tmp_path / name).mkdir()
    return Config(
        instance=tmp_path / "instance",
        database=f"sqlite:///{tmp_path / 'site.sqlite3'}",
        secret_key="s" * 48,
        plugin_dirs=(tmp_path / "plugins",),
        theme_dirs=(tmp_path / "themes",),
        testing=True,
    )


@pytest.fixture
def write_plugin(config: Config) -> Callable[..., str]:
    """Write a plugin into the site's folder and return its slug, new in each test."""

    def write(code: str = "", *, manifest: str = "", slug: str = "", **files: str) -> str:
        slug = slug or f"plug{next(numbers):04}"
        folder = config.plugin_dirs[0] / slug
        folder.mkdir(exist_ok=True)
        (folder / "plugin.toml").write_text(MANIFEST.format(slug=slug) + manifest)
        (folder / "plugin.py").write_text(HEAD + code.replace("SLUG", slug))
        for name, text in files.items():
            path = folder / name.replace("__", "/").replace("_dot_", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text.replace("SLUG", slug))
        return slug

    return write


@pytest.fixture
def write_theme(config: Config) -> Callable[..., str]:
    """Write a theme into the site's folder and return its slug."""

    def write(slug: str, manifest: str = "", **templates: str) -> str:
        folder = config.theme_dirs[0] / slug
        (folder / "templates").mkdir(parents=True)
        text = MANIFEST.format(slug=slug).replace('summary = "For a test."\n', "")
        (folder / "theme.toml").write_text(text + manifest)
        for name, body in templates.items():
            path = folder / "templates" / name.replace("__", "/").replace("_dot_", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(body)
        return slug

    return write


@pytest.fixture
def make_host(config: Config) -> Callable[..., Host]:
    """Start a process of the site; each call is another process with the same database."""

    def make(**changes: object) -> Host:
        settings = replace(config, **changes)
        if not (config.instance.parent / "site.sqlite3").exists():
            lay_tables(settings.database_url)
        app = Host("ppvcms")
        app.config.update(PPVCMS=settings, SECRET_KEY=settings.secret_key, TESTING=True)
        init_db(app, settings.database_url)
        SiteBabel(app)
        runtime.boot(app, settings)
        return app

    return make


@pytest.fixture
def host(make_host: Callable[..., Host]) -> Iterator[Host]:
    """One process of the site, with its application context."""
    app = make_host()
    with app.app_context():
        yield app


@pytest.fixture
def switch_on(host: Host, write_plugin: Callable[..., str]) -> Callable[..., str]:
    """Write a plugin, install it and switch it on."""
    del host  # its context is what the acts work in

    def act(code: str = "", **kwargs: str) -> str:
        slug = write_plugin(code, **kwargs)
        assert lifecycle.install(slug, actor_id=None) is None
        assert lifecycle.activate(slug, actor_id=None) is None
        return slug

    return act
