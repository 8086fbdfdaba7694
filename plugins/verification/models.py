"""Who was verified and how, their papers, who looked at them, and where they were shown."""

from __future__ import annotations

from sqlalchemy import Boolean, ForeignKey, Integer, String
from sqlalchemy import Text as LongText
from sqlalchemy.orm import Mapped, mapped_column

from ppvcms.api import Base, Millis, Ulid


class Person(Base):
    """The verification of one person; `details` are encrypted.

    Who is further in an account (AC-12) has a row under an id of their own, with
    `account_id` and `stage_name`. `helper_id` is the studio that may bring papers.
    """

    __tablename__ = "verification__person"

    user_id: Mapped[Ulid] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(String(12), default="new", index=True)
    details: Mapped[str] = mapped_column(LongText, default="")
    reason: Mapped[str] = mapped_column(String(500), default="")
    sent_at: Mapped[Millis | None]
    decided_at: Mapped[Millis | None]
    decided_by: Mapped[Ulid | None]
    account_id: Mapped[Ulid | None] = mapped_column(index=True)
    stage_name: Mapped[str] = mapped_column(String(60), default="")
    helper_id: Mapped[Ulid | None]
    left_at: Mapped[Millis | None]
    made_at: Mapped[Millis]


class Paper(Base):
    """A picture of a paper; the bytes lie encrypted in the plugin's private folder."""

    __tablename__ = "verification__paper"

    id: Mapped[Ulid] = mapped_column(primary_key=True)
    user_id: Mapped[Ulid] = mapped_column(index=True)
    kind: Mapped[str] = mapped_column(String(32))
    expires_on: Mapped[str | None] = mapped_column(String(10), index=True)
    size: Mapped[int] = mapped_column(Integer)
    removed: Mapped[bool] = mapped_column(Boolean, default=False)
    brought_by: Mapped[Ulid]
    made_at: Mapped[Millis]


class View(Base):
    """One look at one paper by one person; its picture is sent once."""

    __tablename__ = "verification__view"

    id: Mapped[Ulid] = mapped_column(primary_key=True)
    paper_id: Mapped[Ulid] = mapped_column(ForeignKey("verification__paper.id"), index=True)
    viewer_id: Mapped[Ulid]
    at: Mapped[Millis]
    sent_at: Mapped[Millis | None]


class Shown(Base):
    """A show in which a person was seen, for the records by depiction."""

    __tablename__ = "verification__shown"

    show_id: Mapped[Ulid] = mapped_column(primary_key=True)
    performer_id: Mapped[Ulid] = mapped_column(index=True)
    path: Mapped[str] = mapped_column(String(120))
    private: Mapped[bool] = mapped_column(Boolean, default=False)
    at: Mapped[Millis]


class Present(Base):
    """A stay of one person in front of an account's camera, kept with its show as evidence."""

    __tablename__ = "verification__present"

    id: Mapped[Ulid] = mapped_column(primary_key=True)
    performer_id: Mapped[Ulid] = mapped_column(index=True)
    subject_id: Mapped[Ulid] = mapped_column(index=True)
    name: Mapped[str] = mapped_column(String(64))
    show_id: Mapped[Ulid | None] = mapped_column(index=True)
    from_at: Mapped[Millis]
    until_at: Mapped[Millis | None]
