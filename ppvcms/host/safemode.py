"""Safe mode: the core alone, so that an owner gets back in whatever a plugin does."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ppvcms.config import Config

FILE = "SAFE_MODE"


def is_on(config: Config) -> bool:
    """Whether no plugin and no theme may run (PPVCMS_SAFE_MODE, or the file in instance/)."""
    return config.safe_mode or (config.instance / FILE).exists()


def is_open(endpoint: str | None) -> bool:
    """Whether a page answers in safe mode: sign-in, back office, files and notifications."""
    blueprint = (endpoint or "").partition(".")[0]
    return blueprint in {"", "auth", "admin", "files", "static", "account"} or endpoint in {
        "pay.notify",
        None,
    }
