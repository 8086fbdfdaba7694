"""What account pages need of the site's settings: limits, asked fields, languages, zones."""

from __future__ import annotations

import zoneinfo
from typing import TYPE_CHECKING

from babel import Locale
from flask_babel import get_locale
from flask_babel import gettext as _
from wtforms import BooleanField, DateField, SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined] # no stub yet
from wtforms.validators import InputRequired, Length

from ppvcms.accounts.fields import FieldKind, ProfileField, parse
from ppvcms.accounts.roles import SHIPPED
from ppvcms.accounts.rules import AccountRules
from ppvcms.host.labels import label
from ppvcms.host.settings import site

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wtforms import Field

    from ppvcms.results import Refusal

SHIPPED_KEYS = frozenset(key for key, _name, _open in SHIPPED)


def account_rules() -> AccountRules:
    """Return the owner's limits for accounts."""
    core = site()
    return AccountRules(
        login_tries=core.login_tries,
        login_lock_min=core.login_lock_min,
        per_address_day=core.per_address_day,
        banned_names=core.banned_names,
        site_words=(core.site_name,),
    )


def profile_fields() -> list[ProfileField]:
    """Return what the owner asks of everybody who registers."""
    return parse(site().register_fields)


def form_field(asked: ProfileField) -> Field:
    """Return the form's field of one question."""
    needed = InputRequired(_("Please fill this in."))
    if asked.kind is FieldKind.CHECK:
        return BooleanField(asked.label, validators=[needed])
    if asked.kind is FieldKind.DATE:
        return DateField(asked.label, validators=[InputRequired(_("Please choose a day."))])
    if asked.kind is FieldKind.TEXT:
        return StringField(asked.label, validators=[needed, Length(max=200)])
    return SelectField(asked.label, choices=_choices(asked), validators=[needed])


def choices(labels: Mapping[str, str]) -> list[SelectChoice]:
    """Return what a field offers, from values and their labels."""
    return [SelectChoice(value, text) for value, text in labels.items()]


def locale_choices() -> list[SelectChoice]:
    """Return the languages of the site, each in its own words."""
    return choices({code: own_name(code) for code in site().locales})


def zone_choices() -> list[SelectChoice]:
    """Return the time zones of the world, the site's own first."""
    names = sorted(name for name in zoneinfo.available_timezones() if "/" in name)
    standard = _("As the site (%(zone)s)", zone=site().time_zone)
    return choices({"": standard, **{name: name.replace("_", " ") for name in names}})


def role_name(key: str, name: str) -> str:
    """Return what people call a role: a shipped one as the theme has it, an own one by its name."""
    return label(key) if key in SHIPPED_KEYS else name


def show_refusal(form: object, refusal: Refusal) -> None:
    """Put a refusal beside the field that its code names, or above the form."""
    field = getattr(form, "_fields").get(refusal.code)  # noqa: B009 - WTForms' own mapping
    if field is None:
        form.form_errors.append(str(refusal))  # type: ignore[attr-defined]
    else:
        field.errors = [*field.errors, str(refusal)]


def own_name(code: str) -> str:
    """Return a language's name in itself."""
    locale = Locale.parse(code, sep="-" if "-" in code else "_")
    return (locale.display_name or code).title()


def _choices(asked: ProfileField) -> list[SelectChoice]:
    known = {choice: choice for choice in asked.choices}
    if asked.kind is not FieldKind.CHOICE:
        locale = get_locale() or Locale("en")
        names = locale.territories if asked.kind is FieldKind.COUNTRY else locale.languages
        short = {code: name for code, name in names.items() if len(code) == 2}  # noqa: PLR2004
        known = dict(sorted(short.items(), key=lambda pair: pair[1]))
    return choices({"": "", **known})
