"""A configuration file between its upload and the second confirmation, under its SHA-256."""

from __future__ import annotations

import os
import re
import time
from typing import TYPE_CHECKING

from flask_babel import gettext as _

from ppvcms.host.runtime import runtime
from ppvcms.web.admin.siteconfig.document import Fault, WrongFileError, digest_of

if TYPE_CHECKING:
    from pathlib import Path

DIGEST = re.compile(r"[0-9a-f]{64}")
LONGEST_S = 3600


def keep(data: bytes) -> str:
    """Keep a file for an hour, readable by the site alone, and return its SHA-256."""
    folder = _folder()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for old in folder.iterdir():
        if time.time() - old.stat().st_mtime > LONGEST_S:
            old.unlink(missing_ok=True)
    sha256 = digest_of(data)
    path = folder / sha256
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)
    return sha256


def fetch(sha256: str) -> bytes:
    """Return the file that waits under a SHA-256, and no other bytes.

    Raises:
        WrongFileError: It does not wait any more.
    """
    path = _folder() / sha256
    data = path.read_bytes() if DIGEST.fullmatch(sha256) and path.is_file() else b""
    if digest_of(data) != sha256:
        gone = _("This file does not wait any more. Choose it again.")
        raise WrongFileError([Fault("-", gone)])
    return data


def discard(sha256: str) -> None:
    """Forget a file that waits."""
    if DIGEST.fullmatch(sha256):
        (_folder() / sha256).unlink(missing_ok=True)


def _folder() -> Path:
    return runtime().config.instance / "imports"
