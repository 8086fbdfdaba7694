"""Goals and the payments that fill them; the money itself is in the books."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from ppvcms.api import Amount, Base, Millis, Ulid


class GoalBoard(Base):
    """How somebody's goals stand: `layout` is row or side.

    `reset` is never, daily, weekly, or days: each so many `days`.
    """

    __tablename__ = "goals__board"

    performer_id: Mapped[Ulid] = mapped_column(primary_key=True)
    layout: Mapped[str] = mapped_column(String(4), default="row")
    reset: Mapped[str] = mapped_column(String(8), default="never")
    days: Mapped[int] = mapped_column(Integer, default=1)
    since_at: Mapped[Millis]


class Goal(Base):
    """One goal of a board."""

    __tablename__ = "goals__goal"

    id: Mapped[Ulid] = mapped_column(primary_key=True)
    performer_id: Mapped[Ulid] = mapped_column(
        ForeignKey("goals__board.performer_id", ondelete="CASCADE"), index=True
    )
    text: Mapped[str] = mapped_column(String(80))
    amount: Mapped[Amount]
    place: Mapped[int] = mapped_column(Integer)


class GoalPaid(Base):
    """A tip or a gift that counts, once by its transfer (R-60)."""

    __tablename__ = "goals__paid"
    __table_args__ = (Index("ix_goals__paid__board", "performer_id", "at"),)

    transfer_id: Mapped[Ulid] = mapped_column(primary_key=True)
    performer_id: Mapped[Ulid]
    amount: Mapped[Amount]
    at: Mapped[Millis]
    taken_back_at: Mapped[Millis | None]


class GoalReached(Base):
    """That a goal was reached in one period; it stays so, whatever is taken back later."""

    __tablename__ = "goals__reached"

    goal_id: Mapped[Ulid] = mapped_column(
        ForeignKey("goals__goal.id", ondelete="CASCADE"), primary_key=True
    )
    since_at: Mapped[Millis] = mapped_column(primary_key=True)
    at: Mapped[Millis]
