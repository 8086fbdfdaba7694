"""The forms of studios."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, Form, IntegerField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from ppvcms.api import CreditsField

DEFAULTS: dict[str, Any] = {
    "performers": 50,
    "rooms": 50,
    "rooms_per_performer": 3,
    "leave_notice": 14,
}


class SettingsForm(Form):
    """How large a studio may be, and the notice that its form begins with."""

    performers = IntegerField(_l("Most people of one company"), [NumberRange(1, 1000)])
    rooms = IntegerField(_l("Most rooms of one company"), [NumberRange(0, 1000)])
    rooms_per_performer = IntegerField(_l("Most rooms for one person"), [NumberRange(1, 50)])
    leave_notice = IntegerField(_l("Days of notice in a new contract"), [NumberRange(0, 90)])


class PapersForm(FlaskForm):
    """A studio's company."""

    company = StringField(_l("Company"), [InputRequired(), Length(min=2, max=120)])
    registration = StringField(
        _l("Registration number"),
        [InputRequired(), Length(max=80)],
        description=_l("As in the register of companies."),
    )
    address = StringField(_l("Address"), [InputRequired(), Length(max=300)])
    country = StringField(
        _l("Country"), [InputRequired(), Length(2, 2)], description=_l("Two letters, such as PT.")
    )
    owners = StringField(
        _l("Owners"), [InputRequired(), Length(max=300)], description=_l("Names, with commas.")
    )


class WordingForm(FlaskForm):
    """What a contract says."""

    percent = IntegerField(
        _l("Our share"),
        [InputRequired(), NumberRange(0, 100)],
        description=_l("Percent of what the person earns of each charge."),
    )
    notice_days = IntegerField(_l("Days of notice"), [InputRequired(), NumberRange(0, 90)])
    collects = BooleanField(
        _l("We are paid for both and hand the rest over"),
        description=_l("Otherwise each is paid directly by the site."),
    )
    terms = TextAreaField(_l("What else is agreed"), [Optional(), Length(max=5000)])


class InviteForm(WordingForm):
    """A new contract, for somebody who is here already or for a new account."""

    name = StringField(_l("Name that others see"), [InputRequired(), Length(min=2, max=40)])
    email = StringField(
        _l("E-mail, for a new account"),
        [Optional(), Length(max=254)],
        description=_l("Leave it empty for somebody who has an account here."),
    )


class RightsForm(FlaskForm):
    """What somebody may do without the studio."""

    enabled = BooleanField(_l("May perform at all"))
    may_live = BooleanField(_l("May go live on their own"))
    may_prices = BooleanField(_l("May set prices on their own"))
    may_write = BooleanField(_l("May write in rooms on their own"))


class PriceForm(FlaskForm):
    """What a minute costs in one kind of show."""

    rate = CreditsField(_l("Per minute"), [InputRequired()])


class RoomForm(FlaskForm):
    """A new room of the studio."""

    title = StringField(_l("Title"), [InputRequired(), Length(min=2, max=80)])


class DecisionForm(FlaskForm):
    """What the business decides about a studio."""

    note = StringField(_l("What they read"), [Optional(), Length(max=300)])
    ratio_percent = IntegerField(
        _l("Ratio of its people, percent"),
        [Optional(), NumberRange(0, 100)],
        description=_l("What they earn of a charge; empty for the site's own. For new contracts."),
    )
