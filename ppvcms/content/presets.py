"""What a trade begins with, as data outside the core: look, shows, prices and texts (TH-03).

``presets/<trade>.toml`` has everything, its texts in English; ``presets/<language>/<trade>.toml``
has the same texts in another language. What a language does not say is English.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from ppvcms.config import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FOLDER = ROOT / "presets"
MODE = "mode"
"""The category of plugins that are kinds of shows; a preset says which of them are on."""
EARNS = ("ledger:post(", "ledger:escrow(")
"""What a plugin declares that brings money in beside the minutes of shows."""
GATEWAY = "gateway"


@dataclass(frozen=True, slots=True)
class Preset:
    """One trade, as its file in ``presets/`` has it; rates are in minor units per minute.

    `modes` are the plugins of kinds of shows that are on at first, `settings` values of
    plugins by slug and key, `pages` a title and a text by address, `notices` the words
    of what the site writes to people, by kind.
    """

    slug: str
    name: str
    summary: str
    weight: int
    theme: str
    modes: tuple[str, ...]
    site: Mapping[str, Any]
    settings: Mapping[str, Mapping[str, Any]]
    categories: Mapping[str, str]
    pages: Mapping[str, Mapping[str, str]]
    notices: Mapping[str, Mapping[str, str]]


@cache
def presets(language: str = "en") -> Mapping[str, Preset]:
    """Return every trade by its slug, in the order in which they are offered."""
    read = []
    for path in FOLDER.glob("*.toml"):
        whole = _merged(_read(path), _read(FOLDER / language / path.name))
        whole["modes"] = tuple(whole["modes"])
        read.append(Preset(slug=path.stem, **whole))
    return {one.slug: one for one in sorted(read, key=lambda one: one.weight)}


def earns(category: str, capabilities: tuple[str, ...]) -> bool:
    """Whether a plugin is a way to earn: a kind of show, or something that is paid for: pure."""
    return category == MODE or any(one.startswith(EARNS) for one in capabilities)


def _read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def _merged(whole: dict[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(whole)
    for key, value in over.items():
        inner = merged.get(key)
        both = isinstance(inner, dict) and isinstance(value, dict)
        merged[key] = _merged(inner, value) if both else value  # type: ignore[arg-type] # both are dicts
    return merged
