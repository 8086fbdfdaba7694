"""What a trade begins with, as data outside the core: look, shows, prices and texts (TH-03)."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from ppvcms.config import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDER = ROOT / "presets"


@dataclass(frozen=True, slots=True)
class Preset:
    """One trade, as its file in ``presets/`` has it; rates are in minor units per minute.

    `modes` are the plugins of kinds of shows that are on at first, `settings` values of
    plugins by slug and key, `pages` a title and a text by address.
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


@cache
def presets() -> Mapping[str, Preset]:
    """Return every trade by its slug, in the order in which they are offered."""
    read = [
        Preset(slug=path.stem, **_whole(tomllib.loads(path.read_text(encoding="utf-8"))))
        for path in FOLDER.glob("*.toml")
    ]
    return {one.slug: one for one in sorted(read, key=lambda one: one.weight)}


def _whole(read: dict[str, Any]) -> dict[str, Any]:
    return {**read, "modes": tuple(read["modes"])}
