"""What is offered, at which prices, with which files, and what must be sent by post.

Amounts are minor units of credits. Who paid and who may open is in the core.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    ForeignKey,
    Index,
    Integer,
    String,
    UniqueConstraint,
)
from sqlalchemy import Text as LongText
from sqlalchemy.orm import Mapped, mapped_column

from ppvcms.api import Amount, Base, Json, Millis, Ulid


class Item(Base):
    """Something for sale; `from_price` is its cheapest offer, for lists."""

    __tablename__ = "paid_items__item"
    __table_args__ = (
        Index("ix_paid_items__item__shelf", "state", "published_at"),
        Index("ix_paid_items__item__price", "state", "from_price"),
        Index("ix_paid_items__item__kind", "state", "kind", "published_at"),
        Index("ix_paid_items__item__owner", "owner_id", "state", "published_at"),
    )

    id: Mapped[Ulid] = mapped_column(primary_key=True)
    owner_id: Mapped[Ulid]
    uploader_id: Mapped[Ulid]
    room_id: Mapped[Ulid | None]
    kind: Mapped[str] = mapped_column(String(12))
    state: Mapped[str] = mapped_column(String(12), default="draft")
    title: Mapped[str] = mapped_column(String(120))
    search: Mapped[str] = mapped_column(String(400), default="")
    text: Mapped[str] = mapped_column(LongText, default="")
    body: Mapped[str] = mapped_column(LongText, default="")
    poster_id: Mapped[Ulid | None]
    teaser_id: Mapped[Ulid | None]
    from_price: Mapped[Amount | None]
    ratio_percent: Mapped[int | None]
    stock: Mapped[int | None] = mapped_column(Integer)
    note: Mapped[str] = mapped_column(String(300), default="")
    made_at: Mapped[Millis]
    published_at: Mapped[Millis | None]


class Media(Base):
    """A file that buyers get; the core keeps its bytes."""

    __tablename__ = "paid_items__media"

    id: Mapped[Ulid] = mapped_column(primary_key=True)
    item_id: Mapped[Ulid] = mapped_column(index=True)
    file_id: Mapped[Ulid] = mapped_column(unique=True)
    nr: Mapped[int] = mapped_column(Integer)


class Recording(Base):
    """A recording of a show, from the question to the item it became (PI-14, ME-07).

    States: ``asked`` (others must agree first), ``running``, ``ended`` (its file is
    still with the engine), ``fetched`` (and here too), ``ready``; ``refused``,
    ``lost`` (nothing came of it) and ``deleted``. `open_for` carries the room's id
    while it is asked or running: one at a time.
    """

    __tablename__ = "paid_items__recording"
    __table_args__ = (
        UniqueConstraint("open_for"),
        UniqueConstraint("key"),
        Index("ix_paid_items__recording__owner", "owner_id", "asked_at"),
    )

    id: Mapped[Ulid] = mapped_column(primary_key=True)
    owner_id: Mapped[Ulid]
    room_id: Mapped[Ulid]
    show_id: Mapped[Ulid]
    provider: Mapped[str] = mapped_column(String(48))
    open_for: Mapped[Ulid | None]
    key: Mapped[str] = mapped_column(String(96))
    state: Mapped[str] = mapped_column(String(12), index=True)
    reason: Mapped[str] = mapped_column(String(24), default="")
    asked_at: Mapped[Millis]
    started_at: Mapped[Millis | None]
    ended_at: Mapped[Millis | None]
    length_ms: Mapped[int] = mapped_column(Integer, default=0)
    size: Mapped[int] = mapped_column(BigInteger, default=0)
    file_id: Mapped[Ulid | None] = mapped_column(index=True)
    item_id: Mapped[Ulid | None] = mapped_column(index=True)


class Consent(Base):
    """What one person says of being in a recording: ``waiting``, ``yes`` or ``no``, and when."""

    __tablename__ = "paid_items__consent"

    recording_id: Mapped[Ulid] = mapped_column(
        ForeignKey("paid_items__recording.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[Ulid] = mapped_column(primary_key=True, index=True)
    answer: Mapped[str] = mapped_column(String(8), default="waiting")
    answered_at: Mapped[Millis | None]


class OfferRow(Base):
    """One way to get an item: buy, rent, or a piece of it."""

    __tablename__ = "paid_items__offer"

    id: Mapped[Ulid] = mapped_column(primary_key=True)
    item_id: Mapped[Ulid] = mapped_column(index=True)
    kind: Mapped[str] = mapped_column(String(8))
    price: Mapped[Amount]
    hours: Mapped[int | None] = mapped_column(Integer)
    active: Mapped[bool] = mapped_column(Boolean, default=True)


class Part(Base):
    """An item that comes with a bundle."""

    __tablename__ = "paid_items__part"

    bundle_id: Mapped[Ulid] = mapped_column(primary_key=True)
    item_id: Mapped[Ulid] = mapped_column(primary_key=True)
    nr: Mapped[int] = mapped_column(Integer)


class Code(Base):
    """A word that opens an item without payment, so often and until then (PI-17)."""

    __tablename__ = "paid_items__code"

    id: Mapped[Ulid] = mapped_column(primary_key=True)
    item_id: Mapped[Ulid] = mapped_column(index=True)
    code: Mapped[str] = mapped_column(String(24), unique=True)
    uses_left: Mapped[int] = mapped_column(Integer)
    ends_at: Mapped[Millis | None]
    reason: Mapped[str] = mapped_column(String(200))
    made_by: Mapped[Ulid]
    made_at: Mapped[Millis]


class Delivery(Base):
    """A piece that goes out by post: to where, and how far it is."""

    __tablename__ = "paid_items__delivery"

    id: Mapped[Ulid] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(96), unique=True)
    item_id: Mapped[Ulid] = mapped_column(index=True)
    seller_id: Mapped[Ulid] = mapped_column(index=True)
    buyer_id: Mapped[Ulid] = mapped_column(index=True)
    state: Mapped[str] = mapped_column(String(12), default="draft")
    address: Mapped[Json]
    tracking: Mapped[str] = mapped_column(String(200), default="")
    sale_id: Mapped[Ulid | None]
    made_at: Mapped[Millis]
    changed_at: Mapped[Millis]
