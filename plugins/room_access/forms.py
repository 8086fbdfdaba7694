"""The settings of room access, and what a performer says of a room's door."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, Form, IntegerField, PasswordField, TextAreaField, ValidationError
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from ppvcms.api import CreditsField, credits_text, settings

SLUG = "room_access"
LONGEST_H = 8_760
DEFAULTS: dict[str, Any] = {"least": 100, "most": 10_000, "hours": 24}


class AccessForm(Form):
    """The range of prices, and how long a payment opens a room unless said otherwise."""

    least = CreditsField(_l("Least price"), [InputRequired()], least=1)
    most = CreditsField(_l("Highest price"), [InputRequired()], least=1)
    hours = IntegerField(_l("Hours, at first"), [InputRequired(), NumberRange(1, LONGEST_H)])

    def validate_most(self, field: CreditsField) -> None:
        """Refuse an empty range."""
        if None not in {self.least.data, field.data} and (field.data or 0) < (self.least.data or 0):
            raise ValidationError(_l("The most is below the least."))


class DoorForm(FlaskForm):
    """What a room asks of who comes in."""

    price = CreditsField(_l("Price to come in"), [Optional()], description=_l("Empty is no price."))
    covers = BooleanField(
        _l("It covers the minutes of paid public shows"),
        description=_l("Private shows and places with camera cost extra in any case."),
    )
    hours = IntegerField(_l("Opens the room for so many hours"), [Optional(), NumberRange(1, 8760)])
    password = PasswordField(
        _l("New password"),
        [Optional(), Length(4, 100)],
        description=_l("People type it once. A new one asks everybody again."),
    )
    no_password = BooleanField(_l("Take the password away"))
    entries = TextAreaField(
        _l("List of guests"),
        [Optional(), Length(max=20_000)],
        description=_l(
            "One in each line: a name, mail: somebody@example.org, or role: and a role's key. "
            "Who is on it needs neither password nor payment."
        ),
        render_kw={"rows": 5, "spellcheck": "false"},
    )
    only_list = BooleanField(_l("Nobody else comes in"))

    def validate_price(self, field: CreditsField) -> None:
        """Refuse a price outside the owner's range."""
        values = settings(SLUG)
        if field.data and not values.least <= field.data <= values.most:
            raise ValidationError(
                _l(
                    "A price is between %(least)s and %(most)s credits.",
                    least=credits_text(values.least),
                    most=credits_text(values.most),
                )
            )
