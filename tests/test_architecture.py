"""The house's order: what may import what, and that the core knows no plugin."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

from ppvcms.testing.code import imported, sources

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
        "cli_keys",
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


def test_the_server_loads_nothing_before_the_patching_that_knows_of_locks() -> None:
    code = "import sys, ppvcms.server; print(*sys.modules.keys() & {'flask', 'sqlalchemy'})"
    done = subprocess.run(
        [sys.executable, "-c", code], check=False, capture_output=True, text=True, cwd=ROOT
    )

    assert (done.stdout.strip(), done.returncode) == ("", 0)
