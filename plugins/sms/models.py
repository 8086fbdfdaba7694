"""People's verified numbers, the codes on their way, and messages kept where no service is set."""

from __future__ import annotations

from sqlalchemy import Boolean, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from ppvcms.api import Base, Millis, Ulid


class Phone(Base):
    """The number at which a person answered with the right code; one account for each number."""

    __tablename__ = "sms__phone"

    user_id: Mapped[Ulid] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(16), unique=True)
    verified_at: Mapped[Millis]


class Code(Base):
    """A code that was sent; only its digest is kept."""

    __tablename__ = "sms__code"

    id: Mapped[Ulid] = mapped_column(primary_key=True)
    user_id: Mapped[Ulid] = mapped_column(index=True)
    number: Mapped[str] = mapped_column(String(16), index=True)
    digest: Mapped[str] = mapped_column(String(64))
    tries: Mapped[int] = mapped_column(Integer, default=0)
    used: Mapped[bool] = mapped_column(Boolean, default=False)
    made_at: Mapped[Millis] = mapped_column(index=True)


class Kept(Base):
    """A message of a site in test mode without a service: the owner reads it on a page."""

    __tablename__ = "sms__kept"

    id: Mapped[Ulid] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(16))
    text: Mapped[str] = mapped_column(String(1000))
    made_at: Mapped[Millis] = mapped_column(index=True)
