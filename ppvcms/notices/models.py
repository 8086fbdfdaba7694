"""The tables of notices: what was told, and how each person wants to be told."""

from __future__ import annotations

from sqlalchemy import Boolean, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy import Text as LongText
from sqlalchemy.orm import Mapped, mapped_column

from ppvcms.db import Base, Millis, Ulid


class Notice(Base):
    """One thing that somebody was told, in the words of that day."""

    __tablename__ = "notice"
    __table_args__ = (
        UniqueConstraint("user_id", "key"),
        Index("ix_notice__unread", "user_id", "on_site", "read_at"),
    )

    id: Mapped[Ulid] = mapped_column(primary_key=True)
    user_id: Mapped[Ulid] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(80))
    title: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(LongText)
    link: Mapped[str] = mapped_column(String(300), default="")
    key: Mapped[str | None] = mapped_column(String(160))
    on_site: Mapped[bool] = mapped_column(Boolean, default=True)
    made_at: Mapped[Millis] = mapped_column(index=True)
    read_at: Mapped[Millis | None]


class NoticeChoice(Base):
    """How a person wants one kind of notice; without a row the kind's own way holds."""

    __tablename__ = "notice_choice"

    user_id: Mapped[Ulid] = mapped_column(
        ForeignKey("user.id", ondelete="CASCADE"), primary_key=True
    )
    kind: Mapped[str] = mapped_column(String(80), primary_key=True)
    on_site: Mapped[bool] = mapped_column(Boolean)
    by_mail: Mapped[bool] = mapped_column(Boolean)


class NoticeThread(Base):
    """The newest mail of one thread to one person: what follows soon is added to it (MS-08)."""

    __tablename__ = "notice_thread"

    user_id: Mapped[Ulid] = mapped_column(
        ForeignKey("user.id", ondelete="CASCADE"), primary_key=True
    )
    thread: Mapped[str] = mapped_column(String(120), primary_key=True)
    mail_id: Mapped[Ulid]
    due_at: Mapped[Millis] = mapped_column(index=True)
