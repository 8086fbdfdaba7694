"""A working start for a new plugin or theme: written whole from ``starts``, or not at all."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from ppvcms.host.finder import find_plugins, find_themes
from ppvcms.host.manifest import slug_problem
from ppvcms.results import Refusal

if TYPE_CHECKING:
    from collections.abc import Collection

    from ppvcms.config import Config

STARTS = Path(__file__).parent / "starts"
ENDING = ".start"
"""Keeps what is not code yet away from everything that reads code."""
NOTHING = "Nothing was written."
READABLE = 0o755


def start_plugin(config: Config, slug: str, kind: str) -> Path | Refusal:
    """Write a new plugin of a kind into the site's folder and return where it lies."""
    taken = find_plugins(config.all_plugin_dirs)
    return _start(STARTS / kind, config.all_plugin_dirs[0], slug, taken)


def start_theme(config: Config, slug: str) -> Path | Refusal:
    """Write a new theme into the site's folder and return where it lies."""
    taken = find_themes(config.all_theme_dirs)
    return _start(STARTS / "theme", config.all_theme_dirs[0], slug, taken)


def _start(start: Path, home: Path, slug: str, taken: Collection[str]) -> Path | Refusal:
    if wrong := slug_problem(slug):
        return Refusal("slug", f"The slug '{slug}' must be {wrong}.", NOTHING)
    goal = home / slug
    if slug in taken:
        return Refusal("taken", f"There is one called '{slug}' already.", NOTHING)
    if goal.exists():
        return Refusal("there", f"{goal} is there already.", NOTHING)
    try:
        home.mkdir(parents=True, exist_ok=True)
        # Folders whose names begin with a dot are nobody's plugin.
        draft = Path(tempfile.mkdtemp(prefix=f".{slug}-", dir=home))
    except OSError as error:
        return Refusal("folder", f"{home} cannot be written to: {error.strerror}.", NOTHING)
    try:
        _fill(draft, start, slug)
        draft.rename(goal)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return goal


def _fill(draft: Path, start: Path, slug: str) -> None:
    words = {"@slug@": slug, "@name@": slug.replace("_", " ").capitalize()}
    for path in sorted(start.rglob(f"*{ENDING}")):
        name = path.relative_to(start).as_posix().removesuffix(ENDING)
        text = path.read_text(encoding="utf-8")
        for mark, word in words.items():
            name, text = name.replace(mark, word), text.replace(mark, word)
        file = draft / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    # A temporary folder is its maker's alone; another user may run the server.
    draft.chmod(READABLE)
