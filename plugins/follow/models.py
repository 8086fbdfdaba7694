"""Who follows whom, and what is still to be told."""

from __future__ import annotations

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from ppvcms.api import Base, Millis, Ulid


class Follow(Base):
    """Somebody wants to hear of a performer."""

    __tablename__ = "follow__follow"

    performer_id: Mapped[Ulid] = mapped_column(primary_key=True)
    user_id: Mapped[Ulid] = mapped_column(primary_key=True, index=True)
    made_at: Mapped[Millis]


class News(Base):
    """A fact that followers are told in portions; `upto` is the last who heard it."""

    __tablename__ = "follow__news"

    id: Mapped[Ulid] = mapped_column(primary_key=True)
    performer_id: Mapped[Ulid]
    kind: Mapped[str] = mapped_column(String(24))
    title: Mapped[str] = mapped_column(String(200))
    link: Mapped[str] = mapped_column(String(300))
    key: Mapped[str] = mapped_column(String(80))
    upto: Mapped[str] = mapped_column(String(26), default="")
    made_at: Mapped[Millis] = mapped_column(index=True)
    done_at: Mapped[Millis | None] = mapped_column(index=True)
