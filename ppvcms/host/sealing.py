"""Secrets among the settings: encrypted with the site's key, or read from the environment."""

from __future__ import annotations

import base64
import os
from typing import TYPE_CHECKING

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import current_app

from ppvcms.errors import PpvcmsError

if TYPE_CHECKING:
    from ppvcms.config import Config

FROM_ENVIRONMENT = "$env:"


class UnreadableError(PpvcmsError):
    """A secret was sealed under another key of the site."""


def seal(value: str) -> str:
    """Return a secret as it is stored; empty ones and ``$env:NAME`` stay as they are."""
    if not value or value.startswith(FROM_ENVIRONMENT):
        return value
    return _fernet().encrypt(value.encode()).decode()


def reveal(value: str) -> str:
    """Return a stored secret in clear.

    Raises:
        UnreadableError: The site's secret key has changed since.
    """
    if not value:
        return ""
    if value.startswith(FROM_ENVIRONMENT):
        return os.environ.get(value.removeprefix(FROM_ENVIRONMENT), "")
    try:
        return _fernet().decrypt(value.encode()).decode()
    except InvalidToken:
        raise UnreadableError("This secret cannot be read.") from None


def _fernet() -> Fernet:
    config: Config = current_app.config["PPVCMS"]
    key = HKDF(SHA256(), 32, salt=None, info=b"ppvcms plugin secrets").derive(
        config.secret_key.encode()
    )
    return Fernet(base64.urlsafe_b64encode(key))
