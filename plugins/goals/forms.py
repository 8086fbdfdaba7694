"""The form of somebody's goals."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, IntegerField, RadioField, SelectField, TextAreaField
from wtforms.validators import Length, NumberRange, Optional


class GoalsForm(FlaskForm):
    """Goals, one on each line."""

    goals = TextAreaField(
        _l("Goals"),
        [Length(max=2000)],
        description=_l("The amount, then the words, such as: 50 A new microphone"),
    )
    layout = RadioField(_l("How they stand"), default="row")
    reset = SelectField(_l("Begin again"))
    days = IntegerField(
        _l("How many days"),
        [Optional(), NumberRange(2, 365)],
        description=_l("From 2 to 365, counted from the day your goals began."),
    )
    anew = BooleanField(_l("Begin at zero now"))
