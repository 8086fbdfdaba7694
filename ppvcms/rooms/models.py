"""The tables of rooms: prices, shows, requests, visits, chat and images."""

from __future__ import annotations

from sqlalchemy import Boolean, ForeignKey, Index, Integer, LargeBinary, String, UniqueConstraint
from sqlalchemy import Text as LongText
from sqlalchemy.orm import Mapped, mapped_column

from ppvcms.db import Amount, Base, Json, Millis, Ulid


class Category(Base):
    """A shelf of the listing."""

    __tablename__ = "category"

    id: Mapped[Ulid] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(48), unique=True)
    name: Mapped[str] = mapped_column(String(64))
    weight: Mapped[int] = mapped_column(Integer, default=0)


class Room(Base):
    """A performer's place on the site, with its profile and switches."""

    __tablename__ = "room"

    id: Mapped[Ulid] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(64), unique=True)
    performer_id: Mapped[Ulid] = mapped_column(ForeignKey("user.id"), index=True)
    category_id: Mapped[Ulid | None] = mapped_column(
        ForeignKey("category.id", ondelete="SET NULL"), index=True
    )
    title: Mapped[str] = mapped_column(String(80))
    brief: Mapped[str] = mapped_column(String(200), default="")
    description: Mapped[str] = mapped_column(LongText, default="")
    tags: Mapped[Json] = mapped_column(default=dict)
    answers: Mapped[Json] = mapped_column(default=dict)
    """What the owner's questions were answered with, by key."""
    language: Mapped[str] = mapped_column(String(12), default="en")
    country: Mapped[str] = mapped_column(String(2), default="")
    image_source: Mapped[str] = mapped_column(String(12), default="snapshot")
    offline_message: Mapped[str] = mapped_column(String(300), default="")
    listed: Mapped[bool] = mapped_column(Boolean, default=True)
    featured: Mapped[int] = mapped_column(Integer, default=0)
    ratio_percent: Mapped[int | None]
    bonus_percent: Mapped[int | None]
    bonus_until: Mapped[Millis | None]
    auto_reject: Mapped[bool] = mapped_column(Boolean, default=False)
    auto_reject_text: Mapped[str] = mapped_column(String(200), default="")
    hidden: Mapped[bool] = mapped_column(Boolean, default=False)
    show_viewers: Mapped[bool] = mapped_column(Boolean, default=True)
    show_id: Mapped[Ulid | None]
    evidence_at: Mapped[Millis | None]
    away_since: Mapped[Millis | None]
    ready_by: Mapped[Millis | None]
    created_at: Mapped[Millis]


class RoomPrice(Base):
    """A room's own rate for one mode; without a row the site's default holds."""

    __tablename__ = "room_price"

    room_id: Mapped[Ulid] = mapped_column(
        ForeignKey("room.id", ondelete="CASCADE"), primary_key=True
    )
    mode: Mapped[str] = mapped_column(String(48), primary_key=True)
    rate: Mapped[Amount]
    minimum_minutes: Mapped[int] = mapped_column(Integer, default=0)
    changed_at: Mapped[Millis]
    changes_today: Mapped[int] = mapped_column(Integer, default=0)


class VoyeurAgreement(Base):
    """A performer's word that shows of one mode may be watched unseen (R-42)."""

    __tablename__ = "voyeur_agreement"

    room_id: Mapped[Ulid] = mapped_column(
        ForeignKey("room.id", ondelete="CASCADE"), primary_key=True
    )
    mode: Mapped[str] = mapped_column(String(48), primary_key=True)
    agreed_at: Mapped[Millis]
    ended_at: Mapped[Millis | None]


