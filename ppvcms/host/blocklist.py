"""Plugins and themes known to do harm: a list that comes with the core."""

from __future__ import annotations

import functools
import tomllib
from pathlib import Path
from typing import Any

from packaging.version import Version

LIST = Path(__file__).with_name("blocklist.toml")


def problem_of(slug: str, version: str) -> str:
    """Return why a version must not run, with the way out and a link; an empty text when it may."""
    for block in _blocks(LIST):
        good = block.get("good")
        if block["slug"] != slug or (good and Version(version) >= Version(good)):
            continue
        way = f"Take version {good} or a newer one." if good else "There is no good version yet."
        return f"It is on the list of blocked code: {block['reason']} {way} {block['link']}"
    return ""


@functools.cache
def _blocks(path: Path) -> list[dict[str, Any]]:
    return list(tomllib.loads(path.read_text()).get("block", ()))
