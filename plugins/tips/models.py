"""What was tipped, beside the books: the note, and where it was said."""

from __future__ import annotations

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from ppvcms.api import Amount, Base, Millis, Ulid


class Tip(Base):
    """One tip; the money is in the transfer."""

    __tablename__ = "tips__tip"

    id: Mapped[Ulid] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(96), unique=True)
    room_id: Mapped[Ulid]
    show_id: Mapped[Ulid | None]
    user_id: Mapped[Ulid] = mapped_column(index=True)
    amount: Mapped[Amount]
    note: Mapped[str] = mapped_column(String(140), default="")
    transfer_id: Mapped[Ulid]
    made_at: Mapped[Millis]
