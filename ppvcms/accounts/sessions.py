"""Signed-in devices: a random token in the cookie, its digest here, ended at any time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select

from ppvcms.accounts.models import LoginSession, User
from ppvcms.accounts.rules import DAY_MS
from ppvcms.db import after_commit, db, in_transaction, now_ms, transaction, wall_ms
from ppvcms.ids import digest, new_id, new_secret
from ppvcms.realtime import push

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sqlalchemy.orm import Session

IDLE_MS = 14 * DAY_MS
ABSOLUTE_MS = 60 * DAY_MS
SEEN_EVERY_MS = 300_000
_SIGNED_IN = (
    select(LoginSession, User)
    .join(User, User.id == LoginSession.user_id)
    .where(LoginSession.token_hash == bindparam("digest"), LoginSession.revoked_at.is_(None))
    .execution_options(populate_existing=True)
)


@dataclass(frozen=True, slots=True)
class Device:
    """Where a request comes from, as far as people recognise it."""

    address: str = ""
    agent: str = ""


def open_session(session: Session, user_id: str, device: Device) -> str:
    """Sign a device in and return its token."""
    now, token = now_ms(session), new_secret()
    session.add(
        LoginSession(
            id=new_id(),
            user_id=user_id,
            token_hash=digest(token),
            address=device.address[:64],
            agent=device.agent[:200],
            created_at=now,
            seen_at=now,
            confirmed_at=now,
        )
    )
    return token


def find_session(token: str) -> tuple[LoginSession, User] | None:
    """Return who a token stands for, while it does; neither an ended nor an old one does."""
    row = db.session.execute(_SIGNED_IN, {"digest": digest(token)}).one_or_none()
    if row is None or row[1].state != "active":
        return None
    now = wall_ms()
    if now - row[0].seen_at > IDLE_MS or now - row[0].created_at > ABSOLUTE_MS:
        return None
    if now - row[0].seen_at > SEEN_EVERY_MS and not in_transaction():
        _see(row[0].id, row[1].id)
        return find_session(token)
    return row[0], row[1]


def is_session_live(token: str) -> bool:
    """Whether a token still signs somebody in; asked anew each time."""
    return find_session(token) is not None


def sessions_of(user_id: str) -> list[LoginSession]:
    """Return the devices that are signed in, the one seen last first."""
    oldest = wall_ms() - IDLE_MS
    query = (
        select(LoginSession)
        .where(
            LoginSession.user_id == user_id,
            LoginSession.revoked_at.is_(None),
            LoginSession.seen_at >= oldest,
        )
        .order_by(LoginSession.seen_at.desc(), LoginSession.id.desc())
    )
    return list(db.session.scalars(query))


def revoke(session: Session, rows: Iterable[LoginSession]) -> int:
    """End sessions and tell their pages; return how many were open."""
    now = now_ms(session)
    ended = [row for row in rows if row.revoked_at is None]
    for row in ended:
        row.revoked_at = now
        after_commit(session, _teller(row.id))
    return len(ended)


def revoke_all(session: Session, user_id: str, *, but: str | None = None) -> int:
    """End every session of a person, `but` one if named; return how many were open."""
    query = select(LoginSession).where(
        LoginSession.user_id == user_id, LoginSession.revoked_at.is_(None)
    )
    return revoke(session, [row for row in session.scalars(query) if row.id != but])


def revoked_since(moment: int) -> set[str]:
    """Return the ids of the sessions that were ended at or after a moment, in epoch ms."""
    query = select(LoginSession.id).where(LoginSession.revoked_at >= moment)
    return set(db.session.scalars(query))


def renew(session: Session, session_id: str) -> str | None:
    """Give a session a new token, now that its person has shown the password again."""
    row = session.get(LoginSession, session_id)
    if row is None or row.revoked_at is not None:
        return None
    token = new_secret()
    row.token_hash, row.confirmed_at = digest(token), now_ms(session)
    return token


def _teller(session_id: str) -> Callable[[], None]:
    return lambda: push(f"session:{session_id}", "signed_out", {})


def _see(session_id: str, user_id: str) -> None:
    def act(session: Session) -> None:
        now = now_ms(session)
        row, user = session.get(LoginSession, session_id), session.get(User, user_id)
        if row is not None and user is not None:
            row.seen_at, user.seen_at = now, now

    transaction(act)


def addresses_of(user_id: str) -> set[str]:
    """Return the addresses from which somebody is signed in."""
    query = select(LoginSession.address).where(
        LoginSession.user_id == user_id, LoginSession.revoked_at.is_(None)
    )
    return {address for address in db.session.scalars(query) if address}
