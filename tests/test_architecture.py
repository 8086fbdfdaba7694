"""The house's order: what may import what, and that the core knows no plugin."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
CORE = ROOT / "ppvcms"
PLUGINS = sorted(path for path in (ROOT / "plugins").iterdir() if (path / "plugin.toml").exists())

# Ground first. A part may import from its own level or from a lower one.
LEVELS = (
    (
        "errors",
        "results",
        "ids",
        "config",
        "db",
        "bulk",
        "events",
        "realtime",
        "faultpoints",
        "garbage",
        "schema",
        "wire",
    ),
    # Revisions lay the triggers that the ledger part describes.
    ("ledger", "migrations"),
    ("accounts",),
    ("host", "hookspecs"),
    ("media", "payments", "notices"),
    ("rooms",),
    ("metering",),
    ("sales",),
    ("content", "books_check", "jobs"),
    ("web", "rest"),
    ("api", "facade"),
    ("assembly", "background"),
    (
        "__init__",
        "__main__",
        "cli",
        "cli_config",
        "cli_plugins",
        "cli_texts",
        "firstrun",
        "patching",
        "server",
        "terminal",
    ),
    # For tests alone, of those who write plugins.
    ("testing",),
)
LEVEL = {part: number for number, parts in enumerate(LEVELS) for part in parts}
# The contracts name each other's values in annotations; nothing runs.
ONLY_TYPES = {"hookspecs"}


def part_of(path: Path) -> str:
    """Return the part of the core that a file belongs to."""
    inside = path.relative_to(CORE)
    return inside.parts[0].removesuffix(".py")


def imported(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Yield the names of modules a file imports when it runs, and where."""
    hidden = {
        id(node)
        for guard in ast.walk(tree)
        if isinstance(guard, ast.If) and "TYPE_CHECKING" in ast.unparse(guard.test)
        for node in ast.walk(guard)
    }
    for node in ast.walk(tree):
        if id(node) in hidden:
            continue
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module, node.lineno
            if node.module == "ppvcms":
                yield from ((f"ppvcms.{alias.name}", node.lineno) for alias in node.names)


def sources(folder: Path) -> list[Path]:
    """Return the Python files below a folder."""
    return sorted(path for path in folder.rglob("*.py") if "__pycache__" not in path.parts)


def test_nothing_in_the_core_imports_upward() -> None:
    upward = []
    for path in sources(CORE):
        part = part_of(path)
        for name, line in imported(ast.parse(path.read_text())):
            words = name.split(".")
            if words[0] != "ppvcms" or len(words) == 1:
                continue
            if LEVEL.get(words[1], -1) > LEVEL[part]:
                upward.append(f"{path.relative_to(ROOT)}:{line} imports {name}")
    assert upward == []


def test_every_part_of_the_core_has_its_level() -> None:
    assert {part_of(path) for path in sources(CORE)} - set(LEVEL) == set()


@pytest.mark.parametrize("plugin", PLUGINS, ids=lambda path: path.name)
def test_a_plugin_imports_the_api_and_nothing_else_of_ours(plugin: Path) -> None:
    foreign = []
    for path in sources(plugin):
        if "tests" in path.relative_to(plugin).parts:
            continue
        for name, line in imported(ast.parse(path.read_text())):
            ours = name.split(".")[0] in {"ppvcms", "plugins"}
            if ours and name != "ppvcms.api" and not name.startswith(f"plugins.{plugin.name}"):
                foreign.append(f"{path.relative_to(ROOT)}:{line} imports {name}")
    assert foreign == []


def _naming(slug: str) -> str:
    """Return what names a plugin; one that is called by a word of the language is no name alone."""
    if "_" in slug:
        return rf"\b{slug}\b"
    return rf"""\bplugins[./]{slug}\b|\b{slug}__\w|(?<!_)\bsettings\(["']{slug}["']"""


def test_the_core_names_no_plugin() -> None:
    named, wanted = [], re.compile("|".join(_naming(path.name) for path in PLUGINS))
    files = [*sources(CORE), *CORE.rglob("*.html"), *(CORE / "static" / "js").rglob("*.js")]
    for path in files:
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if wanted.search(line):
                named.append(f"{path.relative_to(ROOT)}:{number} {line.strip()}")
    assert named == []


def test_eventlet_is_imported_where_the_server_starts_alone() -> None:
    allowed = {ROOT / "wsgi.py", CORE / "server.py", CORE / "patching.py"}
    users = [
        str(path.relative_to(ROOT))
        for path in [*sources(CORE), *(file for plugin in PLUGINS for file in sources(plugin))]
        if path not in allowed
        and any(
            name.split(".")[0] == "eventlet" for name, _ in imported(ast.parse(path.read_text()))
        )
    ]
    assert users == []
