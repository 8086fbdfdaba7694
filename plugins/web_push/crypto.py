"""What push services and browsers want: encrypted bodies (RFC 8188, 8291), signed senders (8292).

Pure functions on the primitives of `cryptography`; the tests hold them against the
example of RFC 8291.
"""

from __future__ import annotations

import base64
import json
import os
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

if TYPE_CHECKING:
    from collections.abc import Mapping

CURVE = ec.SECP256R1()
POINT, AUTH, SALT, COORDINATE = 65, 16, 16, 32
RECORD = 4096
"""One record holds the whole message: push services take no larger ones."""
LONGEST = RECORD - 17 - (SALT + 4 + 1 + POINT)
"""Bytes of a message that fit, beside padding, tag and header."""
END = b"\x02"


def to_text(raw: bytes) -> str:
    """Return bytes in base64 for addresses, without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def from_text(text: str) -> bytes:
    """Return the bytes of such a text.

    Raises:
        ValueError: It is none.
    """
    raw = text.rstrip("=").encode("ascii")
    return base64.b64decode(raw + b"=" * (-len(raw) % 4), altchars=b"-_", validate=True)


def point_of(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return the public half of a key as an uncompressed point."""
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def is_point(raw: bytes) -> bool:
    """Whether bytes are an uncompressed point of the curve."""
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(CURVE, raw)
    except ValueError:
        return False
    return len(raw) == POINT


def encrypted(
    plain: bytes,
    *,
    receiver: bytes,
    auth: bytes,
    sender: ec.EllipticCurvePrivateKey | None = None,
    salt: bytes | None = None,
) -> bytes:
    """Return a message as only one browser can read it: `receiver` and `auth` are its own.

    `sender` and `salt` are new for each message; only tests give them.
    """
    key = sender or ec.generate_private_key(CURVE)
    salt = salt or os.urandom(SALT)
    public = point_of(key)
    shared = key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(CURVE, receiver))
    root = _derived(auth, shared, b"WebPush: info\x00" + receiver + public, 32)
    content = _derived(salt, root, b"Content-Encoding: aes128gcm\x00", 16)
    nonce = _derived(salt, root, b"Content-Encoding: nonce\x00", 12)
    head = salt + RECORD.to_bytes(4, "big") + bytes([len(public)]) + public
    return head + AESGCM(content).encrypt(nonce, plain + END, None)


def signed(claims: Mapping[str, object], key: ec.EllipticCurvePrivateKey) -> str:
    """Return claims as a token that a push service can check (ES256)."""
    parts = [{"typ": "JWT", "alg": "ES256"}, claims]
    text = ".".join(to_text(json.dumps(one, separators=(",", ":")).encode()) for one in parts)
    r, s = decode_dss_signature(key.sign(text.encode(), ec.ECDSA(SHA256())))
    proof = r.to_bytes(COORDINATE, "big") + s.to_bytes(COORDINATE, "big")
    return f"{text}.{to_text(proof)}"


def _derived(salt: bytes, secret: bytes, info: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt=salt, info=info).derive(secret)
