"""The tables of payments: packs, intents, attempts, and what gateways told us."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import Boolean, ForeignKey, Index, Integer, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ppvcms.db import Amount, Base, Json, Millis, Ulid


class IntentState(StrEnum):
    """How far a payment came."""

    QUOTED = "quoted"
    AWAITING = "awaiting"
    UNKNOWN = "unknown"
    STALE = "stale"
    CREDITED = "credited"
    HELD = "held"
    RELEASED = "released"
    FAILED = "failed"
    REVIEW = "review"


AUTHORIZE, RELEASE = "authorize", "release"
"""Kinds of attempts that hold an amount at a gateway and give it back, beside the books."""
OPEN_INTENTS = frozenset(
    {IntentState.QUOTED, IntentState.AWAITING, IntentState.UNKNOWN, IntentState.STALE}
)
"""Payments that may still end either way."""


class OpState(StrEnum):
    """What is known of an attempt."""

    PLANNED = "planned"
    AWAITING = "awaiting"
    UNKNOWN = "unknown"
    OK = "ok"
    DECLINED = "declined"
    ERROR = "error"
    REVIEW = "review"


OPEN_OPS = frozenset({OpState.PLANNED, OpState.AWAITING, OpState.UNKNOWN})
"""Attempts that the gateway is still asked about."""


class InboxState(StrEnum):
    """What became of a notification."""

    RECEIVED = "received"
    APPLIED = "applied"
    IGNORED = "ignored"
    PARKED = "parked"
    REVIEW = "review"
    FORGED = "forged"


class CreditPack(Base):
    """Credits that are sold together, with a price per currency."""

    __tablename__ = "credit_pack"

    id: Mapped[Ulid] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(64))
    credits: Mapped[Amount]
    bonus: Mapped[Amount] = mapped_column(default=0)
    prices: Mapped[Json]
    first_only: Mapped[bool] = mapped_column(Boolean, default=False)
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    weight: Mapped[int] = mapped_column(Integer, default=0)


class PaymentIntent(Base):
    """What a person wants to pay for, with the quote that was shown."""

    __tablename__ = "payment_intent"

    id: Mapped[Ulid] = mapped_column(primary_key=True)
    user_id: Mapped[Ulid] = mapped_column(ForeignKey("user.id"), index=True)
    purpose: Mapped[str] = mapped_column(String(16))
    provider: Mapped[str] = mapped_column(String(48))
    amount: Mapped[Amount]
    currency: Mapped[str] = mapped_column(String(8))
    quote: Mapped[Json]
    return_to: Mapped[str] = mapped_column(String(300), default="")
    key: Mapped[str] = mapped_column(String(120), unique=True)
    state: Mapped[str] = mapped_column(String(12), index=True)
    message: Mapped[str] = mapped_column(String(300), default="")
    transfer_id: Mapped[Ulid | None]
    made_at: Mapped[Millis]
    changed_at: Mapped[Millis]


class PaymentOp(Base):
    """One attempt at a gateway; the row is committed before the call."""

    __tablename__ = "payment_op"
    __table_args__ = (Index("ix_payment_op__next_try", "state", "next_try_at"),)

    op_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    intent_id: Mapped[Ulid] = mapped_column(ForeignKey("payment_intent.id"), index=True)
    kind: Mapped[str] = mapped_column(String(24))
    amount: Mapped[Amount | None]
    currency: Mapped[str | None] = mapped_column(String(8))
    state: Mapped[str] = mapped_column(String(12))
    provider_ref: Mapped[str | None] = mapped_column(String(120), index=True)
    code: Mapped[str | None] = mapped_column(String(64))
    message: Mapped[str | None] = mapped_column(String(300))
    redirect: Mapped[Json] = mapped_column(default=dict)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    next_try_at: Mapped[Millis | None]
    made_at: Mapped[Millis]


class PaymentInbox(Base):
    """A notification as it came, kept before anything is believed."""

    __tablename__ = "payment_inbox"

    id: Mapped[Ulid] = mapped_column(primary_key=True)
    provider: Mapped[str] = mapped_column(String(48))
    received_at: Mapped[Millis]
    headers: Mapped[Json]
    query: Mapped[Json] = mapped_column(default=dict)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    address: Mapped[str] = mapped_column(String(64), default="")
    trust: Mapped[str | None] = mapped_column(String(8))
    state: Mapped[str] = mapped_column(String(12), index=True)
    note: Mapped[str] = mapped_column(String(300), default="")
    next_try_at: Mapped[Millis | None]


class PaymentEvent(Base):
    """A fact from a gateway in our words; each is applied at most once (I12)."""

    __tablename__ = "payment_event"
    __table_args__ = (UniqueConstraint("provider", "provider_ref", "kind"),)

    dedupe_key: Mapped[str] = mapped_column(String(160), primary_key=True)
    inbox_id: Mapped[Ulid | None]
    provider: Mapped[str] = mapped_column(String(48))
    kind: Mapped[str] = mapped_column(String(32))
    provider_ref: Mapped[str] = mapped_column(String(120))
    related_ref: Mapped[str | None] = mapped_column(String(120))
    op_id: Mapped[str | None] = mapped_column(String(36), index=True)
    amount: Mapped[Amount | None]
    currency: Mapped[str | None] = mapped_column(String(8))
    verified: Mapped[bool] = mapped_column(Boolean)
    state: Mapped[str] = mapped_column(String(12))
    note: Mapped[str] = mapped_column(String(300), default="")
    transfer_id: Mapped[Ulid | None]
    at: Mapped[Millis]
