"""What a room asks of who comes in, its list, and who knew the password."""

from __future__ import annotations

from sqlalchemy import Boolean, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ppvcms.api import Amount, Base, Millis, Ulid


class Door(Base):
    """What one room asks; `words` counts changes of the password.

    `covers` says that the price covers the minutes of the paid public shows, too.
    """

    __tablename__ = "room_access__room"

    room_id: Mapped[Ulid] = mapped_column(primary_key=True)
    price: Mapped[Amount] = mapped_column(default=0)
    hours: Mapped[int] = mapped_column(Integer, default=24)
    password: Mapped[str] = mapped_column(String(200), default="")
    words: Mapped[int] = mapped_column(Integer, default=0)
    only_list: Mapped[bool] = mapped_column(Boolean, default=False)
    covers: Mapped[bool] = mapped_column(Boolean, default=False)


class ListEntry(Base):
    """A line of a room's list: a name, a role or a mail address."""

    __tablename__ = "room_access__entry"
    __table_args__ = (UniqueConstraint("room_id", "kind", "value"),)

    id: Mapped[Ulid] = mapped_column(primary_key=True)
    room_id: Mapped[Ulid]
    kind: Mapped[str] = mapped_column(String(8))
    value: Mapped[str] = mapped_column(String(254))


class Word(Base):
    """Somebody who typed the right password, of which change of it."""

    __tablename__ = "room_access__word"

    room_id: Mapped[Ulid] = mapped_column(primary_key=True)
    user_id: Mapped[Ulid] = mapped_column(primary_key=True)
    words: Mapped[int] = mapped_column(Integer)
    at: Mapped[Millis]
