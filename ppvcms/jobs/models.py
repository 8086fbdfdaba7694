"""The tables of what happens by itself: leases of periodic work, and mail."""

from __future__ import annotations

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from ppvcms.accounts.models import Mail
from ppvcms.db import Base, Millis

__all__ = ["Mail", "TaskLease"]


class TaskLease(Base):
    """Who runs a periodic task, until when, and when it ran last."""

    __tablename__ = "task_lease"

    name: Mapped[str] = mapped_column(String(96), primary_key=True)
    owner: Mapped[str | None] = mapped_column(String(64))
    lease_until: Mapped[Millis] = mapped_column(default=0)
    ran_at: Mapped[Millis] = mapped_column(default=0)
    last_error: Mapped[str | None] = mapped_column(String(500))
