"""Ids and secrets: names that sort by time, and tokens that open something."""

from __future__ import annotations

import hashlib
import secrets

from ulid import ULID


def new_id() -> str:
    """Return a new ULID: 26 characters, sortable by time, a name and never a secret."""
    return str(ULID())


def new_secret(size: int = 32) -> str:
    """Return a URL-safe secret of `size` random bytes."""
    return secrets.token_urlsafe(size)


def digest(secret: str) -> str:
    """Return what is stored of a random secret: its SHA-256 in hex."""
    return hashlib.sha256(secret.encode()).hexdigest()
