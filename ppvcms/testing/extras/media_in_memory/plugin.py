"""The media engine of `ppvcms.testing`, as a plugin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ppvcms.api import hookimpl

if TYPE_CHECKING:
    from ppvcms.api import MediaProvider


@hookimpl
def register_media_providers() -> list[MediaProvider]:
    """Carry nothing, and remember everything."""
    from ppvcms.testing.engine import ENGINE

    return [ENGINE]
