"""The settings of verification, and what people are asked about themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    Form,
    IntegerField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from ppvcms.api import FieldError, ProfileField, form_field, parse_fields, settings

from .vault import SLUG

if TYPE_CHECKING:
    from collections.abc import Mapping

OWN = "own_"
ADULT = 18
DEFAULTS: dict[str, Any] = {
    "unverified_may_list": False,
    "unverified_may_live": False,
    "unverified_may_sell": False,
    "least_age": ADULT,
    "papers": "identity | Identity document | needed | expires\n"
    "selfie | You with the document in your hand | needed\n"
    "address | Proof of address\n"
    "tax | Tax form",
    "member_papers": "identity | Identity document | needed | expires\n"
    "selfie | The person with the document in hand | needed\n"
    "consent | Consent to be shown, signed by hand | needed",
    "company_papers": "register | Extract from the register of companies | needed\n"
    "owner | Identity document of each owner | needed | expires",
    "fields": "",
    "custodian": "",
}


@dataclass(frozen=True, slots=True)
class PaperKind:
    """A paper that the owner asks for."""

    key: str
    label: str
    needed: bool
    expires: bool


class VerificationForm(Form):
    """What is asked, and what people may do before they are verified."""

    unverified_may_list = BooleanField(_l("Who is not verified may be listed"))
    unverified_may_live = BooleanField(_l("Who is not verified may go live"))
    unverified_may_sell = BooleanField(_l("Who is not verified may sell"))
    least_age = IntegerField(
        _l("Least age"),
        [InputRequired(), NumberRange(ADULT, 99)],
        description=_l("Never below 18."),
    )
    papers = TextAreaField(
        _l("Papers"),
        [InputRequired(), Length(max=2000)],
        description=_l(
            "One in each line: key | Name | needed | expires. The last two are optional."
        ),
        render_kw={"rows": 5, "spellcheck": "false"},
    )
    member_papers = TextAreaField(
        _l("Papers of further people in one account"),
        [InputRequired(), Length(max=2000)],
        description=_l("Each has papers and a consent of their own."),
        render_kw={"rows": 4, "spellcheck": "false"},
    )
    company_papers = TextAreaField(
        _l("Papers of companies"),
        [InputRequired(), Length(max=2000)],
        render_kw={"rows": 3, "spellcheck": "false"},
    )
    fields = TextAreaField(
        _l("Further questions"),
        [Optional(), Length(max=2000)],
        description=_l("One in each line: key | Question | text, choice, date, country or check."),
        render_kw={"rows": 3, "spellcheck": "false"},
    )
    custodian = TextAreaField(
        _l("Custodian of records"),
        [Optional(), Length(max=500)],
        description=_l("Shown at the foot of every page, where the law asks for it."),
    )

    def validate_papers(self, field: TextAreaField) -> None:
        """Refuse a line that is not a paper."""
        try:
            parse_papers(field.data or "")
        except ValueError as error:
            raise ValidationError(str(error)) from error

    validate_member_papers = validate_company_papers = validate_papers

    def validate_fields(self, field: TextAreaField) -> None:
        """Refuse a line that is not a question."""
        try:
            parse_fields((field.data or "").splitlines())
        except FieldError as error:
            raise ValidationError(str(error)) from error


class DetailsForm(FlaskForm):
    """Who somebody is by law; `details_form` adds what the owner asks."""

    legal_name = StringField(_l("Name as in your document"), [InputRequired(), Length(2, 120)])
    other_names = TextAreaField(
        _l("Every other name you use or used"),
        [Optional(), Length(max=500)],
        description=_l("Stage names, maiden names, nicknames; with commas between them."),
    )
    born_on = DateField(_l("Date of birth"), [InputRequired(_l("Please choose a day."))])
    address = TextAreaField(_l("Address"), [InputRequired(), Length(5, 300)])

    def own(self) -> dict[str, str]:
        """Return the answers to the owner's questions, and the country, by key."""
        answers = (field for name, field in self._fields.items() if name.startswith(OWN))
        return {field.name.removeprefix(OWN): str(field.data or "") for field in answers}


def details_form(values: Mapping[str, Any]) -> DetailsForm:
    """Return the form of who somebody is, with the owner's questions and known answers."""
    asked = {f"{OWN}{one.key}": form_field(one) for one in questions()}
    made: DetailsForm = type("AskingDetailsForm", (DetailsForm,), asked)(data=values)
    return made


def questions() -> list[ProfileField]:
    """Return what is asked beside name and birth: the country, then the owner's own."""
    country = parse_fields([f"country | {_('Country')} | country"])
    return country + parse_fields(settings(SLUG).fields.splitlines())


def paper_kinds(of: str) -> dict[str, PaperKind]:
    """Return the papers that the owner asks for, by key; `of` names the setting."""
    return parse_papers(getattr(settings(SLUG), of))


def parse_papers(text: str) -> dict[str, PaperKind]:
    """Read the owner's lines: pure.

    Raises:
        ValueError: A line has no key or no name, or a key comes twice.
    """
    kinds: dict[str, PaperKind] = {}
    for line in filter(str.strip, text.splitlines()):
        key, name, *marks = (part.strip() for part in [*line.split("|"), ""])
        if not key.isidentifier() or len(key) > 32 or not name or key in kinds:  # noqa: PLR2004
            raise ValueError(
                _("'%(line)s' is not a paper: key | Name | needed | expires", line=line)
            )
        kinds[key] = PaperKind(key, name, needed="needed" in marks, expires="expires" in marks)
    return kinds
