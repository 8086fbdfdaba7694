"""Whether a theme can be worn: its parents are there, and one of data alone holds nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ppvcms.host.fitness import untrusted
from ppvcms.host.manifest import DATA

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ppvcms.host.finder import Found
    from ppvcms.host.manifest import ThemeManifest

DATA_FILES = frozenset(
    [
        *(".toml", ".css", ".txt", ".md", ".json", ".po", ".mo", ".woff2"),
        *(".png", ".jpg", ".jpeg", ".webp", ".avif", ".gif"),
    ]
)


def fitting(themes: Mapping[str, Found[ThemeManifest]]) -> dict[str, Found[ThemeManifest]]:
    """Return the themes, each with what is wrong between it, its files and its parents."""
    return {
        slug: replace(found, problems=(*found.problems, *_problems(slug, found, themes)))
        for slug, found in themes.items()
    }


def lineage(slug: str, parents: Mapping[str, str]) -> tuple[list[str], str]:
    """Return a theme with its parents, and what breaks the line, or an empty text: pure."""
    line = [slug]
    while parent := parents.get(line[-1], ""):
        if parent in line:
            return line, f"Its parents lead back to '{parent}'. Give one of them no parent."
        if parent not in parents:
            return line, f"It builds on the theme '{parent}', which is not here. Add it first."
        line.append(parent)
    return line, ""


def _problems(
    slug: str, found: Found[ThemeManifest], themes: Mapping[str, Found[ThemeManifest]]
) -> list[str]:
    if found.manifest is None:
        return []
    parents = {name: each.manifest.parent for name, each in themes.items() if each.manifest}
    problems = untrusted(found)
    if broken := lineage(slug, parents)[1]:
        problems.append(broken)
    if found.manifest.kind == DATA and (other := _not_data(found.path)):
        problems.append(
            f"It says kind = 'data' and holds '{other}'. Such a theme has neither templates nor "
            "scripts: remove the file, or say kind = 'templates'."
        )
    return problems


def _not_data(folder: Path) -> str:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    foreign = (
        path.relative_to(folder).as_posix()
        for path in files
        if path.suffix.lower() not in DATA_FILES and not path.name.startswith("LICENSE")
    )
    return next(foreign, "")
