"""The forms of tips: settings, a ready amount, the tip menus."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _
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

from ppvcms.api import CreditsField, credits_text

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULTS: dict[str, Any] = {"least": 100, "most": 50_000, "gap_s": 3}
RANGE = frozenset({"least", "most"})
"""What a room, and a studio for its people, may narrow."""


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


def within(wider: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, str]:
    """Return what a narrower range has wrong: it lies inside the wider one."""
    most = credits_text(wider["most"])
    if own["least"] < wider["least"]:
        least = credits_text(wider["least"])
        return {"least": _("The least here is %(least)s. Nothing was changed.", least=least)}
    if own["most"] > wider["most"]:
        return {"most": _("The most here is %(most)s. Nothing was changed.", most=most)}
    if own["most"] < own["least"]:
        return {"most": _("The most is below the least. Nothing was changed.")}
    return {}


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
