"""The owner's ranks."""

from __future__ import annotations

from sqlalchemy import Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from ppvcms.api import Amount, Base, Ulid


class Rank(Base):
    """A rank from a threshold on: credits spent in 30 days, in minor units."""

    __tablename__ = "ranks__rank"

    id: Mapped[Ulid] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40))
    threshold: Mapped[Amount] = mapped_column(unique=True)
    bonus_percent: Mapped[int] = mapped_column(Integer, default=0)
    icon: Mapped[str] = mapped_column(String(32), default="award")
    tone: Mapped[str] = mapped_column(String(12), default="")
