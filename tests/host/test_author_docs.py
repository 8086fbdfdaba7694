"""docs/hooks.md and docs/plugin-quality.md say what is true."""

from __future__ import annotations

import ast
import re
import sys
from typing import TYPE_CHECKING

from ppvcms.config import ROOT
from ppvcms.hookspecs import RULES
from ppvcms.testing import PluginContract
from tests.host.test_docs import SPECS

if TYPE_CHECKING:
    import pytest

HOOKS = (ROOT / "docs" / "hooks.md").read_text()
QUALITY = (ROOT / "docs" / "plugin-quality.md").read_text()
AGAIN = "run: python tools/hook_pages.py"


def sections() -> dict[str, str]:
    parts = re.split(r"^### `(\w+)`$", HOOKS, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def test_each_hook_has_its_section_with_signature_moment_and_an_example_that_fits() -> None:
    found = sections()
    assert set(found) == set(RULES), AGAIN
    for hook, rule in RULES.items():
        text = found[hook]
        kind = f"{rule.kind.value}, first answer" if rule.first else rule.kind.value
        assert f"```python\n{SPECS[hook]}\n```\n\n{kind} · {rule.budget_ms} ms\n" in text, AGAIN
        assert re.search(r"\*\*When:\*\* \w", text), hook
        example = text.split("```python\n")[2].split("```")[0]
        (function,) = ast.parse(example).body
        assert isinstance(function, ast.FunctionDef)
        assert function.name == hook
        named = {
            argument.arg for argument in ast.parse(f"def {SPECS[hook]}: ...").body[0].args.args
        }  # type: ignore[attr-defined]
        assert {argument.arg for argument in function.args.args} <= named, hook


def test_the_page_of_hooks_can_be_written_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(ROOT / "tools"), *sys.path])
    import hook_pages

    assert re.findall(r"^### .*", hook_pages.text(), re.MULTILINE) == re.findall(
        r"^### .*", HOOKS, re.MULTILINE
    ), AGAIN


def test_the_quality_list_says_which_half_a_machine_asks() -> None:
    asked = {
        name: " ".join((act.__doc__ or "").split())
        for name, act in vars(PluginContract).items()
        if name.startswith("test_")
    }
    told = dict(re.findall(r"^- \[x\] (.*) \(`(\w+)`\)$", QUALITY, re.MULTILINE))
    assert {name: text for text, name in told.items()} == asked
    assert len(re.findall(r"^- \[ \] ", QUALITY, re.MULTILINE)) >= len(asked)
