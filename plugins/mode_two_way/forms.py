"""The settings of a two-way place."""

from __future__ import annotations

from typing import Any

from ppvcms.api import RateForm, rate_defaults

DEFAULTS: dict[str, Any] = rate_defaults(200)


class TwoWayForm(RateForm):
    """Rates of two-way places."""
