"""How a room's chat is kept, and who is muted, kicked or banned there."""

from __future__ import annotations

from sqlalchemy import Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ppvcms.api import Base, Json, Millis, Ulid


class ChatRoom(Base):
    """A room's slow mode and its own words, beside those of the site."""

    __tablename__ = "chat_tools__room"

    room_id: Mapped[Ulid] = mapped_column(primary_key=True)
    slow_s: Mapped[int] = mapped_column(Integer, default=0)
    words: Mapped[Json] = mapped_column(default=dict)


class Measure(Base):
    """Somebody is muted, kicked or banned in a room, until an end or until it is lifted."""

    __tablename__ = "chat_tools__measure"
    __table_args__ = (
        # One open measure of a kind for a person in a room: the open row carries a 1.
        UniqueConstraint("room_id", "user_id", "kind", "open"),
        Index("ix_chat_tools__measure__room", "room_id", "open"),
    )

    id: Mapped[Ulid] = mapped_column(primary_key=True)
    room_id: Mapped[Ulid]
    user_id: Mapped[Ulid]
    kind: Mapped[str] = mapped_column(String(8))
    open: Mapped[int | None] = mapped_column(Integer)
    until_at: Mapped[Millis | None]
    addresses: Mapped[Json] = mapped_column(default=dict)
    """Keyed digests of addresses that are shut out too, never the addresses."""
    by_id: Mapped[Ulid]
    made_at: Mapped[Millis]
    lifted_at: Mapped[Millis | None]
