"""Payments for reading: intents, attempts, and what gateways told us."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, or_, select

from ppvcms.accounts.models import User
from ppvcms.db import db
from ppvcms.errors import NotFoundError
from ppvcms.payments.models import PaymentEvent, PaymentInbox, PaymentIntent, PaymentOp
from ppvcms.web.admin.queries.paging import Page, page_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Row


@dataclass(frozen=True, slots=True)
class IntentRow:
    """What somebody wanted to pay, and how far it came; amounts in minor units."""

    id: str
    user_id: str
    user: str
    provider: str
    amount: int
    currency: str
    credits: int
    state: str
    message: str
    transfer_id: str | None
    made_at: int
    changed_at: int


@dataclass(frozen=True, slots=True)
class NoteRow:
    """A notification as it came, and what became of it."""

    id: str
    provider: str
    received_at: int
    trust: str
    state: str
    note: str
    size: int


@dataclass(frozen=True, slots=True)
class IntentPage:
    """A payment with its attempts and the facts of its gateway."""

    row: IntentRow
    ops: tuple[PaymentOp, ...]
    events: tuple[PaymentEvent, ...]


def intents(
    *, state: str = "", provider: str = "", words: str = "", user_id: str = "", page: int = 1
) -> Page[IntentRow]:
    """Return payments, the newest first."""
    query = _query()
    if state:
        query = query.where(PaymentIntent.state == state)
    if provider:
        query = query.where(PaymentIntent.provider == provider)
    if user_id:
        query = query.where(PaymentIntent.user_id == user_id)
    if words:
        text = words.strip()
        named = or_(
            User.display_name.ilike(f"%{text}%"),
            User.email.ilike(f"%{text}%"),
            PaymentIntent.id == text,
        )
        query = query.where(named)
    return page_of(query, _rows, page)


def intent(intent_id: str) -> IntentPage:
    """Return one payment.

    Raises:
        NotFoundError: There is no such payment.
    """
    rows = _rows(db.session.execute(_query().where(PaymentIntent.id == intent_id)).all())
    if not rows:
        raise NotFoundError(intent_id)
    ops = db.session.scalars(
        select(PaymentOp).where(PaymentOp.intent_id == intent_id).order_by(PaymentOp.made_at)
    ).all()
    events = db.session.scalars(
        select(PaymentEvent)
        .where(PaymentEvent.op_id.in_([op.op_id for op in ops]))
        .order_by(PaymentEvent.at)
    ).all()
    return IntentPage(rows[0], tuple(ops), tuple(events))


def inbox(*, state: str = "", page: int = 1) -> Page[NoteRow]:
    """Return notifications without their bodies, the newest first."""
    query = select(
        PaymentInbox.id,
        PaymentInbox.provider,
        PaymentInbox.received_at,
        PaymentInbox.trust,
        PaymentInbox.state,
        PaymentInbox.note,
        func.length(PaymentInbox.body),
    ).order_by(PaymentInbox.received_at.desc(), PaymentInbox.id.desc())
    if state:
        query = query.where(PaymentInbox.state == state)
    return page_of(
        query,
        lambda rows: [
            NoteRow(key, provider, at, trust or "", kept, note, size or 0)
            for key, provider, at, trust, kept, note, size in rows
        ],
        page,
    )


def note(note_id: str) -> tuple[PaymentInbox, str]:
    """Return a notification and its body as far as it is text.

    Raises:
        NotFoundError: There is no such notification.
    """
    row = db.session.get(PaymentInbox, note_id)
    if row is None:
        raise NotFoundError(note_id)
    return row, bytes(row.body).decode("utf-8", errors="replace")


def by_state() -> dict[str, int]:
    """Return how many notifications are in each state."""
    query = select(PaymentInbox.state, func.count()).group_by(PaymentInbox.state)
    return dict(db.session.execute(query).all())


def states() -> tuple[list[str], list[str]]:
    """Return the states and the gateways that payments have."""
    found = select(PaymentIntent.state).distinct().order_by(PaymentIntent.state)
    ways = select(PaymentIntent.provider).distinct().order_by(PaymentIntent.provider)
    return list(db.session.scalars(found)), list(db.session.scalars(ways))


def _query() -> Any:
    return (
        select(PaymentIntent, User.display_name)
        .join(User, User.id == PaymentIntent.user_id)
        .order_by(PaymentIntent.made_at.desc(), PaymentIntent.id.desc())
    )


def _rows(rows: Sequence[Row[*tuple[Any, ...]]]) -> list[IntentRow]:
    return [
        IntentRow(
            id=one.id,
            user_id=one.user_id,
            user=user,
            provider=one.provider,
            amount=one.amount,
            currency=one.currency,
            credits=int(one.quote.get("credits", 0)) + int(one.quote.get("bonus", 0)),
            state=one.state,
            message=one.message,
            transfer_id=one.transfer_id,
            made_at=one.made_at,
            changed_at=one.changed_at,
        )
        for one, user in rows
    ]
