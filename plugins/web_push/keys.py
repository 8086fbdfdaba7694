"""The site's own key towards push services: made at its first use, kept sealed, never changed.

Browsers are bound to it when they are let in, so all processes must agree on one.
"""

from __future__ import annotations

import base64
from typing import cast

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)
from sqlalchemy.exc import IntegrityError

from ppvcms.api import PluginError, db, now_ms, signing_secret, transaction

from .crypto import CURVE, point_of, to_text
from .models import Key

SLUG = "web_push"
ONLY = 1
LOCKED = "its key cannot be read: the site's secret key has changed. Purge and install it anew."


def private_key() -> ec.EllipticCurvePrivateKey:
    """Return the key, made now if this is its first use.

    Raises:
        PluginError: The site's secret has changed since.
    """
    row = db.session.get(Key, ONLY)
    if row is None:
        _make()
        row = db.session.get_one(Key, ONLY)
    try:
        plain = _box().decrypt(row.sealed.encode())
    except InvalidToken:
        raise PluginError(SLUG, LOCKED) from None
    return cast("ec.EllipticCurvePrivateKey", load_der_private_key(plain, None))


def public_text() -> str:
    """Return the public half as browsers want it."""
    return to_text(point_of(private_key()))


def _make() -> None:
    key = ec.generate_private_key(CURVE)
    plain = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    sealed = _box().encrypt(plain).decode()
    try:
        transaction(lambda s: s.add(Key(id=ONLY, sealed=sealed, made_at=now_ms(s))))
    except IntegrityError:
        # Another process made it at this moment: that one holds.
        db.session.rollback()


def _box() -> Fernet:
    secret = signing_secret(SLUG).encode()
    key = HKDF(SHA256(), 32, salt=None, info=b"web_push key").derive(secret)
    return Fernet(base64.urlsafe_b64encode(key))
