"""The embedded media engine: pip only, one machine, tens of viewers."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ppvcms.api import hookimpl

if TYPE_CHECKING:
    from ppvcms.api import MediaProvider


@hookimpl
def register_media_providers() -> list[MediaProvider]:
    """Offer the embedded engine."""
    from ppvcms.api import process_socket

    from .provider import EmbeddedProvider  # late: loading this file stays cheap

    # Here, because events are read in a thread that has no application.
    path = os.environ.get("PPVCMS_MEDIA_SOCKET") or process_socket("media_embedded", "node")
    return [EmbeddedProvider(path)]