class RoomImage(Base):
    """A picture of a room: uploaded and re-encoded, or the newest live snapshot."""

    __tablename__ = "room_image"

    id: Mapped[Ulid] = mapped_column(primary_key=True)
    room_id: Mapped[Ulid] = mapped_column(ForeignKey("room.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(12), default="upload")
    content_type: Mapped[str] = mapped_column(String(32))
    data: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    width: Mapped[int]
    height: Mapped[int]
    approved: Mapped[bool] = mapped_column(Boolean, default=True)
    weight: Mapped[int] = mapped_column(Integer, default=0)
    made_at: Mapped[Millis]


class Show(Base):
    """One broadcast of a room, from going live to going off, or one private show.

    When its mode changes (`changed_at`), those who watch see it free until `free_until`.
    `paid` stays true when the plugin of its mode is switched off meanwhile.
    """

    __tablename__ = "show"

    id: Mapped[Ulid] = mapped_column(primary_key=True)
    room_id: Mapped[Ulid] = mapped_column(ForeignKey("room.id"), index=True)
    performer_id: Mapped[Ulid] = mapped_column(ForeignKey("user.id"), index=True)
    mode: Mapped[str] = mapped_column(String(48))
    private: Mapped[bool] = mapped_column(Boolean, default=False)
    paid: Mapped[bool] = mapped_column(Boolean, default=False)
    parent_id: Mapped[Ulid | None] = mapped_column(ForeignKey("show.id"))
    state: Mapped[str] = mapped_column(String(8), default="live", index=True)
    media_provider: Mapped[str] = mapped_column(String(48))
    media_room: Mapped[str] = mapped_column(String(64), unique=True)
    started_at: Mapped[Millis]
    ended_at: Mapped[Millis | None]
    end_reason: Mapped[str | None] = mapped_column(String(32))
    ended_by: Mapped[Ulid | None]
    changed_at: Mapped[Millis | None]
    free_until: Mapped[Millis | None]


class ShowPerformer(Base):
    """One performer's time in a show that several share (R-47, R-48).

    A show without rows is its own performer's alone. `weight` is the part beside
    the others' weights, `place` the order of checking in. `present` carries the
    performer's id while the time runs: nobody is in two shows at once.
    """

    __tablename__ = "show_performer"
    __table_args__ = (UniqueConstraint("present"),)

    id: Mapped[Ulid] = mapped_column(primary_key=True)
    show_id: Mapped[Ulid] = mapped_column(ForeignKey("show.id"), index=True)
    performer_id: Mapped[Ulid] = mapped_column(ForeignKey("user.id"), index=True)
    present: Mapped[Ulid | None]
    place: Mapped[int] = mapped_column(Integer)
    weight: Mapped[int] = mapped_column(Integer, default=1)
    from_at: Mapped[Millis]
    until_at: Mapped[Millis | None]
    left_reason: Mapped[str | None] = mapped_column(String(32))


class ShowRequest(Base):
    """A client's wish for a private show, with the terms that were quoted (R-07)."""

    __tablename__ = "show_request"
    __table_args__ = (
        # One open request per client: the row that is waiting carries the client's id.
        UniqueConstraint("open_for"),
        Index("ix_show_request__room_state", "room_id", "state"),
    )

    id: Mapped[Ulid] = mapped_column(primary_key=True)
    room_id: Mapped[Ulid] = mapped_column(ForeignKey("room.id"))
    client_id: Mapped[Ulid] = mapped_column(ForeignKey("user.id"), index=True)
    open_for: Mapped[Ulid | None]
    mode: Mapped[str] = mapped_column(String(48))
    state: Mapped[str] = mapped_column(String(12), default="waiting")
    note: Mapped[str] = mapped_column(String(200), default="")
    terms: Mapped[Json]
    made_at: Mapped[Millis]
    expires_at: Mapped[Millis]
    decided_at: Mapped[Millis | None]
    reason: Mapped[str] = mapped_column(String(200), default="")
    seat_id: Mapped[Ulid | None]
    key: Mapped[str | None] = mapped_column(String(96), unique=True)


class Visit(Base):
    """One open page in a room, kept alive by its socket; the viewer count is their number."""

    __tablename__ = "visit"

    sid: Mapped[str] = mapped_column(String(64), primary_key=True)
    room_id: Mapped[Ulid] = mapped_column(ForeignKey("room.id", ondelete="CASCADE"), index=True)
    user_id: Mapped[Ulid | None] = mapped_column(index=True)
    role: Mapped[str] = mapped_column(String(16), default="visitor")
    seen_at: Mapped[Millis] = mapped_column(index=True)


class ChatMessage(Base):
    """A line of chat, in the public room or in one private show."""

    __tablename__ = "chat_message"
    __table_args__ = (Index("ix_chat_message__place", "room_id", "show_id", "at"),)

    id: Mapped[Ulid] = mapped_column(primary_key=True)
    room_id: Mapped[Ulid] = mapped_column(ForeignKey("room.id", ondelete="CASCADE"))
    show_id: Mapped[Ulid | None]
    user_id: Mapped[Ulid | None]
    name: Mapped[str] = mapped_column(String(64))
    role: Mapped[str] = mapped_column(String(16))
    kind: Mapped[str] = mapped_column(String(16), default="text")
    text: Mapped[str] = mapped_column(String(500))
    data: Mapped[Json] = mapped_column(default=dict)
    key: Mapped[str | None] = mapped_column(String(80), unique=True)
    at: Mapped[Millis]


class RoomAlert(Base):
    """Who wants to hear once that a room is free or live again."""

    __tablename__ = "room_alert"

    room_id: Mapped[Ulid] = mapped_column(
        ForeignKey("room.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[Ulid] = mapped_column(
        ForeignKey("user.id", ondelete="CASCADE"), primary_key=True
    )
    made_at: Mapped[Millis]
