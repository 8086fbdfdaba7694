"""Events, who wants to be reminded of them, and weekly hours."""

from __future__ import annotations

from sqlalchemy import Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from ppvcms.api import Amount, Base, Millis, Ulid


class Event(Base):
    """Something planned in a room; `price` is credits a minute in minor units, `places` may be 0.

    `version` counts its changes, for calendars. A cancelled one stays.
    """

    __tablename__ = "events__event"
    __table_args__ = (Index("ix_events__event__room", "room_id", "starts_at"),)

    id: Mapped[Ulid] = mapped_column(primary_key=True)
    room_id: Mapped[Ulid]
    performer_id: Mapped[Ulid] = mapped_column(index=True)
    title: Mapped[str] = mapped_column(String(120))
    text: Mapped[str] = mapped_column(String(600), default="")
    mode: Mapped[str] = mapped_column(String(48))
    price: Mapped[Amount | None]
    places: Mapped[int] = mapped_column(Integer, default=0)
    starts_at: Mapped[Millis] = mapped_column(index=True)
    ends_at: Mapped[Millis]
    version: Mapped[int] = mapped_column(Integer, default=0)
    key: Mapped[str] = mapped_column(String(96), unique=True)
    made_at: Mapped[Millis]
    changed_at: Mapped[Millis]
    cancelled_at: Mapped[Millis | None]
    cancelled_for: Mapped[str] = mapped_column(String(200), default="")
    day_told_at: Mapped[Millis | None]
    soon_told_at: Mapped[Millis | None]


class Wish(Base):
    """Somebody wants to be reminded of an event."""

    __tablename__ = "events__wish"

    event_id: Mapped[Ulid] = mapped_column(primary_key=True)
    user_id: Mapped[Ulid] = mapped_column(primary_key=True, index=True)
    made_at: Mapped[Millis]


class Hours(Base):
    """When somebody is usually there: minutes of a weekday (Monday is 0) in a time zone."""

    __tablename__ = "events__hours"

    room_id: Mapped[Ulid] = mapped_column(primary_key=True)
    weekday: Mapped[int] = mapped_column(Integer, primary_key=True)
    from_min: Mapped[int] = mapped_column(Integer)
    until_min: Mapped[int] = mapped_column(Integer)
    zone: Mapped[str] = mapped_column(String(48))
