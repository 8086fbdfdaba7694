"""What was proposed to share a show, and what each person answered."""

from __future__ import annotations

from sqlalchemy import Boolean, ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from ppvcms.api import Base, Millis, Ulid


class Proposal(Base):
    """Who shall share a room's show, and in which parts.

    States: ``waiting`` for answers, ``accepted`` (holds until the room goes live),
    ``done``, ``refused``, ``expired``, ``withdrawn``. `open_for` carries the room's
    id while it waits: one at a time.
    """

    __tablename__ = "checkin__proposal"
    __table_args__ = (UniqueConstraint("open_for"), UniqueConstraint("key"))

    id: Mapped[Ulid] = mapped_column(primary_key=True)
    room_id: Mapped[Ulid] = mapped_column(index=True)
    host_id: Mapped[Ulid]
    open_for: Mapped[Ulid | None]
    key: Mapped[str] = mapped_column(String(96))
    alike: Mapped[bool] = mapped_column(Boolean)
    state: Mapped[str] = mapped_column(String(12), default="waiting")
    made_at: Mapped[Millis]
    expires_at: Mapped[Millis]
    decided_at: Mapped[Millis | None]


class Part(Base):
    """One person of a proposal; `answer` is ``host``, ``waiting``, ``yes`` or ``no``."""

    __tablename__ = "checkin__part"

    proposal_id: Mapped[Ulid] = mapped_column(
        ForeignKey("checkin__proposal.id", ondelete="CASCADE"), primary_key=True
    )
    performer_id: Mapped[Ulid] = mapped_column(primary_key=True, index=True)
    place: Mapped[int] = mapped_column(Integer)
    weight: Mapped[int] = mapped_column(Integer)
    answer: Mapped[str] = mapped_column(String(8), default="waiting")
    answered_at: Mapped[Millis | None]
