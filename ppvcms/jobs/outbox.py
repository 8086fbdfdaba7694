"""Delivering facts: first to the core's listeners, then to plugins, each at least once.

A fact is claimed for a minute, told outside of any transaction, then marked. Who
has taken it is not told again; after many tries it is parked and shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from sqlalchemy import func, select

from ppvcms.db import db, now_ms, transaction
from ppvcms.events import Event, rebuild
from ppvcms.faultpoints import faultpoint
from ppvcms.host.dispatch import notify
from ppvcms.jobs.listeners import listeners
from ppvcms.ledger.models import Outbox
from ppvcms.ledger.outbox import back_off, mark_delivered, take

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

BATCH = 50
PARK_AFTER = 12
"""Tries before a fact is parked: pauses of 2, 4, 8... seconds, over an hour together."""
PARKED = 2**62
"""The moment to which a parked fact is put off."""
CORE = "core"
log = structlog.get_logger(__name__)


def deliver_due(*, limit: int = BATCH) -> int:
    """Deliver facts that are due and return how many were claimed."""
    rows = transaction(lambda session: take(session, limit=limit))
    if rows:
        faultpoint("outbox.taken")
    for row in rows:
        _deliver(row)
    return len(rows)


def parked() -> list[Outbox]:
    """Return the facts that were given up, the oldest first."""
    query = select(Outbox).where(Outbox.delivered_at.is_(None), Outbox.due_at >= PARKED)
    return list(db.session.scalars(query.order_by(Outbox.id)))


def waiting() -> int:
    """Return how many facts are not delivered yet, the parked ones left out."""
    query = select(func.count()).where(Outbox.delivered_at.is_(None), Outbox.due_at < PARKED)
    return db.session.scalar(query) or 0


def retry(fact_id: str) -> None:
    """Give a parked fact all its tries again."""

    def act(session: Session) -> None:
        row = session.get(Outbox, fact_id, with_for_update=True)
        if row is not None and row.delivered_at is None:
            row.attempts, row.due_at = 0, now_ms(session)

    transaction(act)


def _deliver(row: Outbox) -> None:
    event = rebuild(row.kind, row.payload)
    if event is None:
        transaction(lambda session: mark_delivered(session, row.id))
        return
    missed, error = _tell(event, row.missed)
    if missed:
        transaction(lambda session: _put_off(session, row.id, missed, error))
        return
    faultpoint("outbox.delivered")
    transaction(lambda session: mark_delivered(session, row.id))


def _tell(event: Event, missed: list[str] | None) -> tuple[list[str], str]:
    """Tell those who have not taken a fact yet; return who failed, and the first failure."""
    if missed is None or CORE in missed:
        error = _tell_core(event)
        if error:
            return [CORE], error
        missed = None
    failed = notify("on_event", only=missed, event=event)
    return failed, f"failed in: {', '.join(failed)}" if failed else ""


def _tell_core(event: Event) -> str:
    for listener in listeners():
        try:
            listener(event)
        except Exception as error:
            db.session.rollback()
            log.exception("listener_failed", fact=event.id, listener=listener.__qualname__)
            return f"{type(error).__name__}: {error}"
    return ""


def _put_off(session: Session, fact_id: str, missed: list[str], error: str) -> None:
    back_off(session, fact_id, error)
    row = session.get_one(Outbox, fact_id)
    row.missed = missed
    if row.attempts >= PARK_AFTER:
        row.due_at = PARKED
        log.error("fact_parked", fact=fact_id, kind=row.kind, error=error)
