"""What ``plugins new`` and ``themes new`` write works, and what docs/tutorial.md builds does."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from ppvcms.cli import cli
from ppvcms.config import ROOT, Config
from ppvcms.host import tally, themes
from ppvcms.host.starting import start_plugin, start_theme
from ppvcms.results import Refusal
from tests import kit
from tests.live import enter
from tests.web.office import browser_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.live import Site

FENCE = re.MULTILINE | re.DOTALL
STARTS = (
    ("plugins", "new", "fan_club"),
    ("plugins", "new", "night", "--kind", "mode"),
    ("plugins", "new", "till", "--kind", "payment"),
    ("plugins", "new", "motto", "--kind", "block"),
    ("themes", "new", "harbour"),
)


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, Path]]:
    """A site on which one start of each kind is in use, and its folder."""
    folder = tmp_path_factory.mktemp("starts")
    dirs = f"{folder / 'plugins'},{ROOT / 'plugins'}"
    for words in STARTS:
        env = {"PPVCMS_INSTANCE": str(folder / "instance"), "PPVCMS_PLUGIN_DIRS": dirs}
        said = CliRunner().invoke(cli, words, env=env)
        assert f"{words[2]}: written to {folder}" in said.output, said.output
    url = f"sqlite:///{folder / 'site.sqlite3'}"
    kit.lay_tables(url)
    with enter(url, folder, first=True, plugins=("fan_club", "night", "till", "motto")) as site:
        assert themes.use("harbour", actor_id=None) is None
        yield site, folder


def test_the_starts_show_themselves_and_are_counted(started: tuple[Site, Path]) -> None:
    site, _folder = started
    mara, olga = site.person("Mara", "performer"), site.person("Olga", "owner")
    room = site.room(mara)
    before = tally.of("fan_club", "template_slot").calls

    page = browser_of(site, mara).text("/")
    show = site.go_live(room, mara, "night")
    hooks = browser_of(site, olga).text("/admin/plugins/hooks")

    assert "Welcome to Harbour" in page
    assert "Hello Mara, Fan club is at work." in page
    assert show.mode == "night"
    assert tally.of("fan_club", "template_slot").calls > before
    assert re.search(r"register_room_modes collect · \d+ plugins · \d+ calls · [\d.]+ ms", hooks)
    assert re.search(r"template_slot .*?\d\. Fan club \d+ ., [\d.]+ ms on average", hooks)
    assert browser_of(site, mara).get("/admin/plugins/hooks").status_code == 403


def build_as_the_tutorial_says(home: Path) -> set[str]:
    """Write every file of docs/tutorial.md and return the plugins that came of them."""
    tutorial = (ROOT / "docs" / "tutorial.md").read_text()
    steps = re.findall(r"^`([\w/.]+)`( \(more\))?\n\n```\w+\n(.*?)^```$", tutorial, FENCE)
    for name, more, text in steps:
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text((path.read_text() if more else "") + text)
    return {name.partition("/")[0] for name, _more, _text in steps}


def test_their_own_tests_and_those_of_the_tutorial_pass(started: tuple[Site, Path]) -> None:
    _site, folder = started
    assert build_as_the_tutorial_says(folder / "plugins") == {"lesson", "copperpay"}
    written = [folder / "plugins", folder / "instance" / "themes"]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *map(str, written)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert run.returncode == 0, run.stdout + run.stderr
    assert re.search(r"^9\d passed", run.stdout, re.MULTILINE), run.stdout


@pytest.mark.parametrize(
    ("slug", "why"),
    [
        ("Fans", "a letter first"),
        ("../fans", "a letter first"),
        ("room", "the core does not use"),
        ("tips", "already"),
        ("lying", "is there already"),
    ],
)
def test_a_bad_or_taken_slug_writes_nothing(tmp_path: Path, slug: str, why: str) -> None:
    home = tmp_path / "plugins"
    (home / "lying").mkdir(parents=True)
    (home / "lying" / ("0" * 64)).mkdir()
    config = Config(instance=tmp_path, plugin_dirs=(home, ROOT / "plugins"))

    answer = start_plugin(config, slug, "plain")

    assert isinstance(answer, Refusal)
    assert why in answer.reason
    assert [path.name for path in tmp_path.rglob("*")] == ["plugins", "lying", "0" * 64]


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    (tmp_path / "themes").write_text("a file")

    answer = start_theme(Config(instance=tmp_path), "harbour")

    assert isinstance(answer, Refusal)
    assert "cannot be written to" in answer.reason
