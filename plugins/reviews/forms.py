"""The forms of reviews."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import Form, IntegerField, RadioField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined] # no stub yet
from wtforms.validators import InputRequired, Length, NumberRange

TEXT_MAX, REPLY_MAX = 1_000, 600
DEFAULTS: dict[str, Any] = {"least_seconds": 60}


class SettingsForm(Form):
    """When somebody may write."""

    least_seconds = IntegerField(
        _l("Counted seconds before somebody may write"),
        [InputRequired(), NumberRange(1, 86_400)],
        description=_l("One purchase does too."),
    )


class ReviewForm(FlaskForm):
    """Stars and words."""

    stars = RadioField(
        _l("Stars"),
        [InputRequired(_l("Choose how many stars."))],
        choices=[
            SelectChoice("5", _l("5 stars")),
            SelectChoice("4", _l("4 stars")),
            SelectChoice("3", _l("3 stars")),
            SelectChoice("2", _l("2 stars")),
            SelectChoice("1", _l("1 star")),
        ],
    )
    text = TextAreaField(_l("What was it like?"), [Length(max=TEXT_MAX)])


class ReplyForm(FlaskForm):
    """One answer to a review."""

    reply = TextAreaField(
        _l("Your reply"),
        [InputRequired(_l("Please fill this in.")), Length(max=REPLY_MAX)],
        description=_l("Everybody reads it below the review. You reply once."),
    )
