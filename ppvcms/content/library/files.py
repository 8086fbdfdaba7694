"""Where the library's public pictures lie: a folder for each, named by what is in it.

A picture is written whole beside its place and moved there in one step; what a
killed process leaves behind belongs to no row and is swept up after a day.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import time
from typing import TYPE_CHECKING

from flask import current_app

from ppvcms.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from ppvcms.config import Config
    from ppvcms.rooms.picture import Encodings

DIGEST = re.compile(r"[0-9a-f]{64}")
SUFFIXES = {"image/jpeg": "jpg", "image/webp": "webp"}
LEFT_BEHIND_S = 86_400
_INCOMING = "incoming"


def home() -> Path:
    """Return the folder of all public pictures of the library."""
    config: Config = current_app.config["PPVCMS"]
    return config.instance / "library"


def put(item_id: str, found: Encodings) -> str:
    """Write a picture in all its widths and return the digest that names its folder.

    The item's id goes into the digest, so that no two items share a folder.
    """
    whole = hashlib.sha256(item_id.encode())
    fresh = home() / _INCOMING / new_id()
    fresh.mkdir(mode=0o750, parents=True)
    suffix = SUFFIXES[found.content_type]
    for one in found.pictures:
        whole.update(one.data)
        (fresh / f"{one.width}.{suffix}").write_bytes(one.data)
    place = folder_of(whole.hexdigest())
    place.parent.mkdir(mode=0o750, exist_ok=True)
    if place.is_dir():
        shutil.rmtree(fresh)
    else:
        fresh.rename(place)
    return place.name


def folder_of(digest: str) -> Path:
    """Return the folder of a picture."""
    return home() / digest[:2] / digest


def forget(digest: str) -> None:
    """Remove a picture's folder; an empty digest is none."""
    if DIGEST.fullmatch(digest):
        shutil.rmtree(folder_of(digest), ignore_errors=True)


def sweep(known: Collection[str]) -> int:
    """Remove folders that belong to no picture and have lain there for a day."""
    before = time.time() - LEFT_BEHIND_S
    loose = [
        folder
        for folder in home().glob("*/*")
        if folder.name not in known and folder.stat().st_mtime < before
    ]
    for folder in loose:
        shutil.rmtree(folder, ignore_errors=True)
    return len(loose)
