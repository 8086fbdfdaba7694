"""How the payment service signs its notifications, and how that is checked.

The header is ``Sandbox-Signature: t=<seconds>,v1=<hex>`` with
``v1 = HMAC-SHA256(secret, "<t>." + body)``. A signature is good for five minutes.
"""

from __future__ import annotations

import hashlib
import hmac
import re

HEADER = "Sandbox-Signature"
TOLERANCE_S = 300
_FORM = re.compile(r"t=([0-9]{1,12}),v1=([0-9a-f]{64})")


def sign(secret: str, body: bytes, *, at: int) -> str:
    """Return the header's value for a body sent at `at` (epoch seconds)."""
    return f"t={at},v1={_mac(secret, body, at)}"


def flaw(secret: str, body: bytes, header: str | None, *, now: int) -> str | None:
    """Return why a signature does not prove the body's origin, or None when it does."""
    if not secret:
        return "no signing secret is set"
    match = _FORM.fullmatch(header or "")
    if match is None:
        return "the signature is missing or has another form"
    at = int(match[1])
    if abs(now - at) > TOLERANCE_S:
        return "the signature is too old or from the future"
    if not hmac.compare_digest(match[2], _mac(secret, body, at)):
        return "the signature does not fit the body"
    return None


def _mac(secret: str, body: bytes, at: int) -> str:
    return hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
