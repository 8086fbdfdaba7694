"""The forms of gifts: settings, a gift of the shop, credits for somebody."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    FileField,
    Form,
    HiddenField,
    IntegerField,
    SelectField,
    StringField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from ppvcms.api import CreditsField

DEFAULTS: dict[str, Any] = {"least": 100, "most": 50_000}


class GiftsForm(Form):
    """How much people may give each other at once."""

    least = CreditsField(_l("Least gift of credits"), [InputRequired()], least=1)
    most = CreditsField(_l("Most at once"), [InputRequired()], least=1)


class GiftForm(FlaskForm):
    """A gift of the shop."""

    name = StringField(_l("Name"), [InputRequired(), Length(max=40)])
    price = CreditsField(_l("Price"), [InputRequired()], least=1)
    stock = IntegerField(
        _l("How many are left"),
        [Optional(), NumberRange(0, 1_000_000)],
        description=_l("Empty: it never runs out."),
    )
    animation = SelectField(_l("When it is sent"))
    image = FileField(_l("Picture"), description=_l("JPEG, PNG or WebP, best as a square."))
    weight = IntegerField(
        _l("Place"),
        [Optional(), NumberRange(0, 999)],
        default=0,
        description=_l("Small numbers come first."),
    )
    on_sale = BooleanField(_l("On sale"), default=True)


class CreditsForm(FlaskForm):
    """Credits for somebody."""

    key = HiddenField(validators=[InputRequired()])
    name = StringField(
        _l("For whom"),
        [InputRequired(), Length(max=40)],
        description=_l("The name as others see it."),
    )
    amount = CreditsField(_l("How much"), [InputRequired()], least=1)
    note = StringField(_l("A word with it"), [Length(max=140)])
