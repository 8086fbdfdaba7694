"""The log of who did what, to whom and why; rows are added and never changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import or_, select

from ppvcms.accounts.models import AuditLog, User
from ppvcms.db import db, now_ms
from ppvcms.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

PER_PAGE = 50


def record(
    session: Session,
    actor_id: str | None,
    action: str,
    subject: str,
    *,
    reason: str = "",
    data: Mapping[str, Any] | None = None,
    address: str = "",
) -> None:
    """Write one act, in the transaction that does it.

    `action` has three parts, such as ``accounts.user.suspended``; `subject` is a
    kind and an id. Secrets never go into `data`.
    """
    actor = session.get(User, actor_id) if actor_id else None
    session.add(
        AuditLog(
            id=new_id(),
            at=now_ms(session),
            actor_id=actor_id,
            actor_name=actor.display_name if actor else "",
            action=action[:64],
            subject=subject[:120],
            reason=reason[:2_000],
            data=dict(data or {}),
            address=address[:64],
        )
    )


def of_user(user_id: str, *, limit: int = PER_PAGE) -> list[AuditLog]:
    """Return what somebody did and what was done to them, the newest first."""
    query = (
        select(AuditLog)
        .where(or_(AuditLog.actor_id == user_id, AuditLog.subject == f"user:{user_id}"))
        .order_by(AuditLog.id.desc())
        .limit(limit)
    )
    return list(db.session.scalars(query))
