"""The tables of what is sold beside time."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from ppvcms.db import Amount, Base, Json, Millis, Ulid


class Escrow(Base):
    """Money taken from a payer that waits for what was promised; it ends once (R-52)."""

    __tablename__ = "escrow"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("state IN ('open', 'paid', 'refunded')", name="state"),
        CheckConstraint(
            "(state = 'open') = (end_transfer_id IS NULL)"
            " AND (state = 'open') = (ended_at IS NULL)",
            name="ended_whole",
        ),
        Index("ix_escrow__state__ends_at", "state", "ends_at"),
    )

    id: Mapped[Ulid] = mapped_column(primary_key=True)
    account_id: Mapped[Ulid]
    payer_id: Mapped[Ulid] = mapped_column(index=True)
    payee_id: Mapped[Ulid] = mapped_column(index=True)
    room_id: Mapped[Ulid]
    kind: Mapped[str] = mapped_column(String(32))
    source: Mapped[str] = mapped_column(String(120), index=True)
    memo: Mapped[str] = mapped_column(String(300))
    amount: Mapped[Amount]
    sharers: Mapped[Json]
    state: Mapped[str] = mapped_column(String(8), default="open")
    reason: Mapped[str] = mapped_column(String(32), default="")
    put_transfer_id: Mapped[Ulid] = mapped_column(unique=True)
    end_transfer_id: Mapped[Ulid | None] = mapped_column(unique=True)
    ends_at: Mapped[Millis]
    made_at: Mapped[Millis]
    ended_at: Mapped[Millis | None]


class Good(Base):
    """Something that a plugin offers now; `stock` is None where there is enough for all."""

    __tablename__ = "good"
    __table_args__ = (CheckConstraint("stock IS NULL OR stock >= 0", name="stock"),)

    slug: Mapped[str] = mapped_column(String(32), primary_key=True)
    item_id: Mapped[Ulid] = mapped_column(primary_key=True)
    on_sale: Mapped[bool] = mapped_column(Boolean, default=True)
    stock: Mapped[int | None] = mapped_column(Integer)
    sold: Mapped[int] = mapped_column(Integer, default=0)


class Sale(Base):
    """One purchase of an item: what was paid by whom, and for whom (R-65)."""

    __tablename__ = "sale"
    __table_args__ = (
        Index("ix_sale__slug__item_id", "slug", "item_id"),
        Index("ix_sale__seller_id__made_at", "seller_id", "made_at"),
    )

    id: Mapped[Ulid] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(120), unique=True)
    payer_id: Mapped[Ulid] = mapped_column(ForeignKey("user.id"), index=True)
    user_id: Mapped[Ulid] = mapped_column(ForeignKey("user.id"), index=True)
    seller_id: Mapped[Ulid] = mapped_column(ForeignKey("user.id"))
    room_id: Mapped[Ulid | None]
    slug: Mapped[str] = mapped_column(String(32))
    item_id: Mapped[Ulid]
    offer: Mapped[Json]
    price: Mapped[Amount]
    source: Mapped[str] = mapped_column(String(120), index=True)
    memo: Mapped[str] = mapped_column(String(300))
    transfer_id: Mapped[Ulid | None] = mapped_column(ForeignKey("transfer.id"), unique=True)
    intent_id: Mapped[Ulid | None] = mapped_column(unique=True)
    made_at: Mapped[Millis]
    undone_at: Mapped[Millis | None]


class Access(Base):
    """What somebody may open, and until when; made in the transaction that pays for it (R-65).

    The parts of a bundle stand below the bundle's own record (`parent_id`). A
    rental has no `started_at` until it is first played, and `ends_at` says until
    when it must be.
    """

    __tablename__ = "access"
    __table_args__ = (
        CheckConstraint("kind IN ('own', 'member', 'rental', 'goods')", name="kind"),
        UniqueConstraint("transfer_id"),
        Index("ix_access__user_id__slug__item_id", "user_id", "slug", "item_id"),
        Index("ix_access__slug__item_id", "slug", "item_id"),
    )

    id: Mapped[Ulid] = mapped_column(primary_key=True)
    user_id: Mapped[Ulid] = mapped_column(ForeignKey("user.id"))
    slug: Mapped[str] = mapped_column(String(32))
    item_id: Mapped[Ulid]
    kind: Mapped[str] = mapped_column(String(8))
    transfer_id: Mapped[Ulid | None] = mapped_column(ForeignKey("transfer.id"))
    sale_id: Mapped[Ulid | None] = mapped_column(ForeignKey("sale.id"), index=True)
    parent_id: Mapped[Ulid | None] = mapped_column(ForeignKey("access.id"), index=True)
    given_by: Mapped[Ulid | None]
    reason: Mapped[str] = mapped_column(String(200), default="")
    hours: Mapped[int | None]
    uses_left: Mapped[int | None]
    started_at: Mapped[Millis | None]
    ends_at: Mapped[Millis | None]
    revoked: Mapped[bool] = mapped_column(Boolean, default=False)
    made_at: Mapped[Millis]
