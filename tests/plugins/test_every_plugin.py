"""What holds for every bundled plugin: its tables come and go, and the site lives without it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine, inspect, pool

from ppvcms import create_app, schema
from ppvcms.books_check import check_all
from ppvcms.config import Config
from ppvcms.db import db
from ppvcms.host import lifecycle, removal
from tests import kit
from tests.live import site_at
from tests.test_architecture import PLUGINS
from tests.web.office import browser_with, paid_show, sign_in, tip

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.live import Site

USUAL = {"mode_free", "mode_private", "tips", "media_embedded"}
WITH_TABLES = [path for path in PLUGINS if (path / "migrations").is_dir()]
# The engine of the tests stands in the place of the bundled one.
ACTIVE = [path for path in PLUGINS if path.name != "media_embedded"]
SHORTEST_README = 400


@pytest.mark.parametrize("plugin", PLUGINS, ids=lambda path: path.name)
def test_it_says_what_it_is_and_what_changed(plugin: Path) -> None:
    assert len((plugin / "README.md").read_text()) >= SHORTEST_README
    assert "1.0.0" in (plugin / "CHANGELOG.md").read_text()


@pytest.mark.parametrize("plugin", WITH_TABLES, ids=lambda path: path.name)
def test_its_tables_go_up_down_and_up(plugin: Path, database_url: str) -> None:
    __import__(f"plugins.{plugin.name}.models")
    kit.lay_tables(database_url)
    engine = create_engine(database_url, poolclass=pool.NullPool)
    before = set(inspect(engine).get_table_names())
    for _ in range(2):
        schema.upgrade(engine, plugin.name, plugin / "migrations")
        added = set(inspect(engine).get_table_names()) - before
        assert any(name.startswith(f"{plugin.name}__") for name in added)
        assert schema.differences(engine, plugin.name) == []
        schema.downgrade(engine, plugin.name, plugin / "migrations")
        left = set(inspect(engine).get_table_names()) - before
        assert not [name for name in left if name.startswith(f"{plugin.name}__")]


@pytest.fixture(scope="module")
def lived_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, Path, str, str]]:
    """A site with every plugin active, on which somebody paid for a show and tipped."""
    folder = tmp_path_factory.mktemp("every")
    url = f"sqlite:///{folder / 'site.sqlite3'}"
    with site_at(url, folder, *[one.name for one in PLUGINS if one.name not in USUAL]) as site:
        mara, ben = site.person("Mara", "performer"), site.person("Ben", credits=5_000)
        room = site.room(mara, "Mara")
        seat_id = paid_show(room, str(ben.user_id), seconds=90, rate=200)
        tip(room, str(ben.user_id), 500)
        yield site, folder, seat_id, sign_in(ben)


@pytest.mark.parametrize("plugin", PLUGINS, ids=lambda path: path.name)
def test_a_site_lives_when_its_folder_is_gone(
    plugin: Path, lived_in: tuple[Site, Path, str, str], tmp_path: Path
) -> None:
    _site, folder, seat_id, token = lived_in
    rest = tmp_path / "plugins"
    rest.mkdir()
    for one in [*PLUGINS, folder / "plugins" / "media_memory"]:
        if one != plugin:
            (rest / one.name).symlink_to(one, target_is_directory=True)
    app = create_app(
        Config(
            instance=folder / "instance",
            database=f"sqlite:///{folder / 'site.sqlite3'}",
            secret_key="t" * 48,
            plugin_dirs=(rest,),
            async_mode="threading",
            testing=True,
        )
    )
    ben = browser_with(app, token)
    with app.app_context():
        for path in ("/", "/rooms/mara", "/profile/mara", f"/account/sessions/{seat_id}"):
            assert ben.get(path).status_code == 200, path
        assert "2.00" in ben.text(f"/account/sessions/{seat_id}")
        assert check_all(app).ok


@pytest.mark.parametrize("plugin", ACTIVE, ids=lambda path: path.name)
def test_it_is_switched_off_and_purged_without_harm(
    plugin: Path, lived_in: tuple[Site, Path, str, str]
) -> None:
    site, _folder, seat_id, token = lived_in
    needs = [
        one.name
        for one in PLUGINS
        if plugin.name in (one / "plugin.toml").read_text().partition("requires")[2].split("\n")[0]
    ]
    ben = browser_with(site.app, token)
    for slug in [*needs, plugin.name]:
        assert lifecycle.deactivate(slug, actor_id=None) is None
    assert ben.get("/").status_code == 200

    assert removal.purge(plugin.name, actor_id=None) is None
    tables = inspect(db.engine).get_table_names()
    assert not [name for name in tables if name.startswith(f"{plugin.name}__")]
    assert (plugin / "plugin.toml").exists()
    assert ben.get("/").status_code == 200
    assert "2.00" in ben.text(f"/account/sessions/{seat_id}")
    assert check_all(site.app).ok

    assert lifecycle.install(plugin.name, actor_id=None) is None
    for slug in [plugin.name, *needs]:
        assert lifecycle.activate(slug, actor_id=None) is None
