"""The embedded media engine: pip only, one machine, tens of viewers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ppvcms.api import hookimpl

if TYPE_CHECKING:
    from ppvcms.api import MediaProvider


@hookimpl
def register_media_providers() -> list[MediaProvider]:
    """Offer the embedded engine."""
    from .provider import EmbeddedProvider  # late: loading this file stays cheap

    return [EmbeddedProvider()]
