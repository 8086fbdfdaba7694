"""The settings of free shows."""

from __future__ import annotations

from typing import Any

from ppvcms.api import GUESTS, GuestsForm

DEFAULTS: dict[str, Any] = GUESTS


class FreeForm(GuestsForm):
    """Two-way places and unseen watching in free shows."""
