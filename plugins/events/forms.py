"""The forms of events."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    DateTimeLocalField,
    Form,
    IntegerField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from ppvcms.api import CreditsField

DEFAULTS: dict[str, Any] = {"days_ahead": 60, "most": 20, "longest_hours": 12}
LOCAL = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"]


class SettingsForm(Form):
    """How far ahead and how many."""

    days_ahead = IntegerField(
        _l("Days that an event may lie ahead"), [InputRequired(), NumberRange(1, 730)]
    )
    most = IntegerField(_l("Planned events of one room at a time"), [NumberRange(1, 500)])
    longest_hours = IntegerField(_l("Hours that an event may last"), [NumberRange(1, 48)])


class EventForm(FlaskForm):
    """An event as its performer plans it; times are local ones."""

    title = StringField(_l("Title"), [InputRequired(_l("Please fill this in.")), Length(max=120)])
    starts = DateTimeLocalField(_l("On line from"), [InputRequired()], format=LOCAL)
    ends = DateTimeLocalField(_l("Until"), [InputRequired()], format=LOCAL)
    mode = SelectField(_l("Kind of show"))
    price = CreditsField(
        _l("Credits a minute"),
        [Optional()],
        description=_l("Leave it empty when it is the price of your room."),
    )
    places = IntegerField(
        _l("Places"),
        [Optional(), NumberRange(0, 10_000)],
        description=_l("Leave it empty when there is room for all."),
    )
    text = TextAreaField(_l("What happens"), [Length(max=600)])


class CancelForm(FlaskForm):
    """Why an event does not take place."""

    reason = StringField(_l("Why, for those who wanted to come"), [Length(max=200)])
