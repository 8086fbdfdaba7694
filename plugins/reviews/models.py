"""Reviews: one of each person for each room, with its reply and its removal."""

from __future__ import annotations

from sqlalchemy import Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ppvcms.api import Base, Millis, Ulid


class Review(Base):
    """What somebody says of a room; a removed one stays, unseen, with its reason."""

    __tablename__ = "reviews__review"
    __table_args__ = (
        UniqueConstraint("room_id", "user_id"),
        Index("ix_reviews__review__shown", "room_id", "removed_at", "changed_at"),
    )

    id: Mapped[Ulid] = mapped_column(primary_key=True)
    room_id: Mapped[Ulid]
    performer_id: Mapped[Ulid] = mapped_column(index=True)
    user_id: Mapped[Ulid] = mapped_column(index=True)
    stars: Mapped[int] = mapped_column(Integer)
    text: Mapped[str] = mapped_column(String(1000), default="")
    reply: Mapped[str] = mapped_column(String(600), default="")
    made_at: Mapped[Millis]
    changed_at: Mapped[Millis]
    replied_at: Mapped[Millis | None]
    removed_at: Mapped[Millis | None]
    removed_by: Mapped[Ulid | None]
    removed_for: Mapped[str] = mapped_column(String(24), default="")
