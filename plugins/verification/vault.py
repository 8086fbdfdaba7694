"""Papers and legal data at rest: each under a key of its own, made from the site's secret.

A paper is a file ``<id>`` in the plugin's private folder, which no web server
serves: a random nonce of 12 bytes, then AES-256-GCM. The key of a record is
HKDF-SHA256 of the site's secret, salted with the record's id, so that what is
taken from one place opens nothing in another.
"""

from __future__ import annotations

import base64
import os
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ppvcms.api import private_folder, signing_secret

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

SLUG = "verification"
NONCE = 12


def seal(record_id: str, plain: bytes) -> bytes:
    """Return what is stored of a record."""
    nonce = os.urandom(NONCE)
    return nonce + _cipher(record_id).encrypt(nonce, plain, record_id.encode())


def unseal(record_id: str, stored: bytes) -> bytes:
    """Return a record as it was.

    Raises:
        InvalidTag: It was changed, moved to another record, or the site has another secret.
    """
    return _cipher(record_id).decrypt(stored[:NONCE], stored[NONCE:], record_id.encode())


def seal_text(record_id: str, plain: str) -> str:
    """Return the text of a record as a column keeps it."""
    return base64.b64encode(seal(record_id, plain.encode())).decode()


def unseal_text(record_id: str, stored: str) -> str:
    """Return the text of a record as it was."""
    return unseal(record_id, base64.b64decode(stored)).decode()


def keep(paper_id: str, plain: bytes) -> None:
    """Write a new paper."""
    descriptor = os.open(_path(paper_id), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(seal(paper_id, plain))


def take_out(paper_id: str) -> bytes:
    """Return a paper as it was brought."""
    return unseal(paper_id, _path(paper_id).read_bytes())


def shred(paper_id: str) -> None:
    """Delete a paper's bytes."""
    _path(paper_id).unlink(missing_ok=True)


def strays(known: Iterable[str], *, before_s: float) -> list[str]:
    """Return files that no record knows, older than a moment: of uploads that were undone."""
    ids = set(known)
    files = [path for path in private_folder(SLUG).iterdir() if path.name not in ids]
    return [path.name for path in files if path.stat().st_mtime < before_s]


def _path(paper_id: str) -> Path:
    return private_folder(SLUG) / paper_id


def _cipher(record_id: str) -> AESGCM:
    secret = signing_secret(SLUG).encode()
    key = HKDF(SHA256(), 32, salt=record_id.encode(), info=b"verification").derive(secret)
    return AESGCM(key)
