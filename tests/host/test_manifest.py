"""Manifests: a frozen value, or every problem with the field, the value and what is right."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ppvcms.host.finder import find_plugins
from ppvcms.host.manifest import Manifest, read_plugin, read_theme

if TYPE_CHECKING:
    from pathlib import Path

GOOD = {
    "slug": '"tips"',
    "name": '"Tips"',
    "summary": '"Tips."',
    "version": '"1.0.0"',
    "license": '"MIT"',
    "authors": '["A"]',
    "api": '">=1.0,<2"',
}


def written(
    folder: Path, fields: dict[str, str], *, slug: str = "tips", file: str = "plugin.toml"
) -> Path:
    path = folder / slug / file
    path.parent.mkdir()
    path.write_text("\n".join(f"{key} = {value}" for key, value in fields.items() if value))
    return path


def test_a_good_manifest_is_read(tmp_path: Path) -> None:
    path = written(
        tmp_path, {**GOOD, "requires": "{media_embedded = '>=1.0'}", "guards": "['message']"}
    )

    manifest = read_plugin(path)

    assert isinstance(manifest, Manifest)
    assert manifest.requires == {"media_embedded": ">=1.0"}
    assert manifest.guards == ("message",)
    assert manifest.entry == "plugin"


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("slug", '"Tips"', "a letter first"),
        ("slug", '"ti__ps"', "single _"),
        ("slug", '"admin"', "a word that the core does not use"),
        ("slug", "7", "a letter first"),
        ("slug", '"other"', "differs from the folder"),
        ("name", '""', "a text that is not empty"),
        ("version", '"newest"', "PEP 440"),
        ("authors", '"A"', "a list of texts"),
        ("authors", "[]", "at least one name"),
        ("api", '"1"', "a range of versions"),
        ("entry", '"../evil"', "the name of a module"),
        ("requires", '["tips"]', "a table of slugs with versions"),
        ("requires", "{tips = 'new'}", "a table of slugs with versions"),
        ("after", '"tips"', "a list of texts"),
        ("python", "3", "a range of versions"),
        ("category", '"fun"', "one of mode, payment"),
        ("scopes", '["planet"]', "some of site, studio, room"),
        ("guards", '["door"]', "some of site_entry"),
        ("processes", '{node = "rm -rf"}', "a table of names with modules"),
        ("processes", '["node"]', "a table of names with modules"),
        ("links", '"x"', "a table of texts"),
        ("colour", '"red"', "is not a field of plugin.toml"),
        ("name", "", "'name' is missing"),
        ("license", "", "'license' is missing"),
    ],
)
def test_each_problem_names_field_and_what_is_right(
    tmp_path: Path, field: str, value: str, told: str
) -> None:
    problems = read_plugin(written(tmp_path, {**GOOD, field: value}))

    assert isinstance(problems, list)
    assert any(field in problem and told in problem for problem in problems), problems


def test_all_problems_come_at_once(tmp_path: Path) -> None:
    path = written(tmp_path, {"slug": '"UP"', "version": '"?"', "odd": "1"})

    problems = read_plugin(path)

    assert isinstance(problems, list)
    assert len(problems) == 3 + len({"name", "summary", "license", "authors", "api"})


@pytest.mark.parametrize(
    ("content", "told"),
    [(b"slug = ", "not valid TOML"), (b"\xff\xfe", "not UTF-8"), (None, "is missing")],
)
def test_a_file_that_is_no_manifest_is_one_plain_line(
    tmp_path: Path, content: bytes | None, told: str
) -> None:
    (tmp_path / "tips").mkdir()
    if content is not None:
        (tmp_path / "tips" / "plugin.toml").write_bytes(content)

    found = find_plugins([tmp_path])["tips"]

    assert found.manifest is None
    assert [told in problem for problem in found.problems] == [True]
    assert all("\n" not in problem.strip() for problem in found.problems)


def test_a_folder_with_an_impossible_name_is_named(tmp_path: Path) -> None:
    written(tmp_path, GOOD, slug="My Plugin")

    assert "folder" in " ".join(find_plugins([tmp_path])["My Plugin"].problems)


def test_of_two_folders_the_first_place_wins(tmp_path: Path) -> None:
    for place, version in (("uploaded", '"2.0"'), ("bundled", '"1.0"')):
        (tmp_path / place).mkdir()
        written(tmp_path / place, {**GOOD, "version": version})

    found = find_plugins([tmp_path / "uploaded", tmp_path / "bundled"])["tips"]

    assert found.manifest is not None
    assert found.manifest.version == "2.0"


def test_labels_of_a_theme_need_both_forms(tmp_path: Path) -> None:
    theme = {key: value for key, value in GOOD.items() if key != "summary"}
    theme["labels"] = "{en.performer.one = 'Artist'}"
    path = written(tmp_path, theme, file="theme.toml")

    problems = read_theme(path)

    assert isinstance(problems, list)
    assert "one and other" in problems[0]
