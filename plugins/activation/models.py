"""What staff ticked for people, and what people asked for."""

from __future__ import annotations

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from ppvcms.api import Base, Millis, Ulid


class Tick(Base):
    """One check of one person: asked, done or refused."""

    __tablename__ = "activation__tick"

    user_id: Mapped[Ulid] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(16), primary_key=True)
    state: Mapped[str] = mapped_column(String(8), default="asked", index=True)
    reason: Mapped[str] = mapped_column(String(300), default="")
    asked_at: Mapped[Millis | None]
    decided_at: Mapped[Millis | None]
    decided_by: Mapped[Ulid | None]
