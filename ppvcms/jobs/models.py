"""The tables of what happens by itself: leases of periodic work, and mail."""

from __future__ import annotations

from sqlalchemy import Integer, String
from sqlalchemy import Text as LongText
from sqlalchemy.orm import Mapped, mapped_column

from ppvcms.db import Base, Json, Millis, Ulid


class TaskLease(Base):
    """Who runs a periodic task, until when, and when it ran last."""

    __tablename__ = "task_lease"

    name: Mapped[str] = mapped_column(String(96), primary_key=True)
    owner: Mapped[str | None] = mapped_column(String(64))
    lease_until: Mapped[Millis] = mapped_column(default=0)
    ran_at: Mapped[Millis] = mapped_column(default=0)
    last_error: Mapped[str | None] = mapped_column(String(500))


class Mail(Base):
    """A mail to send; where no mail server is set, the back office shows it."""

    __tablename__ = "mail"

    id: Mapped[Ulid] = mapped_column(primary_key=True)
    to: Mapped[str] = mapped_column(String(254))
    subject: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(LongText)
    data: Mapped[Json] = mapped_column(default=dict)
    state: Mapped[str] = mapped_column(String(10), default="waiting", index=True)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    due_at: Mapped[Millis]
    made_at: Mapped[Millis]
    last_error: Mapped[str | None] = mapped_column(String(300))
