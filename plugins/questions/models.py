"""Questions, their answers and what was attached; the money that waits is the core's."""

from __future__ import annotations

from sqlalchemy import Boolean, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from ppvcms.api import Amount, Base, Json, Millis, Ulid


class QuestionOffer(Base):
    """What somebody takes for an answer; without a row the site's defaults hold."""

    __tablename__ = "questions__offer"

    performer_id: Mapped[Ulid] = mapped_column(primary_key=True)
    open: Mapped[bool] = mapped_column(Boolean, default=True)
    prices: Mapped[Json] = mapped_column(default=dict)
    """Minor units by kind."""
    daily_cap: Mapped[int] = mapped_column(Integer)
    refusals: Mapped[Json] = mapped_column(default=dict)
    """Ready sentences for refusing."""


class Question(Base):
    """One question: `state` is open, answered, refused, withdrawn or returned."""

    __tablename__ = "questions__question"
    __table_args__ = (
        Index("ix_questions__question__inbox", "performer_id", "state", "deadline_at"),
        Index("ix_questions__question__sender", "sender_id", "state", "deadline_at"),
    )

    id: Mapped[Ulid] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(96), unique=True)
    performer_id: Mapped[Ulid]
    room_id: Mapped[Ulid]
    sender_id: Mapped[Ulid]
    kind: Mapped[str] = mapped_column(String(8))
    text: Mapped[str] = mapped_column(Text)
    price: Mapped[Amount]
    escrow_id: Mapped[Ulid | None] = mapped_column(unique=True)
    state: Mapped[str] = mapped_column(String(12), default="open")
    reason: Mapped[str] = mapped_column(String(300), default="")
    made_at: Mapped[Millis]
    deadline_at: Mapped[Millis]
    read_at: Mapped[Millis | None]
    ended_at: Mapped[Millis | None]


class QuestionReply(Base):
    """Something the performer wrote to a question; the first one earns its price (R-53)."""

    __tablename__ = "questions__reply"

    id: Mapped[Ulid] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(96), unique=True)
    question_id: Mapped[Ulid] = mapped_column(
        ForeignKey("questions__question.id", ondelete="CASCADE"), index=True
    )
    text: Mapped[str] = mapped_column(Text)
    made_at: Mapped[Millis]


class QuestionAttachment(Base):
    """A file of a question, or of a reply to it, that passed the check (R-55)."""

    __tablename__ = "questions__attachment"

    id: Mapped[Ulid] = mapped_column(primary_key=True)
    question_id: Mapped[Ulid] = mapped_column(
        ForeignKey("questions__question.id", ondelete="CASCADE"), index=True
    )
    reply_id: Mapped[Ulid | None]
    file_id: Mapped[Ulid] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(String(120))
    kind: Mapped[str] = mapped_column(String(12))
    """How a page shows it: audio, video, image or document."""
    size: Mapped[int]
