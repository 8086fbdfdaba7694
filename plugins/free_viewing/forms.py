"""The settings of free viewing."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import Form, IntegerField
from wtforms.validators import InputRequired, NumberRange

from ppvcms.api import CreditsField

MOST_MIN = 1440
DEFAULTS: dict[str, Any] = {"visitor_min": 60, "member_min": 720, "no_limit_from": 1_000}


class FreeViewingForm(Form):
    """Minutes in 24 hours, and the credits that lift the bound."""

    visitor_min = IntegerField(
        _l("Minutes for visitors"),
        [InputRequired(), NumberRange(0, MOST_MIN)],
        description=_l("In the last 24 hours; 1440 is no bound, 0 is none at all."),
    )
    member_min = IntegerField(
        _l("Minutes for who is signed in"), [InputRequired(), NumberRange(0, MOST_MIN)]
    )
    no_limit_from = CreditsField(_l("No bound with so much available"), [InputRequired()], least=0)
