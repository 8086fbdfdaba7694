"""The form of a rank."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import IntegerField, SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined] # no stub yet
from wtforms.validators import InputRequired, Length, NumberRange

from ppvcms.api import CreditsField

ICONS = ("award", "award-fill", "star-fill", "gem", "trophy-fill", "heart-fill", "lightning-fill")
TONES = {
    "": _l("Plain"),
    "info": _l("Calm"),
    "good": _l("Green"),
    "warn": _l("Warm"),
    "brand": _l("The site's colour"),
}


class RankForm(FlaskForm):
    """Name, threshold, bonus and looks."""

    name = StringField(_l("Name"), [InputRequired(_l("Please fill this in.")), Length(max=40)])
    threshold = CreditsField(_l("From this much in 30 days"), [InputRequired()], least=1)
    bonus_percent = IntegerField(
        _l("Percent on top of each pack"), [InputRequired(), NumberRange(0, 100)], default=0
    )
    icon = SelectField(_l("Sign"), choices=[SelectChoice(name, name) for name in ICONS])
    tone = SelectField(_l("Look"), choices=[SelectChoice(*pair) for pair in TONES.items()])
