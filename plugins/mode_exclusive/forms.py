"""The settings of an exclusive private."""

from __future__ import annotations

from typing import Any

from ppvcms.api import RateForm, rate_defaults

DEFAULTS: dict[str, Any] = rate_defaults(300)


class ExclusiveForm(RateForm):
    """Rates of exclusive privates."""
