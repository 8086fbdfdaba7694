"""Safe mode: the core alone, so that an owner gets back in whatever a plugin does."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from ppvcms.config import Config

FILE = "SAFE_MODE"
STRICT_EXIT = 3
"""The exit code of a server that may not run with anything left out: do not try again."""
BY_ITSELF = "PPVCMS_SAFE_BY_ITSELF"
"""In the environment of a server that began in safe mode because starting had failed."""


def is_on(config: Config) -> bool:
    """Whether no plugin and no theme may run (PPVCMS_SAFE_MODE, or the file in instance/)."""
    return config.safe_mode or file_of(config).exists()


def file_of(config: Config) -> Path:
    """Return the file that turns safe mode on by being there."""
    return config.instance / FILE


def began_by_itself() -> bool:
    """Whether this process began in safe mode because starts before it had failed."""
    return os.environ.get(BY_ITSELF) == "1"


def is_open(endpoint: str | None) -> bool:
    """Whether a page answers in safe mode: sign-in, back office, files and notifications."""
    blueprint = (endpoint or "").partition(".")[0]
    return blueprint in {
        "",
        "auth",
        "admin",
        "files",
        "static",
        "account",
        "factor",
    } or endpoint in {
        "pay.notify",
        None,
    }
