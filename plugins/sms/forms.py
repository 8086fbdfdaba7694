"""The settings of SMS: how the owner's service is spoken to."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import Form, PasswordField, StringField, ValidationError
from wtforms.validators import Length

from .sender import is_safe

DEFAULTS: dict[str, Any] = {
    "address": "",
    "user": "",
    "secret": "",
    "sender": "",
    "field_to": "To",
    "field_from": "From",
    "field_text": "Body",
}
SECRETS = frozenset({"secret"})


class SmsForm(Form):
    """Address, sign-in and field names of the service."""

    address = StringField(
        _l("Address of the service"),
        [Length(max=300)],
        description=_l(
            "Where messages are posted, such as "
            "https://api.twilio.com/2010-04-01/Accounts/AC.../Messages.json"
        ),
    )
    user = StringField(_l("User, such as the account's name"), [Length(max=120)])
    secret = PasswordField(_l("Secret, such as its token"), [Length(max=300)])
    sender = StringField(
        _l("Sender"),
        [Length(max=40)],
        description=_l("A number of yours with its country, or a name that the service allows."),
    )
    field_to = StringField(_l("Field of the receiver"), [Length(min=1, max=40)])
    field_from = StringField(_l("Field of the sender"), [Length(min=1, max=40)])
    field_text = StringField(_l("Field of the text"), [Length(min=1, max=40)])

    def validate_address(self, field: StringField) -> None:
        """Refuse an address at which the secret would travel in clear."""
        if field.data and not is_safe(field.data):
            raise ValidationError(_l("Please give an address that begins with https://."))
