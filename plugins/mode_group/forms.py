"""The settings of a group show."""

from __future__ import annotations

from typing import Any

from ppvcms.api import GUESTS, GuestsForm, RateForm, rate_defaults

DEFAULTS: dict[str, Any] = rate_defaults(100, own_rates=False) | GUESTS


class GroupForm(RateForm, GuestsForm):
    """Rates, two-way places and unseen watching of group shows."""
