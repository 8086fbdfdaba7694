"""The settings of an exclusive private."""

from __future__ import annotations

from typing import Any

from ppvcms.api import RateForm, rate_defaults, recording_field

DEFAULTS: dict[str, Any] = rate_defaults(300) | {"recording": False}


class ExclusiveForm(RateForm):
    """Rates of exclusive privates, and whether they may be recorded."""

    recording = recording_field()
