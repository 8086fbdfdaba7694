"""The settings of web push: which services may be called, and whom they can write to."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from flask_babel import lazy_gettext as _l
from wtforms import Form, StringField, TextAreaField, ValidationError
from wtforms.validators import Length

SERVICES = (
    "https://fcm.googleapis.com",
    "https://*.push.services.mozilla.com",
    "https://*.push.apple.com",
    "https://*.notify.windows.com",
)
DEFAULTS: dict[str, Any] = {"services": "\n".join(SERVICES), "contact": ""}
LOCAL = frozenset({"127.0.0.1", "localhost"})


class WebPushForm(Form):
    """The owner's list, and the contact that services ask for."""

    services = TextAreaField(
        _l("Push services, one address a line"),
        [Length(max=2000)],
        description=_l("Only these are ever called. *. at the beginning stands for any host."),
    )
    contact = StringField(
        _l("Contact for push services"),
        [Length(max=200)],
        description=_l("mailto:you@example.org; empty for the site's address."),
    )

    def validate_services(self, field: TextAreaField) -> None:
        """Refuse what is no address of a service."""
        for line in (field.data or "").split():
            parts = urlsplit(line)
            local = parts.scheme == "http" and parts.hostname in LOCAL
            bare = parts.path in {"", "/"} and "@" not in parts.netloc and parts.hostname
            if not bare or not (parts.scheme == "https" or local):
                raise ValidationError(_l("Each line is an address such as https://*.example.org."))

    def validate_contact(self, field: StringField) -> None:
        """Refuse what services do not take."""
        if field.data and not field.data.startswith(("mailto:", "https://")):
            raise ValidationError(_l("Begin with mailto: or https://."))
