"""For tests of plugins and themes: a new site on which one of them is in use.

``with plugin_site(folder) as app`` and then ``app.test_client().get("/")``.
"""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import create_engine

from ppvcms import create_app, schema
from ppvcms.accounts.roles import ensure_roles
from ppvcms.config import ROOT, Config
from ppvcms.db import db, transaction
from ppvcms.errors import PpvcmsError
from ppvcms.host import lifecycle, themes
from ppvcms.host.manifest import read_plugin
from ppvcms.results import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ppvcms.host.app import Host


@contextlib.contextmanager
def plugin_site(folder: Path) -> Iterator[Host]:
    """Make a site on which the plugin in `folder` is on, with what it requires.

    The site is a SQLite file that is deleted afterwards; there are no people.

    Raises:
        PpvcmsError: The plugin cannot be switched on; the sentence says why.
    """
    manifest = read_plugin(folder / "plugin.toml")
    if isinstance(manifest, list):
        raise PpvcmsError(" ".join(manifest))
    with _site(plugins=(folder.parent, ROOT / "plugins")) as app:
        with app.app_context():
            for slug in (*manifest.requires, manifest.slug):
                for act in (lifecycle.install, lifecycle.activate):
                    _require(act(slug, actor_id=None))
        yield app


@contextlib.contextmanager
def theme_site(folder: Path) -> Iterator[Host]:
    """Make a site that wears the theme in `folder`.

    Raises:
        PpvcmsError: The theme cannot be worn; the sentence says why.
    """
    with _site(themes=(folder.parent, ROOT / "themes")) as app:
        with app.app_context():
            _require(themes.use(folder.name, actor_id=None))
        yield app


@contextlib.contextmanager
def _site(*, plugins: tuple[Path, ...] = (), themes: tuple[Path, ...] = ()) -> Iterator[Host]:
    with tempfile.TemporaryDirectory() as home:
        config = Config(
            instance=Path(home),
            secret_key="for-tests-alone" * 4,
            plugin_dirs=plugins,
            theme_dirs=themes,
            async_mode="threading",
            testing=True,
        )
        engine = create_engine(config.database_url)
        schema.upgrade(engine)
        engine.dispose()
        app = create_app(config, role="command")
        with app.app_context():
            transaction(ensure_roles)
        yield app
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


def _require(answer: object) -> None:
    if isinstance(answer, Refusal):
        raise PpvcmsError(str(answer))
