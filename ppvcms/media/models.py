"""The tables of media: who may carry what until when, and which events were heard."""

from __future__ import annotations

from sqlalchemy import BigInteger, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from ppvcms.db import Base, Json, Millis, Ulid


class Grant(Base):
    """A permission to publish or receive media, bound to a person, a show and a seat."""

    __tablename__ = "media_grant"
    __table_args__ = (Index("ix_media_grant__show", "show_id", "state"),)

    id: Mapped[Ulid] = mapped_column(primary_key=True)
    provider: Mapped[str] = mapped_column(String(48))
    media_room: Mapped[str] = mapped_column(String(64), index=True)
    show_id: Mapped[Ulid]
    seat_id: Mapped[Ulid | None] = mapped_column(index=True)
    user_id: Mapped[Ulid | None] = mapped_column(index=True)
    sid: Mapped[str | None] = mapped_column(String(64), index=True)
    visitor: Mapped[str | None] = mapped_column(String(64), index=True)
    role: Mapped[str] = mapped_column(String(12))
    feeds: Mapped[Json]
    state: Mapped[str] = mapped_column(String(8), default="active", index=True)
    lease_seq: Mapped[int] = mapped_column(Integer, default=0)
    lease_until: Mapped[Millis]
    ends_at: Mapped[Millis | None]
    evidence_at: Mapped[Millis | None]
    made_at: Mapped[Millis]
    revoked_at: Mapped[Millis | None]
    reason: Mapped[str | None] = mapped_column(String(48))


class MediaSeen(Base):
    """The last event taken from each boot of an engine; repeats change nothing."""

    __tablename__ = "media_seen"

    boot: Mapped[str] = mapped_column(String(64), primary_key=True)
    node: Mapped[str] = mapped_column(String(64))
    n: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[Millis]
