"""Facts that are written with what they tell of and delivered at least once afterwards.

The jobs' runner claims due facts for a time (`take`), hands each over outside of
any transaction, and marks it. One that dies in between leaves the fact to
whoever comes when the time is up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, select, update

from ppvcms.db import now_ms
from ppvcms.ledger.models import Outbox

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from ppvcms.events import Event

CLAIM_MS = 60_000
LONGEST_WAIT_MS = 3_600_000


def write_event(session: Session, event: Event) -> Outbox:
    """Write a fact in the transaction that it tells of."""
    row = Outbox(
        id=event.id,
        kind=type(event).__name__,
        payload=event.payload(),
        made_at=event.at,
        due_at=event.at,
        attempts=0,
    )
    session.add(row)
    return row


def take(session: Session, *, limit: int = 50, claim_ms: int = CLAIM_MS) -> list[Outbox]:
    """Claim facts that are due, oldest first; nobody else takes them for `claim_ms`."""
    now = now_ms(session)
    rows = session.scalars(
        select(Outbox)
        .where(Outbox.delivered_at.is_(None), Outbox.due_at <= now)
        .order_by(Outbox.due_at, Outbox.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for row in rows:
        row.attempts += 1
        row.due_at = now + claim_ms
    return list(rows)


def mark_delivered(session: Session, fact_id: str) -> None:
    """Note that everybody has heard a fact."""
    session.execute(
        update(Outbox)
        .where(Outbox.id == fact_id)
        .values(delivered_at=now_ms(session), last_error=None)
    )


def back_off(session: Session, fact_id: str, error: str) -> None:
    """Try a fact again after 2, 4, 8... seconds, at most an hour."""
    row = session.get_one(Outbox, fact_id, populate_existing=True)
    row.due_at = now_ms(session) + min(1_000 * 2 ** min(row.attempts, 30), LONGEST_WAIT_MS)
    row.last_error = error[:500]


def forget_delivered(session: Session, *, before: int) -> int:
    """Delete facts that were delivered before a moment; return how many."""
    result = session.execute(delete(Outbox).where(Outbox.delivered_at < before))
    return int(result.rowcount)  # type: ignore[attr-defined]
