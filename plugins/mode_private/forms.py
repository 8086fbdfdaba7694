"""The settings of private shows."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Form, IntegerField, ValidationError
from wtforms.validators import InputRequired, NumberRange

from ppvcms.api import CreditsField, recording_field

DEFAULTS: dict[str, Any] = {
    "rate_private": 200,
    "rate_min": 50,
    "rate_max": 2000,
    "own_rates": True,
    "grace_private": 30,
    "minimum_minutes": 0,
    "block_5": 0,
    "block_10": 0,
    "block_20": 0,
    "block_30": 0,
    "recording": False,
}


class PrivateForm(Form):
    """Rates in credits per minute, times as named."""

    rate_private = CreditsField(
        _l("Credits per minute"),
        [InputRequired()],
        least=1,
        description=_l("Holds for every room without a rate of its own."),
    )
    own_rates = BooleanField(
        _l("Rooms may set their own rate"),
        description=_l("Off: the rate above holds for all; their own are kept but not used."),
    )
    rate_min = CreditsField(_l("Least per minute"), [InputRequired()], least=1)
    rate_max = CreditsField(_l("Most per minute"), [InputRequired()], least=1)
    grace_private = IntegerField(
        _l("Free seconds"),
        [InputRequired(), NumberRange(0, 600)],
        description=_l("The first counted seconds are free, once per person and hour."),
    )
    minimum_minutes = IntegerField(
        _l("Least charge, in minutes"),
        [InputRequired(), NumberRange(0, 60)],
        description=_l("0 switches it off. Shown before, never due inside the free seconds."),
    )

    block_5 = CreditsField(
        _l("5 minutes at one price"),
        [InputRequired()],
        description=_l("Due at the start of the block, whoever leaves early. 0 is off."),
    )
    block_10 = CreditsField(_l("10 minutes at one price"), [InputRequired()])
    block_20 = CreditsField(_l("20 minutes at one price"), [InputRequired()])
    block_30 = CreditsField(_l("30 minutes at one price"), [InputRequired()])
    recording = recording_field()

    def validate_rate_max(self, field: CreditsField) -> None:
        """Refuse a range that is empty or does not hold the site's own rate."""
        least, usual, most = self.rate_min.data, self.rate_private.data, field.data
        if least is None or usual is None or most is None:
            return
        if most < least:
            raise ValidationError(_l("The most is below the least."))
        if not least <= usual <= most:
            raise ValidationError(_l("The rate for all rooms is outside this range."))
