"""What the setup page asks."""

from __future__ import annotations

import zoneinfo

from babel.numbers import get_currency_name
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, PasswordField, RadioField, SelectField, StringField
from wtforms.validators import InputRequired, Length

from ppvcms.accounts import names
from ppvcms.content.presets import presets
from ppvcms.host import catalogues
from ppvcms.web.people import choices, own_name

NEEDED = InputRequired(_("Please fill this in."))
CURRENCIES = ("USD", "EUR", "GBP", "AUD", "BRL", "CAD", "CHF", "CZK", "DKK", "NOK", "NZD", "PLN")
"""What shops are opened in, all with two decimals; the settings take every other code."""


class SetupForm(FlaskForm):
    """The code, the site, its owner."""

    code = StringField(_("Code from the server"), [NEEDED, Length(max=40)])
    site_name = StringField(_("Name of the site"), [NEEDED, Length(max=60)])
    preset = RadioField(_("What happens on it"), [InputRequired(_("Please choose one."))])
    email = StringField(_("Your e-mail"), [NEEDED, Length(max=254)])
    display_name = StringField(_("Your name"), [NEEDED, Length(max=names.LONGEST)])
    password = PasswordField(_("Your password"), [NEEDED])
    shop_currency = SelectField(_("Currency of the shop"))
    locale = SelectField(_("Language of the site"))
    time_zone = SelectField(_("Time zone"))
    demo = BooleanField(_("Add invented people and rooms, to look around"))


def setup_form(*, demo: bool) -> SetupForm:
    """Return the form with what can be chosen; without the demo where others could open it."""
    form = SetupForm()
    if not demo:
        del form.demo
    form.preset.choices = choices({one.slug: one.name for one in presets().values()})
    form.shop_currency.choices = choices(
        {code: f"{code} · {get_currency_name(code, locale='en')}" for code in CURRENCIES}
    )
    form.locale.choices = choices({code: own_name(code) for code in _languages()})
    zones = sorted(name for name in zoneinfo.available_timezones() if "/" in name)
    form.time_zone.choices = choices(
        {"UTC": "UTC", **{name: name.replace("_", " ") for name in zones}}
    )
    return form


def _languages() -> list[str]:
    found = (path.parent.parent.name for path in catalogues.CORE.glob(f"*/{catalogues.FILE}"))
    return ["en", *sorted(found)]
