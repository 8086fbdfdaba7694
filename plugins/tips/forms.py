"""The forms of tips: settings, a ready amount, the tip menus."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    FileField,
    Form,
    IntegerField,
    SelectField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.validators import InputRequired, Length, NumberRange

from ppvcms.api import CreditsField

DEFAULTS: dict[str, Any] = {"least": 100, "most": 50_000, "gap_s": 3}


class TipsForm(Form):
    """Amounts in credits, the gap in seconds."""

    least = CreditsField(_l("Least own amount"), [InputRequired()], least=1)
    most = CreditsField(_l("Most own amount"), [InputRequired()], least=1)
    gap_s = IntegerField(
        _l("Seconds between two tips of one person"), [InputRequired(), NumberRange(0, 600)]
    )

    def validate_most(self, field: CreditsField) -> None:
        """Refuse an empty range."""
        least, most = self.least.data, field.data
        if least is not None and most is not None and most < least:
            raise ValidationError(_l("The most is below the least."))


class OptionForm(FlaskForm):
    """A ready amount."""

    amount = CreditsField(_l("Amount"), [InputRequired()], least=1)
    label = StringField(_l("Words"), [Length(max=40)], description=_l("Such as: Bravo"))
    sound = SelectField(_l("Sound"))
    colour = SelectField(_l("Colour"))
    image = FileField(
        _l("Picture"), description=_l("JPEG, PNG or WebP; shown small on the button and in chat.")
    )
    no_image = BooleanField(_l("Without a picture"))


class MenuForm(FlaskForm):
    """Two tip menus, one line for each act."""

    public = TextAreaField(_l("In public shows"), [Length(max=4000)])
    private = TextAreaField(_l("In private shows"), [Length(max=4000)])
