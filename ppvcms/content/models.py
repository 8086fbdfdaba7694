"""The tables of what an owner writes, pages and menus, and of the files people bring."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from ppvcms.db import Base, Json, Millis, Ulid


class Page(Base):
    """A page of the owner, built of blocks."""

    __tablename__ = "page"

    id: Mapped[Ulid] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(64), unique=True)
    title: Mapped[str] = mapped_column(String(120))
    """Empty for a plugin's page: the plugin's own title, in the reader's language."""
    blocks: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    source: Mapped[str | None] = mapped_column(String(64), unique=True)
    """Which page of a plugin it is, such as ``shop.shelf``; none: the owner's own."""
    published: Mapped[bool] = mapped_column(Boolean, default=True)
    publish_at: Mapped[Millis | None]
    """From when a published page is shown; none: at once."""
    audience: Mapped[str] = mapped_column(String(120), default="all")
    """Who reads it: ``all``, ``signed_in``, ``role:<key>`` or ``<slug>.<what>:<id>``."""
    search_title: Mapped[str] = mapped_column(String(120), default="")
    search_text: Mapped[str] = mapped_column(String(300), default="")
    no_index: Mapped[bool] = mapped_column(Boolean, default=False)
    changed_at: Mapped[Millis]


class PageRevision(Base):
    """A page as somebody saved it."""

    __tablename__ = "page_revision"

    id: Mapped[Ulid] = mapped_column(primary_key=True)
    page_id: Mapped[Ulid] = mapped_column(ForeignKey("page.id"), index=True)
    made_at: Mapped[Millis]
    actor_name: Mapped[str] = mapped_column(String(64), default="")
    content: Mapped[Json]


class MenuEntry(Base):
    """A line of a menu: the owner's own, or what the owner changed of another's."""

    __tablename__ = "menu_entry"
    __table_args__ = (UniqueConstraint("menu", "source"),)

    id: Mapped[Ulid] = mapped_column(primary_key=True)
    menu: Mapped[str] = mapped_column(String(24), index=True)
    source: Mapped[str | None] = mapped_column(String(120))
    """Whose line it changes, such as ``core:site.home``; none: the owner's own."""
    label: Mapped[str] = mapped_column(String(64))
    url: Mapped[str] = mapped_column(String(300), default="")
    page: Mapped[str | None] = mapped_column(String(64))
    """Which page of a plugin an own line leads to; it is shown while that plugin is on."""
    weight: Mapped[int | None] = mapped_column(Integer)
    """Its place; none: where it comes by itself."""
    hidden: Mapped[bool] = mapped_column(Boolean, default=False)
    audience: Mapped[str] = mapped_column(String(40), default="all")
    """Who sees it: ``all``, ``visitors``, ``signed_in`` or ``role:<key>``."""


class FileRecord(Base):
    """A file of somebody, outside of what is served; its plugin says who may open it (PI-19)."""

    __tablename__ = "stored_file"
    __table_args__ = (Index("ix_stored_file__kept__made_at", "kept", "made_at"),)

    id: Mapped[Ulid] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(32))
    owner_id: Mapped[Ulid | None] = mapped_column(ForeignKey("user.id"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    kind: Mapped[str] = mapped_column(String(12))
    content_type: Mapped[str] = mapped_column(String(64))
    size: Mapped[int] = mapped_column(BigInteger)
    digest: Mapped[str] = mapped_column(String(64))
    facts: Mapped[Json] = mapped_column(default=dict)
    public: Mapped[bool] = mapped_column(Boolean, default=False)
    kept: Mapped[bool] = mapped_column(Boolean, default=True)
    made_at: Mapped[Millis]


class LibraryItem(Base):
    """A picture or a document of the site's own; where it is used, its id stands."""

    __tablename__ = "library_item"
    __table_args__ = (
        Index("ix_library_item__digest", "digest"),
        CheckConstraint("(file_id IS NULL) <> (digest = '')", name="place"),
    )

    id: Mapped[Ulid] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    alt: Mapped[str] = mapped_column(String(300), default="")
    """What a picture shows, for those who do not see it."""
    kind: Mapped[str] = mapped_column(String(12))
    content_type: Mapped[str] = mapped_column(String(64))
    digest: Mapped[str] = mapped_column(String(64), default="")
    """Names the folder of a picture that everybody may see; empty for private files."""
    widths: Mapped[Json] = mapped_column(default=dict)
    """The height of each width that is kept, by width."""
    file_id: Mapped[Ulid | None] = mapped_column(ForeignKey("stored_file.id"))
    """Where a private file lies."""
    audience: Mapped[str] = mapped_column(String(40), default="")
    """Who may open a private file; empty: those alone who keep the library."""
    size: Mapped[int] = mapped_column(BigInteger)
    """Bytes of all its widths together."""
    made_at: Mapped[Millis]
    changed_at: Mapped[Millis]


class Upload(Base):
    """A file on its way in, part by part; it goes on where a broken line left it."""

    __tablename__ = "upload"
    __table_args__ = (CheckConstraint("received <= size", name="received"),)

    id: Mapped[Ulid] = mapped_column(primary_key=True)
    user_id: Mapped[Ulid] = mapped_column(ForeignKey("user.id"), index=True)
    kind: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(120))
    size: Mapped[int] = mapped_column(BigInteger)
    received: Mapped[int] = mapped_column(BigInteger, default=0)
    file_id: Mapped[Ulid | None]
    made_at: Mapped[Millis]
    touched_at: Mapped[Millis] = mapped_column(index=True)
