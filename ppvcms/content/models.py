"""The tables of what an owner writes: pages and menus."""

from __future__ import annotations

from sqlalchemy import Boolean, Integer, String
from sqlalchemy import Text as LongText
from sqlalchemy.orm import Mapped, mapped_column

from ppvcms.db import Base, Millis, Ulid


class Page(Base):
    """A page of text, written in Markdown and cleaned when shown."""

    __tablename__ = "page"

    id: Mapped[Ulid] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(64), unique=True)
    title: Mapped[str] = mapped_column(String(120))
    body: Mapped[str] = mapped_column(LongText, default="")
    published: Mapped[bool] = mapped_column(Boolean, default=True)
    changed_at: Mapped[Millis]


class MenuEntry(Base):
    """A line of a menu that the owner added; pages and addresses alike."""

    __tablename__ = "menu_entry"

    id: Mapped[Ulid] = mapped_column(primary_key=True)
    menu: Mapped[str] = mapped_column(String(24), index=True)
    label: Mapped[str] = mapped_column(String(64))
    url: Mapped[str] = mapped_column(String(300))
    weight: Mapped[int] = mapped_column(Integer, default=0)
