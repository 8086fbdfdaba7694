"""What holds for every bundled plugin: its tables come and go, and the site lives without it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ppvcms import create_app
from ppvcms.books_check import check_all
from ppvcms.config import Config
from ppvcms.testing import PluginContract
from tests import kit
from tests.live import site_at
from tests.test_architecture import PLUGINS
from tests.web.office import browser_with, paid_show, sign_in, tip

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ppvcms.host.app import Host
    from tests.live import Site

USUAL = {"mode_free", "mode_private", "tips", "media_embedded"}


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


class TestEvery(PluginContract):
    """The contract that authors test theirs with, on one site where all are on."""

    @pytest.fixture(params=PLUGINS, ids=lambda path: path.name)
    def plugin(self, request: pytest.FixtureRequest) -> Path:
        folder: Path = request.param
        return folder

    @pytest.fixture
    def database_url(self, database_url: str) -> str:
        return database_url

    @pytest.fixture
    def site(self, lived_in: tuple[Site, Path, str, str]) -> Host:
        site, _folder, self.seat_id, self.token = lived_in
        return site.app

    def lay_tables(self, url: str) -> None:
        kit.lay_tables(url)

    def check_site(self, site: Host) -> None:
        super().check_site(site)
        ben = browser_with(site, self.token)
        assert "2.00" in ben.text(f"/account/sessions/{self.seat_id}")
