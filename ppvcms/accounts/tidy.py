"""Forgetting what opens nothing any more: old links, counted tries, ended sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, func, or_

from ppvcms.accounts.models import LoginGuard, LoginSession, OneTimeToken
from ppvcms.accounts.rules import DAY_MS
from ppvcms.db import now_ms

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

KEPT_DAYS = 90
"""How long an ended session is kept, for who asks where they were signed in."""


def tidy(session: Session) -> None:
    """Delete links and sessions that ended long ago, and tries whose window has passed."""
    now = now_ms(session)
    long_ago = now - KEPT_DAYS * DAY_MS
    session.execute(delete(OneTimeToken).where(OneTimeToken.expires_at < now - DAY_MS))
    counted_at = func.coalesce(LoginGuard.locked_until, LoginGuard.window_from)
    session.execute(delete(LoginGuard).where(counted_at < now - 2 * DAY_MS))
    ended = or_(LoginSession.revoked_at < long_ago, LoginSession.seen_at < long_ago)
    session.execute(delete(LoginSession).where(ended))
