"""The shop of gifts and what was sent; the money is in the books."""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from ppvcms.api import Amount, Base, Millis, Ulid


class Gift(Base):
    """A gift of the shop; `stock` is how many are left, None where it never runs out."""

    __tablename__ = "gifts__gift"
    __table_args__ = (CheckConstraint("stock IS NULL OR stock >= 0", name="stock"),)

    id: Mapped[Ulid] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40))
    price: Mapped[Amount]
    stock: Mapped[int | None] = mapped_column(Integer)
    animation: Mapped[str] = mapped_column(String(12), default="")
    image_id: Mapped[Ulid | None]
    on_sale: Mapped[bool] = mapped_column(Boolean, default=True)
    weight: Mapped[int] = mapped_column(Integer, default=0)


class SentGift(Base):
    """A gift that was sent, as it was then; `taken_back_at` when staff reversed it."""

    __tablename__ = "gifts__sent"
    __table_args__ = (Index("ix_gifts__sent__shelf", "performer_id", "made_at"),)

    id: Mapped[Ulid] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(96), unique=True)
    gift_id: Mapped[Ulid]
    name: Mapped[str] = mapped_column(String(40))
    price: Mapped[Amount]
    room_id: Mapped[Ulid]
    show_id: Mapped[Ulid | None]
    performer_id: Mapped[Ulid]
    sender_id: Mapped[Ulid]
    transfer_id: Mapped[Ulid] = mapped_column(unique=True)
    made_at: Mapped[Millis]
    taken_back_at: Mapped[Millis | None]
