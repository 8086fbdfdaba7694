"""What holds for every plugin. Subclass `PluginContract` and name the plugin's folder."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, ClassVar

import pytest
from sqlalchemy import create_engine, inspect, pool

from ppvcms import schema
from ppvcms.db import db
from ppvcms.host import lifecycle, removal
from ppvcms.host.snapshot import current
from ppvcms.testing import code
from ppvcms.testing.shows import Books
from ppvcms.testing.sites import (
    lay_tables,
    manifest_of,
    plugin_site,
    require,
    switch_on,
)
from ppvcms.web.guards import policy_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flask import Flask
    from sqlalchemy import Engine

SHORTEST_README = 400
FAILED = 500


class PluginContract:
    """The half of docs/plugin-quality.md that a machine can tell."""

    folder: ClassVar[Path]

    @pytest.fixture
    def plugin(self) -> Path:
        """The plugin's folder, whose name is its slug."""
        return self.folder

    @pytest.fixture
    def database_url(self, tmp_path: Path) -> str:
        """The URL of a database that is not there yet."""
        return f"sqlite:///{tmp_path / 'site.sqlite3'}"

    @pytest.fixture(scope="class")
    @classmethod
    def site(cls) -> Iterator[Flask]:
        """A site on which the plugin is on."""
        with plugin_site(cls.folder) as app, app.test_request_context():
            yield app

    def lay_tables(self, url: str) -> None:
        """Give an empty database the core's tables."""
        lay_tables(url)

    def check_site(self, site: Flask) -> None:
        """Ask whether the site answers and its books hold, with the plugin off or gone."""
        assert site.test_client().get("/").status_code < FAILED
        assert Books(site).problems() == []

    def test_it_says_what_it_is_and_what_changed(self, plugin: Path) -> None:
        """A README that says what it is for, a licence, and a CHANGELOG with this version."""
        manifest = manifest_of(plugin)
        assert manifest.slug == plugin.name
        assert manifest.license.strip()
        readme = (plugin / "README.md").read_text(encoding="utf-8")
        assert len(readme) >= SHORTEST_README, "say in README.md what it does and how it is set up"
        assert manifest.version in (plugin / "CHANGELOG.md").read_text(encoding="utf-8")

    def test_it_imports_the_interface_alone(self, plugin: Path) -> None:
        """Of the site it imports `ppvcms.api`, itself, and the plugins that it requires."""
        assert code.foreign_imports(plugin, frozenset(manifest_of(plugin).requires)) == []

    def test_it_opens_no_line_of_its_own(self, plugin: Path) -> None:
        """No sockets; HTTP clients only with a capability such as `network:<host>`."""
        assert code.lines_opened(plugin, manifest_of(plugin).capabilities) == []

    def test_it_escapes_html(self, plugin: Path) -> None:
        """HTML comes from templates that escape; no `Markup` of glued text, no `|safe`."""
        assert code.raw_html(plugin) == []

    def test_its_texts_can_be_translated(self, plugin: Path) -> None:
        """Every text for people goes through gettext."""
        assert code.unmarked_texts(plugin) == []

    def test_its_names_begin_with_its_slug(self, plugin: Path) -> None:
        """Templates lie below the slug, or replace one of the core that plugin.toml names."""
        own = {path.relative_to(plugin / "templates") for path in code.templates(plugin)}
        overridden = set(manifest_of(plugin).overrides)
        strange = [str(path) for path in own if path.parts[0] != plugin.name]
        assert set(strange) <= overridden

    def test_its_tables_go_up_down_and_up(
        self, plugin: Path, site: Flask, database_url: str
    ) -> None:
        """Migrations make what the models say, take all of it away, and make it again."""
        if not (plugin / "migrations").is_dir():
            assert manifest_of(plugin).tables == ()
            return
        del site  # on which its models were imported, which the tables are compared with
        self.lay_tables(database_url)
        engine = create_engine(database_url, poolclass=pool.NullPool)
        for _ in range(2):
            schema.upgrade(engine, plugin.name, plugin / "migrations")
            assert _tables(engine, plugin.name)
            assert schema.differences(engine, plugin.name) == []
            schema.downgrade(engine, plugin.name, plugin / "migrations")
            assert _tables(engine, plugin.name) == []

    def test_its_pages_say_who_may_see_them(self, plugin: Path, site: Flask) -> None:
        """Each view has a policy, and a visitor gets an answer from each page."""
        views = {
            name: view
            for name, view in site.view_functions.items()
            if name.startswith(f"{plugin.name}.") and not name.endswith(".static")
        }
        assert [name for name, view in views.items() if policy_of(view) is None] == []
        for rule in site.url_map.iter_rules():
            if rule.endpoint in views and "GET" in (rule.methods or ()) and not rule.arguments:
                assert site.test_client().get(rule.rule).status_code < FAILED, rule.rule

    def test_it_is_switched_off_and_purged_without_harm(self, plugin: Path, site: Flask) -> None:
        """Off and purged it leaves nothing behind, and books and pages are as before."""
        was_on = plugin.name in current().active
        switch_on(plugin)
        friends = _needing(plugin.name)
        for slug in [*friends, plugin.name]:
            require(lifecycle.deactivate(slug, actor_id=None))
        self.check_site(site)

        require(removal.purge(plugin.name, actor_id=None))
        assert _tables(db.engine, plugin.name) == []
        assert (plugin / "plugin.toml").exists(), "a folder that nobody uploaded stays"
        self.check_site(site)
        if was_on:
            switch_on(plugin, *friends)


def _needing(slug: str) -> list[str]:
    """Return the active plugins that require another, those first that nobody requires."""
    needed_by = {each.slug: each.needed_by for each in lifecycle.overview()}
    friends = [[*_needing(other), other] for other in needed_by[slug]]
    return list(dict.fromkeys(itertools.chain.from_iterable(friends)))


def _tables(engine: Engine, slug: str) -> list[str]:
    return [name for name in inspect(engine).get_table_names() if name.startswith(f"{slug}__")]
