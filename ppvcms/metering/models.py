"""The tables of the meter: seats, their segments, spans of evidence, postings, receipts.

Evidence is kept as spans, not as ticks: a sign of life within the tolerance
extends the last span of its kind, a later one opens a new span. What was
counted is always recomputed from spans, so that a sign that comes twice, late
or out of order changes nothing (R-12).
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ppvcms.db import Amount, Base, Json, Millis, Ulid
from ppvcms.ledger.models import RowId


class Seat(Base):
    """One payer's presence in one show; what is metered.

    States: ``secured`` (waiting for both medias), ``live``, ``paused``,
    ``exhausted`` (cut for want of money, may return), ``waiting`` (a private of
    its room runs, R-39), ``break`` (of the performer, PS-11), ``settled``, ``void``.
    `role` and `rate` are those of now; `parts` are the segments before (role, rate,
    from, counted), and `part_at` is when the running one began; a seat of one segment
    has neither. `secured` is what was held and not given back, `freed` what was given
    back while it waited. `shared_hours` are the counted hours that are divided (R-38).
    `beat_at` is when the meter looked last: a seat that nobody looks at is an orphan
    (I23). `due` is what was counted until then, `posted` what of it has left the
    wallet.
    """

    __tablename__ = "seat"
    __table_args__ = (
        Index("ix_seat__due", "state", "due_at"),
        Index("ix_seat__payer_state", "payer_id", "state"),
        Index("ix_seat__show_state", "show_id", "state"),
    )

    id: Mapped[Ulid] = mapped_column(primary_key=True)
    show_id: Mapped[Ulid] = mapped_column(ForeignKey("show.id"))
    room_id: Mapped[Ulid] = mapped_column(ForeignKey("room.id"), index=True)
    payer_id: Mapped[Ulid] = mapped_column(ForeignKey("user.id"))
    performer_id: Mapped[Ulid] = mapped_column(ForeignKey("user.id"), index=True)
    request_id: Mapped[Ulid | None] = mapped_column(unique=True)
    mode: Mapped[str] = mapped_column(String(48))
    state: Mapped[str] = mapped_column(String(12))
    role: Mapped[str] = mapped_column(String(16))
    rate: Mapped[Amount]
    part_at: Mapped[Millis | None]
    parts: Mapped[list[list[Any]]] = mapped_column(JSON, default=list)
    terms: Mapped[Json]
    wallet_id: Mapped[Ulid] = mapped_column(ForeignKey("account.id"))
    escrow_id: Mapped[Ulid] = mapped_column(ForeignKey("account.id"))
    hold_id: Mapped[Ulid | None] = mapped_column(ForeignKey("hold.id"))
    opened_at: Mapped[Millis]
    started_at: Mapped[Millis | None]
    closed_at: Mapped[Millis | None]
    close_reason: Mapped[str | None] = mapped_column(String(32))
    ended_by: Mapped[Ulid | None]
    bill_from: Mapped[Millis | None]
    counted_ms: Mapped[int] = mapped_column(default=0)
    due: Mapped[Amount] = mapped_column(default=0)
    posted: Mapped[Amount] = mapped_column(default=0)
    posted_at: Mapped[Millis] = mapped_column(default=0)
    secured: Mapped[Amount] = mapped_column(default=0)
    secured_until: Mapped[Millis]
    seq: Mapped[int] = mapped_column(Integer, default=0)
    lease_seq: Mapped[int] = mapped_column(Integer, default=0)
    due_at: Mapped[Millis]
    live_since: Mapped[Millis | None]
    paused_at: Mapped[Millis | None]
    pause_cause: Mapped[str | None] = mapped_column(String(24))
    paused_ms: Mapped[int] = mapped_column(default=0)
    gaps: Mapped[list[int]] = mapped_column(JSON, default=list)
    uncounted_ms: Mapped[int] = mapped_column(default=0)
    resume_after: Mapped[Millis | None]
    resume_by: Mapped[Millis | None]
    warned: Mapped[int] = mapped_column(Integer, default=0)
    waiting_since: Mapped[Millis | None]
    back_at: Mapped[Millis | None]
    break_ms: Mapped[int] = mapped_column(default=0)
    freed: Mapped[Amount] = mapped_column(default=0)
    shared_hours: Mapped[int] = mapped_column(Integer, default=0)
    beat_at: Mapped[Millis]


class Segment(Base):
    """A part of a seat at one rate (R-09)."""

    __tablename__ = "segment"

    seat_id: Mapped[Ulid] = mapped_column(ForeignKey("seat.id"), primary_key=True)
    nr: Mapped[int] = mapped_column(Integer, primary_key=True)
    role: Mapped[str] = mapped_column(String(16))
    rate_per_minute: Mapped[Amount]
    starts_at: Mapped[Millis]
    counted_ms: Mapped[int] = mapped_column(default=0)


class Period(Base):
    """A part of a seat during which the same people shared (R-48).

    A seat whose sharers never changed, and that ran less than an hour, has none:
    its terms say who shares. `amount` is what the period came to, set when the
    seat is settled; `shared` how much of it was divided at counted hours (R-38).
    """

    __tablename__ = "period"

    seat_id: Mapped[Ulid] = mapped_column(ForeignKey("seat.id"), primary_key=True)
    nr: Mapped[int] = mapped_column(Integer, primary_key=True)
    starts_at: Mapped[Millis]
    sharers: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    amount: Mapped[Amount] = mapped_column(default=0)
    shared: Mapped[Amount] = mapped_column(default=0)


class Span(Base):
    """Time during which one fact held, for a seat or for a whole show.

    Kinds: ``performer_media`` (scope: show), ``payer_media``, ``payer_beat``,
    ``payer_here``, ``paused``, ``billed`` (scope: seat).
    """

    __tablename__ = "span"
    __table_args__ = (Index("ix_span__scope", "scope_id", "kind", "ends_at"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True, autoincrement=True)
    scope_id: Mapped[Ulid]
    kind: Mapped[str] = mapped_column(String(16))
    starts_at: Mapped[Millis]
    ends_at: Mapped[Millis]


class Usage(Base):
    """One posting of a seat: cumulative counted time, and the amount since the last."""

    __tablename__ = "usage"

    seat_id: Mapped[Ulid] = mapped_column(ForeignKey("seat.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(Integer, primary_key=True)
    counted_ms: Mapped[int]
    amount: Mapped[Amount]
    transfer_id: Mapped[Ulid | None]
    made_at: Mapped[Millis]


class Receipt(Base):
    """What a closed seat came to, and why; one per seat."""

    __tablename__ = "receipt"

    seat_id: Mapped[Ulid] = mapped_column(ForeignKey("seat.id"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, unique=True)
    amount: Mapped[Amount]
    currency: Mapped[str] = mapped_column(String(8))
    lines: Mapped[Json]
    evidence: Mapped[Json]
    transfer_ids: Mapped[Json]
    made_at: Mapped[Millis]


class MediaLog(Base):
    """What the media engine said it delivered last, kept to prove the cut (I10)."""

    __tablename__ = "media_log"
    __table_args__ = (UniqueConstraint("grant_id", "secured_until"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True, autoincrement=True)
    seat_id: Mapped[Ulid] = mapped_column(ForeignKey("seat.id"), index=True)
    grant_id: Mapped[Ulid]
    secured_until: Mapped[Millis]
    last_packet_at: Mapped[Millis]
    noted_at: Mapped[Millis]
