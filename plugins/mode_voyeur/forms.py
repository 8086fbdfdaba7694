"""The settings of unseen watching."""

from __future__ import annotations

from typing import Any

from ppvcms.api import RateForm, rate_defaults

DEFAULTS: dict[str, Any] = rate_defaults(75, grace_s=10)


class VoyeurForm(RateForm):
    """Rates of unseen watching."""
