"""The forms of questions: settings, somebody's offer, asking, answering."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    Form,
    HiddenField,
    IntegerField,
    MultipleFileField,
    RadioField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, NumberRange

from ppvcms.api import CreditsField

DEFAULTS: dict[str, Any] = {
    "price": 500,
    "price_max": 10_000,
    "deadline_h": 72,
    "daily_cap": 50,
    "attach_mb": 10,
    "recorder_s": 300,
}


class QuestionsForm(Form):
    """What the owner decides."""

    price = CreditsField(_l("Usual price"), [InputRequired()])
    price_max = CreditsField(_l("Highest price"), [InputRequired()])
    deadline_h = IntegerField(
        _l("Hours to answer"),
        [InputRequired(), NumberRange(1, 720)],
        description=_l("Without an answer the credits come back by themselves."),
    )
    daily_cap = IntegerField(_l("Most questions a day"), [InputRequired(), NumberRange(1, 1000)])
    attach_mb = IntegerField(_l("MB of all files together"), [InputRequired(), NumberRange(1, 10)])
    recorder_s = IntegerField(
        _l("Longest recording in seconds"), [InputRequired(), NumberRange(10, 300)]
    )


class OfferForm(FlaskForm):
    """What somebody takes for an answer."""

    open = BooleanField(_l("I take questions"))
    text = CreditsField(_l("Written question"), [InputRequired()])
    audio = CreditsField(_l("Voice message"), [InputRequired()])
    video = CreditsField(_l("Video message"), [InputRequired()])
    daily_cap = IntegerField(_l("Most a day"), [InputRequired(), NumberRange(1, 1000)])
    refusals = TextAreaField(
        _l("Ready words for refusing"),
        [Length(max=1500)],
        description=_l("One on each line, at most five."),
    )


class AskForm(FlaskForm):
    """A question."""

    key = HiddenField(validators=[InputRequired()])
    kind = RadioField(_l("How do you ask?"), default="text")
    text = TextAreaField(_l("Your question"), [Length(max=4000)])
    files = MultipleFileField(_l("Files"))


class ReplyForm(FlaskForm):
    """An answer."""

    key = HiddenField(validators=[InputRequired()])
    text = TextAreaField(_l("Your answer"), [Length(max=4000)])
    files = MultipleFileField(_l("Files"))


class RefuseForm(FlaskForm):
    """A refusal with its words."""

    reason = StringField(_l("What you want to say"), [Length(max=300)])
