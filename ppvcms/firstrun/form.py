"""What the setup page asks."""

from __future__ import annotations

import zoneinfo
from typing import TYPE_CHECKING

from babel.numbers import get_currency_name
from flask_babel import get_locale
from flask_babel import gettext as _g
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import PasswordField, RadioField, SelectField, SelectMultipleField, StringField
from wtforms.validators import InputRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

from ppvcms.accounts import names
from ppvcms.content.presets import presets
from ppvcms.host import catalogues
from ppvcms.web.people import choices, own_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined] # no stub yet

    from ppvcms.firstrun.offer import Way

NEEDED = InputRequired(_("Please fill this in."))
CURRENCIES = ("USD", "EUR", "GBP", "AUD", "BRL", "CAD", "CHF", "CZK", "DKK", "NOK", "NZD", "PLN")
"""What shops are opened in, all with two decimals; the settings take every other code."""
ROSTERS = (1, 5, 20, 100, 500)
AUDIENCES = (10, 50, 200, 1000)
NEW, DEMO, MOVED = "new", "demo", "moved"


class SetupForm(FlaskForm):
    """The code, the site, what it begins with, its owner."""

    code = StringField(_("Code from the server"), [NEEDED, Length(max=40)])
    site_name = StringField(_("Name of the site"), [NEEDED, Length(max=60)])
    preset = RadioField(_("What happens on it"), [InputRequired(_("Please choose one."))])
    ways = SelectMultipleField(
        _("Ways to earn"),
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
    )
    gateway = SelectField(_("How people pay at first"))
    performers = SelectField(_("How many people will be live on it, in the first months"))
    watching = SelectField(_("How many will watch in the busiest hour"))
    email = StringField(_("Your e-mail"), [NEEDED, Length(max=254)])
    display_name = StringField(_("Your name"), [NEEDED, Length(max=names.LONGEST)])
    password = PasswordField(_("Your password"), [NEEDED])
    shop_currency = SelectField(_("Currency of the shop"))
    locale = SelectField(_("Language of the site"))
    time_zone = SelectField(_("Time zone"))
    begin = RadioField(_("What is on it at first"), default=NEW)


def setup_form(*, demo: bool, ways: Sequence[Way], gateways: Sequence[Way]) -> SetupForm:
    """Return the form with what can be chosen; without the demo where others could open it."""
    language = str(get_locale() or "en")
    form = SetupForm()
    trades = presets(language)
    form.preset.choices = choices({one.slug: one.name for one in trades.values()})
    form.ways.choices = choices({one.slug: one.name for one in ways})
    form.gateway.choices = choices(
        {**{one.slug: one.name for one in gateways}, "": _g("Not at all yet; I choose later")}
    )
    form.performers.choices = _up_to(ROSTERS)
    form.watching.choices = _up_to(AUDIENCES)
    form.shop_currency.choices = choices(
        {code: f"{code} · {get_currency_name(code, locale=language)}" for code in CURRENCIES}
    )
    form.locale.choices = choices({code: own_name(code) for code in catalogues.languages_of_core()})
    if not form.is_submitted():
        form.locale.data = language
    zones = sorted(name for name in zoneinfo.available_timezones() if "/" in name)
    form.time_zone.choices = choices(
        {"UTC": "UTC", **{name: name.replace("_", " ") for name in zones}}
    )
    form.begin.choices = choices(_beginnings(demo=demo))
    return form


def _beginnings(*, demo: bool) -> dict[str, str]:
    offered = {
        NEW: _g("Empty, as a real site"),
        DEMO: _g("With invented people and rooms, to look around"),
        MOVED: _g("With the configuration of another ppvcms site, from its file"),
    }
    return {key: text for key, text in offered.items() if demo or key != DEMO}


def _up_to(steps: Sequence[int]) -> list[SelectChoice]:
    shown = {str(step): _g("up to %(count)s", count=step) for step in steps}
    more = {str(steps[-1] * 2): _g("more than %(count)s", count=steps[-1])}
    return choices({"0": _g("I do not know yet"), **shown, **more})
