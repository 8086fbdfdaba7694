"""The settings of paid items, and the forms of their authors."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    Form,
    IntegerField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from ppvcms.api import CreditsField

from .kinds import KINDS

DEFAULTS: dict[str, Any] = {
    "kinds": list(KINDS),
    "review": False,
    "direct": True,
    "presents": True,
    "downloads": 5,
    "download_days": 7,
    "least": 1,
    "most": 100_000,
    "record_minutes": 120,
    "record_gb": 20,
    "record_days": 90,
}


class SettingsForm(Form):
    """What may be sold, and under which limits."""

    kinds = SelectMultipleField(
        _l("What may be sold"),
        choices=[(kind.key, kind.label) for kind in KINDS.values()],
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    review = BooleanField(
        _l("Look at items first"),
        description=_l("An item goes on sale once somebody of the site has approved it."),
    )
    direct = BooleanField(
        _l("Direct payment"),
        description=_l("Items can be paid at a gateway too, without buying credits first."),
    )
    presents = BooleanField(_l("Presents"), description=_l("People may buy for each other."))
    downloads = IntegerField(
        _l("Downloads of a bought file"), [InputRequired(), NumberRange(1, 100)]
    )
    download_days = IntegerField(
        _l("Days in which a bought file can be taken"), [InputRequired(), NumberRange(1, 3650)]
    )
    least = CreditsField(_l("Least price"), [InputRequired()], least=1)
    most = CreditsField(_l("Most price"), [InputRequired()], least=1)
    record_minutes = IntegerField(
        _l("Longest recording, in minutes"),
        [InputRequired(), NumberRange(1, 1440)],
        description=_l("Which kinds of shows may be recorded stands in their own settings."),
    )
    record_gb = IntegerField(
        _l("Room for recordings per person, in GB"),
        [InputRequired(), NumberRange(1, 10_000)],
        description=_l("Of those that are no items yet."),
    )
    record_days = IntegerField(
        _l("Days until a recording that is no item is deleted"),
        [InputRequired(), NumberRange(0, 3650)],
        description=_l("0 keeps them."),
    )

    def validate_most(self, field: CreditsField) -> None:
        """Refuse an empty range."""
        if field.data is not None and (self.least.data or 0) > field.data:
            raise ValidationError(_l("The most is below the least."))


class ItemForm(FlaskForm):
    """What an item says of itself."""

    title = StringField(_l("Title"), [InputRequired(), Length(2, 120)])
    text = TextAreaField(
        _l("Description"),
        [Length(max=10_000)],
        description=_l("Everybody reads this. You can use Markdown."),
    )
    room_id = SelectField(_l("Shown in"))


class PostForm(ItemForm):
    """A post has a text that only its buyers read."""

    body = TextAreaField(
        _l("The post"),
        [Length(max=50_000)],
        description=_l("Only buyers read this. You can use Markdown."),
    )


class GoodsForm(ItemForm):
    """An article has a stock."""

    stock = IntegerField(
        _l("How many there are"), [InputRequired(), NumberRange(0, 100_000)], default=1
    )


class OfferForm(FlaskForm):
    """A way to get an item."""

    kind = SelectField(_l("Offer"))
    price = CreditsField(_l("Price"), [InputRequired()], least=1)
    hours = IntegerField(_l("Hours"), [Optional(), NumberRange(1, 8_760)], default=48)


class GiveForm(FlaskForm):
    """To whom an item is opened without payment, until when, and why."""

    name = StringField(_l("Name"), [InputRequired(), Length(max=40)])
    days = IntegerField(_l("Days"), [Optional(), NumberRange(1, 3650)])
    reason = StringField(_l("Why"), [InputRequired(), Length(max=200)])


class CodeForm(FlaskForm):
    """A word that opens an item without payment."""

    uses = IntegerField(_l("How often"), [InputRequired(), NumberRange(1, 10_000)], default=1)
    days = IntegerField(_l("Days"), [Optional(), NumberRange(1, 3650)], default=30)
    reason = StringField(_l("What for"), [InputRequired(), Length(max=200)])


class ReviewForm(FlaskForm):
    """What staff say of an item that waits."""

    note = StringField(_l("What has to be changed"), [Length(max=300)])


class RatioForm(FlaskForm):
    """An item's own share."""

    percent = IntegerField(_l("Own share"), [Optional(), NumberRange(0, 100)])
