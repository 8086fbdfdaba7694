"""The tables of notices: what was told, and how each person wants to be told."""

from __future__ import annotations

from sqlalchemy import Boolean, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy import Text as LongText
from sqlalchemy.orm import Mapped, mapped_column

from ppvcms.db import Base, Json, Millis, Ulid


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
    """How a person wants one kind of notice; without a row the kind's own way holds.

    `channels` says yes or no for each channel of a plugin that the person saw.
    """

    __tablename__ = "notice_choice"

    user_id: Mapped[Ulid] = mapped_column(
        ForeignKey("user.id", ondelete="CASCADE"), primary_key=True
    )
    kind: Mapped[str] = mapped_column(String(80), primary_key=True)
    on_site: Mapped[bool] = mapped_column(Boolean)
    by_mail: Mapped[bool] = mapped_column(Boolean)
    channels: Mapped[Json] = mapped_column(default=dict)


class NoticeThread(Base):
    """What went last of one thread to one person on one way (MS-08).

    What follows soon is added to it. `last_id` is a mail or a delivery.
    """

    __tablename__ = "notice_thread"

    user_id: Mapped[Ulid] = mapped_column(
        ForeignKey("user.id", ondelete="CASCADE"), primary_key=True
    )
    channel: Mapped[str] = mapped_column(String(64), primary_key=True)
    thread: Mapped[str] = mapped_column(String(120), primary_key=True)
    last_id: Mapped[Ulid]
    due_at: Mapped[Millis] = mapped_column(index=True)


class NoticeReach(Base):
    """That a person can be reached on a plugin's channel, such as by a verified number."""

    __tablename__ = "notice_reach"

    user_id: Mapped[Ulid] = mapped_column(
        ForeignKey("user.id", ondelete="CASCADE"), primary_key=True
    )
    channel: Mapped[str] = mapped_column(String(64), primary_key=True)


class NoticeDelivery(Base):
    """A notice on its way on a plugin's channel: waiting, sent or failed.

    `count` notices of a thread are told at once; `notice_id` is the newest of them.
    """

    __tablename__ = "notice_delivery"
    __table_args__ = (Index("ix_notice_delivery__due", "state", "due_at"),)

    id: Mapped[Ulid] = mapped_column(primary_key=True)
    notice_id: Mapped[Ulid] = mapped_column(ForeignKey("notice.id", ondelete="CASCADE"), index=True)
    channel: Mapped[str] = mapped_column(String(64))
    count: Mapped[int] = mapped_column(Integer, default=1)
    state: Mapped[str] = mapped_column(String(8), default="waiting")
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    due_at: Mapped[Millis]
    last_error: Mapped[str | None] = mapped_column(String(300))
    made_at: Mapped[Millis]
