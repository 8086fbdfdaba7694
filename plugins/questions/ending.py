"""Questions that nobody answers: their money comes back by itself, and both are told (R-54)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from ppvcms.api import EscrowEnded, db, escrow_of, now_ms, transaction

from .models import Question
from .services import OPEN, locked, returned

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from ppvcms.api import Event

BATCH = 100


def hear(event: Event) -> None:
    """Note what the core gave back by itself: the deadline passed, or nobody is there to answer."""
    if not isinstance(event, EscrowEnded) or event.state != "refunded":
        return
    if event.source.startswith("questions:question:"):
        _end(event.source.rpartition(":")[2], event.reason)


def end_overdue() -> None:
    """End what is past its deadline and was free, or whose refund nobody told us of."""
    now = now_ms(db.session())
    rows = db.session.execute(
        select(Question.id, Question.escrow_id)
        .where(Question.state == OPEN, Question.deadline_at <= now)
        .order_by(Question.deadline_at)
        .limit(BATCH)
    ).all()
    for question_id, escrow_id in rows:
        money = escrow_of(escrow_id) if escrow_id is not None else None
        if money is None or money.state == "refunded":
            _end(question_id, money.reason if money is not None else "deadline")


def _end(question_id: str, reason: str) -> None:
    def act(session: Session) -> None:
        question = locked(session, question_id)
        if question is not None:
            returned(session, question, reason)

    transaction(act)
