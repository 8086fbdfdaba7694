"""Links that are sent by mail: random, short-lived, good for one use and one purpose."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from ppvcms.accounts.models import OneTimeToken
from ppvcms.accounts.rules import DAY_MS, MINUTE_MS
from ppvcms.db import now_ms
from ppvcms.ids import digest, new_id, new_secret

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


class Purpose(StrEnum):
    """What a link opens."""

    VERIFY = "verify"
    RESET = "reset"
    EMAIL = "email"


LIFETIME_MS = {
    Purpose.VERIFY: DAY_MS,
    Purpose.RESET: 60 * MINUTE_MS,
    Purpose.EMAIL: DAY_MS,
}


def issue(
    session: Session, user_id: str, purpose: Purpose, data: dict[str, Any] | None = None
) -> str:
    """Return a new secret for a link; an earlier one of the same purpose opens nothing any more."""
    withdraw(session, user_id, purpose)
    secret = new_secret()
    session.add(
        OneTimeToken(
            id=new_id(),
            user_id=user_id,
            purpose=purpose,
            token_hash=digest(secret),
            data=data or {},
            expires_at=now_ms(session) + LIFETIME_MS[purpose],
        )
    )
    return secret


def find(session: Session, secret: str, *purposes: Purpose) -> OneTimeToken | None:
    """Return the token of a secret while it can be used, locked until the transaction ends."""
    token = session.scalars(
        select(OneTimeToken).where(OneTimeToken.token_hash == digest(secret)).with_for_update()
    ).one_or_none()
    if token is None or token.purpose not in purposes or token.used_at is not None:
        return None
    return token if now_ms(session) < token.expires_at else None


def take(session: Session, secret: str, *purposes: Purpose) -> OneTimeToken | None:
    """Use a token up and return it, or None when it cannot be used."""
    token = find(session, secret, *purposes)
    if token is not None:
        token.used_at = now_ms(session)
    return token


def withdraw(session: Session, user_id: str, *purposes: Purpose) -> None:
    """Make open links of a person useless."""
    session.execute(
        update(OneTimeToken)
        .where(
            OneTimeToken.user_id == user_id,
            OneTimeToken.purpose.in_(purposes),
            OneTimeToken.used_at.is_(None),
        )
        .values(used_at=now_ms(session))
    )
