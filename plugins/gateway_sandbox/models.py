"""The payment service's own records; they stand for what a processor would keep."""

from __future__ import annotations

from sqlalchemy import Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from ppvcms.api import Amount, Base, Millis


class SandboxPayment(Base):
    """One payment as the processor sees it."""

    __tablename__ = "gateway_sandbox__payment"

    ref: Mapped[str] = mapped_column(String(40), primary_key=True)
    op_id: Mapped[str] = mapped_column(String(36), unique=True)
    kind: Mapped[str] = mapped_column(String(12), default="start")
    description: Mapped[str] = mapped_column(String(120))
    amount: Mapped[Amount]
    currency: Mapped[str] = mapped_column(String(8))
    return_url: Mapped[str] = mapped_column(String(400))
    notify_url: Mapped[str] = mapped_column(String(400))
    state: Mapped[str] = mapped_column(String(12), default="open")
    script: Mapped[str] = mapped_column(String(16), default="")
    made_at: Mapped[Millis]
    done_at: Mapped[Millis | None]


class SandboxNotice(Base):
    """A notification to send, until the site has taken it."""

    __tablename__ = "gateway_sandbox__notice"

    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    ref: Mapped[str] = mapped_column(String(40), index=True)
    body: Mapped[str] = mapped_column(String(1000))
    due_at: Mapped[Millis]
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    sent_at: Mapped[Millis | None]
