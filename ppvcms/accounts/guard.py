"""How often an account or an address may try, counted before the try (AC-07, AC-14).

Counting first is what holds against many tries at the same time.
"""

from __future__ import annotations

import contextlib
import hmac
import ipaddress
from typing import TYPE_CHECKING

from flask import current_app
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from ppvcms.accounts.models import LoginGuard
from ppvcms.db import now_ms, transaction

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session


def attempt(session: Session, keys: Iterable[str], *, tries: int, window_ms: int) -> int | None:
    """Count one try under every key; return until when it is refused, in epoch ms, or None.

    A refused try is not counted. The try that reaches the limit is still made,
    and locks the keys for a window.
    """
    now = now_ms(session)
    rows = [_row(session, key, now) for key in sorted(keys)]
    for row in rows:
        ended = (row.locked_until or row.window_from + window_ms) <= now
        if ended:
            row.failures, row.window_from, row.locked_until = 0, now, None
    locked = [row.locked_until for row in rows if row.locked_until is not None]
    if locked:
        return max(locked)
    for row in rows:
        row.failures += 1
        if row.failures >= tries:
            row.locked_until = now + window_ms
    return None


def forgive(session: Session, key: str, *, tries: int) -> None:
    """Take back one try that turned out right."""
    row = _locked_row(session, key)
    if row is not None and row.failures:
        row.failures -= 1
        if row.failures < tries:
            row.locked_until = None


def clear(session: Session, key: str) -> None:
    """Forget all tries under a key."""
    row = _locked_row(session, key)
    if row is not None:
        session.delete(row)


def lift(key: str) -> None:
    """Open a locked account or address by hand, such as ``register:203.0.113.7``."""
    transaction(lambda session: clear(session, key))


def network_of(address: str) -> str:
    """Return what one customer of a network has: an IPv4 address, or the /64 of an IPv6 one."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    mapped = found.ipv4_mapped
    return str(mapped or ipaddress.ip_network((found, 64), strict=False).network_address)


def visitor_key(address: str) -> str:
    """Return what stands for a visitor's network, and tells nobody which one it is."""
    secret = str(current_app.config["SECRET_KEY"]).encode()
    return hmac.new(secret, f"visitor:{network_of(address)}".encode(), "sha256").hexdigest()


def _row(session: Session, key: str, now: int) -> LoginGuard:
    row = _locked_row(session, key)
    if row is not None:
        return row
    # When somebody else makes it at this moment, it is there to be locked.
    with contextlib.suppress(IntegrityError), session.begin_nested():
        session.add(LoginGuard(key=key[:120], failures=0, window_from=now))
    made = _locked_row(session, key)
    assert made is not None  # noqa: S101 - one of the two has just written it
    return made


def _locked_row(session: Session, key: str) -> LoginGuard | None:
    return session.scalars(
        select(LoginGuard).where(LoginGuard.key == key[:120]).with_for_update()
    ).one_or_none()
