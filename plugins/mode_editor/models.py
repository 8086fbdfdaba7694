"""The kinds of shows that an owner made; rows stay for good, because receipts name them."""

from __future__ import annotations

from sqlalchemy import Boolean, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from ppvcms.api import Amount, Base, Json, Millis, Ulid


class OwnMode(Base):
    """One kind of show; amounts are minor units of credits per minute.

    A rate for two-way or voyeurs is None where the mode has none. `watch_roles`
    and `use_roles` hold ``{"only": [role, ...]}``, empty for everybody; `blocks`
    holds ``{"minutes": price}``. `retired_at` is when it was deleted: no show
    begins in it any more.
    """

    __tablename__ = "mode_editor__mode"

    id: Mapped[Ulid] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(60))
    summary: Mapped[str] = mapped_column(String(300))
    icon: Mapped[str] = mapped_column(String(40))
    base: Mapped[str] = mapped_column(String(16))
    rate: Mapped[Amount]
    rate_least: Mapped[Amount]
    rate_most: Mapped[Amount]
    own_rates: Mapped[bool] = mapped_column(Boolean)
    rate_two_way: Mapped[Amount | None]
    rate_voyeur: Mapped[Amount | None]
    grace_s: Mapped[int] = mapped_column(Integer)
    minimum_minutes: Mapped[int] = mapped_column(Integer)
    voyeurs: Mapped[str] = mapped_column(String(8))
    slots: Mapped[int] = mapped_column(Integer)
    recording: Mapped[bool] = mapped_column(Boolean)
    blocks: Mapped[Json]
    watch_roles: Mapped[Json]
    use_roles: Mapped[Json]
    weight: Mapped[int] = mapped_column(Integer)
    made_at: Mapped[Millis]
    changed_at: Mapped[Millis]
    retired_at: Mapped[Millis | None]
