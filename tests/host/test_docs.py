"""docs/plugins.md says what is true: hooks, manifest fields, names, slots, and its tutorial."""

from __future__ import annotations

import ast
import re
from dataclasses import fields
from typing import TYPE_CHECKING

import pytest

from ppvcms import api, hookspecs
from ppvcms.accounts.actor import VISITOR
from ppvcms.config import ROOT
from ppvcms.hookspecs import RULES
from ppvcms.host import lifecycle, slots
from ppvcms.host.contract import RoomView
from ppvcms.host.manifest import Manifest

if TYPE_CHECKING:
    from ppvcms.config import Config
    from ppvcms.host.app import Host

DOCS = (ROOT / "docs" / "plugins.md").read_text()
SPECS = {
    node.name: f"{node.name}({ast.unparse(node.args)}) -> {ast.unparse(node.returns)}"
    for node in ast.parse((ROOT / "ppvcms" / "hookspecs.py").read_text()).body
    if isinstance(node, ast.FunctionDef) and node.name in RULES and node.returns
}
SMALLEST = DOCS.split("## The smallest plugin")[1]
BLOCKS = re.findall(r"```(?:toml|python)\n(.*?)```", SMALLEST, re.DOTALL)


def test_every_hook_has_a_rule() -> None:
    assert set(SPECS) == set(RULES)


@pytest.mark.parametrize("hook", sorted(RULES))
def test_every_hook_is_documented_with_its_exact_signature_kind_and_budget(hook: str) -> None:
    rule = RULES[hook]
    kind = f"{rule.kind.value}, first answer" if rule.first else rule.kind.value

    assert f"#### `{SPECS[hook]}`\n\n{kind} · {rule.budget_ms} ms\n" in DOCS


def test_no_hook_is_documented_that_does_not_exist() -> None:
    assert set(re.findall(r"^#### `(\w+)\(", DOCS, re.MULTILINE)) == set(RULES)


@pytest.mark.parametrize("field", [each.name for each in fields(Manifest)])
def test_every_manifest_field_is_documented(field: str) -> None:
    table = DOCS.split("## The manifest")[1].split("## How hooks")[0]

    assert f"`{field}`" in table


@pytest.mark.parametrize("name", api.__all__)
def test_every_name_of_the_interface_is_listed(name: str) -> None:
    assert f"`{name}`" in DOCS.split("## Everything in")[1]
    assert hasattr(api, name)


def test_the_version_of_the_interface_is_told() -> None:
    assert f"this is version {hookspecs.API_VERSION}" in DOCS


def test_the_slots_that_are_documented_are_those_of_the_templates() -> None:
    used = set()
    for folder in (ROOT / "ppvcms" / "templates", ROOT / "themes"):
        for path in folder.rglob("*.html"):
            used |= set(re.findall(r"""slot\(["']([\w.]+)["']""", path.read_text()))
    table = DOCS.split("## Slots")[1].split("## Settings")[0]

    assert set(re.findall(r"`(\w+\.\w+)`", table)) == used


def test_the_smallest_plugin_works_as_written(host: Host, config: Config) -> None:
    del host
    folder = config.plugin_dirs[0] / "applause"
    folder.mkdir()
    for name, text in zip(("plugin.toml", "plugin.py", "views.py"), BLOCKS, strict=False):
        (folder / name).write_text(text)
    assert lifecycle.install("applause", actor_id=None) is None
    assert lifecycle.activate("applause", actor_id=None) is None

    room = RoomView("r", "room", "Mara <3", "p", "online", None)
    shown = slots.fill("room.below_video", VISITOR, room)

    assert "Applause for Mara &lt;3" in shown
