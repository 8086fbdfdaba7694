"""The tables of studios: papers, contracts, rights, rooms and who may work in them."""

from __future__ import annotations

from sqlalchemy import Boolean, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ppvcms.api import Base, Json, Millis, Ulid


class Studio(Base):
    """A studio's company and whether the business has confirmed it (CM-11).

    States: ``new``, ``asked``, ``confirmed``, ``refused``. `ratio_percent` is what
    performers of this studio earn of a charge, where the owner set it (R-49).
    """

    __tablename__ = "studios__studio"

    user_id: Mapped[Ulid] = mapped_column(primary_key=True)
    company: Mapped[str] = mapped_column(String(120), default="")
    registration: Mapped[str] = mapped_column(String(80), default="")
    address: Mapped[str] = mapped_column(String(300), default="")
    country: Mapped[str] = mapped_column(String(2), default="")
    owners: Mapped[str] = mapped_column(String(300), default="")
    state: Mapped[str] = mapped_column(String(12), default="new", index=True)
    note: Mapped[str] = mapped_column(String(300), default="")
    ratio_percent: Mapped[int | None]
    made_at: Mapped[Millis]
    decided_at: Mapped[Millis | None]
    decided_by: Mapped[Ulid | None]


class Contract(Base):
    """One version of what a studio and a performer agreed (CM-07); never changed, only ended.

    States: ``proposed``, ``accepted``, ``refused``, ``withdrawn``, ``replaced`` by a
    newer version, ``ended`` after notice. `open_for` marks the one proposal that
    waits, `bound` the performer of a contract that has no end.
    """

    __tablename__ = "studios__contract"
    __table_args__ = (UniqueConstraint("open_for"), UniqueConstraint("bound"))

    id: Mapped[Ulid] = mapped_column(primary_key=True)
    studio_id: Mapped[Ulid] = mapped_column(index=True)
    performer_id: Mapped[Ulid] = mapped_column(index=True)
    version: Mapped[int] = mapped_column(Integer)
    percent: Mapped[int] = mapped_column(Integer)
    notice_days: Mapped[int] = mapped_column(Integer)
    collects: Mapped[bool] = mapped_column(Boolean)
    terms: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[str] = mapped_column(String(12), default="proposed")
    open_for: Mapped[str | None] = mapped_column(String(53))
    bound: Mapped[Ulid | None]
    part_id: Mapped[Ulid | None]
    made_at: Mapped[Millis]
    made_by: Mapped[Ulid]
    decided_at: Mapped[Millis | None]
    starts_at: Mapped[Millis | None]
    ends_at: Mapped[Millis | None]
    ended_by: Mapped[Ulid | None]


class Member(Base):
    """What a performer may do without the studio; rights are kept when somebody returns."""

    __tablename__ = "studios__member"

    studio_id: Mapped[Ulid] = mapped_column(primary_key=True)
    performer_id: Mapped[Ulid] = mapped_column(primary_key=True, index=True)
    enabled: Mapped[bool] = mapped_column(Boolean, default=True)
    may_live: Mapped[bool] = mapped_column(Boolean, default=True)
    may_prices: Mapped[bool] = mapped_column(Boolean, default=True)
    may_write: Mapped[bool] = mapped_column(Boolean, default=True)
    changed_at: Mapped[Millis]


class StudioRoom(Base):
    """A room that belongs to a studio, whoever works in it."""

    __tablename__ = "studios__room"

    room_id: Mapped[Ulid] = mapped_column(primary_key=True)
    studio_id: Mapped[Ulid] = mapped_column(index=True)
    made_at: Mapped[Millis]


class RoomSeat(Base):
    """A performer who may work in a studio's room."""

    __tablename__ = "studios__seat"

    room_id: Mapped[Ulid] = mapped_column(primary_key=True)
    performer_id: Mapped[Ulid] = mapped_column(primary_key=True, index=True)
    given_at: Mapped[Millis]


class Act(Base):
    """Something that was done with a studio, by whom and about whom; never changed."""

    __tablename__ = "studios__act"
    __table_args__ = (Index("ix_studios__act__log", "studio_id", "id"),)

    id: Mapped[Ulid] = mapped_column(primary_key=True)
    studio_id: Mapped[Ulid]
    at: Mapped[Millis]
    actor_id: Mapped[Ulid | None]
    what: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(120))
    data: Mapped[Json]
