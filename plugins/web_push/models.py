"""The site's key towards push services, and the browsers that people let in."""

from __future__ import annotations

from sqlalchemy import Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from ppvcms.api import Base, Millis, Ulid


class Key(Base):
    """The one private key of this site (RFC 8292), sealed under the site's own secret."""

    __tablename__ = "web_push__key"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    sealed: Mapped[str] = mapped_column(String(400))
    made_at: Mapped[Millis]


class Device(Base):
    """A browser that somebody let in: where to send, and the keys to encrypt for it."""

    __tablename__ = "web_push__device"

    id: Mapped[Ulid] = mapped_column(primary_key=True)
    user_id: Mapped[Ulid] = mapped_column(index=True)
    endpoint: Mapped[str] = mapped_column(String(1000))
    endpoint_hash: Mapped[str] = mapped_column(String(64), unique=True)
    p256dh: Mapped[str] = mapped_column(String(100))
    auth: Mapped[str] = mapped_column(String(32))
    made_at: Mapped[Millis]
