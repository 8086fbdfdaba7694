"""What was tipped, beside the books: the note, and where it was said."""

from __future__ import annotations

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from ppvcms.api import Amount, Base, Json, Millis, Ulid


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
    to_id: Mapped[Ulid | None]
    """The one performer who gets it, where the payer named one (WL-10)."""
    transfer_id: Mapped[Ulid]
    made_at: Mapped[Millis]


class TipOption(Base):
    """A ready amount of the owner's list, and how it looks and sounds (WL-09)."""

    __tablename__ = "tips__option"

    id: Mapped[Ulid] = mapped_column(primary_key=True)
    amount: Mapped[Amount] = mapped_column(unique=True)
    label: Mapped[str] = mapped_column(String(40), default="")
    sound: Mapped[str] = mapped_column(String(12), default="")
    colour: Mapped[str] = mapped_column(String(12), default="")
    image_id: Mapped[Ulid | None]


class TipMenu(Base):
    """What somebody does for which tip: one list for public shows, one for private ones (WL-11)."""

    __tablename__ = "tips__menu"

    performer_id: Mapped[Ulid] = mapped_column(primary_key=True)
    place: Mapped[str] = mapped_column(String(8), primary_key=True)
    lines: Mapped[Json] = mapped_column(default=dict)
