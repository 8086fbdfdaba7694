"""The forms of signing up, in and back in."""

from __future__ import annotations

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, PasswordField, RadioField, StringField
from wtforms.validators import EqualTo, InputRequired, Length

from ppvcms.accounts import factors, names, passwords
from ppvcms.web.people import form_field, profile_fields

NEEDED = InputRequired(_("Please fill this in."))
EXTRA = "extra_"


class SignInForm(FlaskForm):
    """E-mail and password."""

    email = StringField(_("E-mail"), [NEEDED, Length(max=254)])
    password = PasswordField(_("Password"), [NEEDED, Length(max=passwords.LONGEST)])


class RegisterForm(FlaskForm):
    """What everybody is asked; `register_form` adds what the owner asks."""

    role = RadioField(_("I am here as"), [InputRequired(_("Please choose one."))])
    email = StringField(_("E-mail"), [NEEDED, Length(max=254)])
    display_name = StringField(_("Name that others see"), [NEEDED, Length(max=names.LONGEST)])
    password = PasswordField(_("Password"), [NEEDED])
    agreed = BooleanField(_("I agree"), [InputRequired(_("Without this there is no account."))])

    def extra(self) -> dict[str, str]:
        """Return the answers to what the owner asks, by key."""
        answers = (field for name, field in self._fields.items() if name.startswith(EXTRA))
        return {field.name.removeprefix(EXTRA): str(field.data) for field in answers}


class ForgotForm(FlaskForm):
    """The address that a link is sent to."""

    email = StringField(_("E-mail"), [NEEDED, Length(max=254)])


class ResetForm(FlaskForm):
    """A new password."""

    password = PasswordField(_("New password"), [NEEDED])


class ConfirmForm(FlaskForm):
    """The password once more, and a code where there is a second factor."""

    current = PasswordField(_("Password"), [NEEDED, Length(max=passwords.LONGEST)])
    code = StringField(_("Code"), [Length(max=factors.LONGEST_CODE)])


class CodeForm(FlaskForm):
    """A code of the phone, or a recovery code."""

    code = StringField(_("Code"), [NEEDED, Length(max=factors.LONGEST_CODE)])


class PasswordForm(FlaskForm):
    """The password that was, and the one that shall be."""

    current = PasswordField(_("Password until now"), [NEEDED, Length(max=passwords.LONGEST)])
    password = PasswordField(_("New password"), [NEEDED])
    again = PasswordField(
        _("New password, once more"),
        [NEEDED, EqualTo("password", _("The two new passwords differ."))],
    )


class EmailForm(FlaskForm):
    """A new address, and the password."""

    email = StringField(_("New e-mail"), [NEEDED, Length(max=254)])
    current = PasswordField(_("Password"), [NEEDED, Length(max=passwords.LONGEST)])


def register_form() -> RegisterForm:
    """Return the register form with the owner's questions."""
    asked = {f"{EXTRA}{one.key}": form_field(one) for one in profile_fields()}
    made: RegisterForm = type("AskingRegisterForm", (RegisterForm,), asked)()
    return made
