"""The site's own pictures and documents, as values: what there is, by name, and its addresses.

A picture for everybody has addresses that change with its content. Documents, and
pictures that are marked private, are opened by short-lived links alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask_babel import gettext as _
from sqlalchemy import func, select

from ppvcms.content import stored
from ppvcms.content.library import files
from ppvcms.content.library.uses import Use, uses_of
from ppvcms.content.models import FileRecord, LibraryItem
from ppvcms.db import db
from ppvcms.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Select

    from ppvcms.accounts.actor import Actor

THUMB = 320
SHOWN = 1280
PER_PAGE = 40
OFFERED = 200
"""So many pictures stand in a plain list; the dialog finds the others."""


@dataclass(frozen=True, slots=True)
class LibraryPicture:
    """A picture that everybody may see; `widths` are kept ones with their heights."""

    id: str
    name: str
    alt: str
    digest: str
    suffix: str
    widths: tuple[tuple[int, int], ...]

    @property
    def width(self) -> int:
        """The width of the picture that `src` names."""
        return self._best(SHOWN)[0]

    @property
    def height(self) -> int:
        """The height of the picture that `src` names."""
        return self._best(SHOWN)[1]

    @property
    def src(self) -> str:
        """The address for a page's text, at most 1280 pixels wide."""
        return self.url(SHOWN)

    @property
    def thumb(self) -> str:
        """The address of the smallest one."""
        return self.url(THUMB)

    @property
    def srcset(self) -> str:
        """All addresses with their widths, as an `img` names them."""
        return ", ".join(f"{self._at(width)} {width}w" for width, _height in self.widths)

    def url(self, width: int) -> str:
        """Return the address of the widest one that is no wider than asked."""
        return self._at(self._best(width)[0])

    def _best(self, width: int) -> tuple[int, int]:
        return max((one for one in self.widths if one[0] <= width), default=self.widths[0])

    def _at(self, width: int) -> str:
        return f"/media/{self.digest}/{width}.{self.suffix}"


@dataclass(frozen=True, slots=True)
class Item:
    """What the library keeps; `picture` is none for what is private."""

    id: str
    name: str
    alt: str
    kind: str
    size: int
    audience: str
    file_id: str | None
    made_at: int
    changed_at: int
    picture: LibraryPicture | None


@dataclass(frozen=True, slots=True)
class Found:
    """A page of the library."""

    items: tuple[Item, ...]
    number: int
    pages: int
    total: int


@dataclass(frozen=True, slots=True)
class Totals:
    """What is kept, in files and bytes: the library's, and what people brought."""

    items: int
    size: int
    people_files: int
    people_size: int


def item(item_id: str) -> Item:
    """Return an item of the library.

    Raises:
        NotFoundError: There is none.
    """
    row = db.session.get(LibraryItem, item_id, populate_existing=True)
    if row is None:
        raise NotFoundError(item_id[:40])
    return view(row)


def uses(item_id: str) -> list[Use]:
    """Return where an item is used."""
    return uses_of(db.session(), item_id)


def items(words: str = "", kind: str = "", number: int = 1) -> Found:
    """Return a page of the library, the newest first; `kind` is "public", "private" or all."""
    query = select(LibraryItem)
    if kind:
        is_private = LibraryItem.file_id.is_not(None)
        query = query.where(is_private if kind == "private" else ~is_private)
    return _page(_named(query, words), number)


def choices(kept: str = "") -> list[tuple[str, str, str]]:
    """Return id, name and thumbnail of what a plain list offers, the newest and `kept`."""
    query = select(LibraryItem).where(LibraryItem.file_id.is_(None))
    rows = list(db.session.scalars(query.order_by(LibraryItem.id.desc()).limit(OFFERED)))
    found = [(row.id, row.name, _picture(row).thumb) for row in rows]
    if kept and kept not in {row.id for row in rows}:
        older = picture(kept)
        name = older.name if older else _("A picture that is gone")
        found.insert(0, (kept, name, older.thumb if older else ""))
    return found


def pictures(ids: Iterable[str]) -> dict[str, LibraryPicture]:
    """Return those of these pictures that are there and that everybody may see."""
    wanted = set(ids)
    if not wanted:
        return {}
    query = select(LibraryItem).where(LibraryItem.id.in_(wanted), LibraryItem.file_id.is_(None))
    return {row.id: _picture(row) for row in db.session.scalars(query)}


def picture(picture_id: str) -> LibraryPicture | None:
    """Return a picture that everybody may see, or None where there is none."""
    return pictures([picture_id]).get(picture_id) if picture_id else None


def bytes_of(picture_id: str, width: int) -> bytes:
    """Return a picture no wider than asked, for who writes it anew; nothing where none is."""
    found = picture(picture_id)
    if found is None:
        return b""
    path = files.folder_of(found.digest) / found.url(width).rpartition("/")[2]
    return path.read_bytes() if path.is_file() else b""


def link(item_id: str, actor: Actor) -> str | None:
    """Return a short-lived address of a private item, or None for whom it is not open.

    Raises:
        NotFoundError: There is no such private item.
    """
    row = db.session.get(LibraryItem, item_id, populate_existing=True)
    if row is None or row.file_id is None:
        raise NotFoundError(item_id[:40])
    return stored.file_link(row.file_id, actor) if stored.opens_library(row, actor) else None


def totals() -> Totals:
    """Return how much is kept."""
    mine = select(func.count(), func.coalesce(func.sum(LibraryItem.size), 0))
    theirs = select(func.count(), func.coalesce(func.sum(FileRecord.size), 0)).where(
        FileRecord.slug != stored.LIBRARY
    )
    (count, size), (people_count, people_size) = (
        db.session.execute(query).one() for query in (mine, theirs)
    )
    return Totals(count, int(size), people_count, int(people_size))


def _named(query: Select[LibraryItem], words: str) -> Select[LibraryItem]:
    for word in words.split()[:8]:
        like = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        found = func.lower(LibraryItem.name + " " + LibraryItem.alt)
        query = query.where(found.like(f"%{like.lower()}%", escape="\\"))
    return query


def _page(query: Select[LibraryItem], number: int) -> Found:
    total = db.session.scalar(select(func.count()).select_from(query.subquery())) or 0
    pages = max(1, -(-total // PER_PAGE))
    number = min(max(1, number), pages)
    rows = query.order_by(LibraryItem.id.desc()).offset((number - 1) * PER_PAGE).limit(PER_PAGE)
    return Found(tuple(view(row) for row in db.session.scalars(rows)), number, pages, total)


def view(row: LibraryItem) -> Item:
    """Return an item as it is shown."""
    return Item(
        row.id,
        row.name,
        row.alt,
        row.kind,
        row.size,
        row.audience,
        row.file_id,
        row.made_at,
        row.changed_at,
        _picture(row) if row.file_id is None else None,
    )


def _picture(row: LibraryItem) -> LibraryPicture:
    widths = sorted((int(width), height) for width, height in row.widths.items())
    suffix = files.SUFFIXES[row.content_type]
    return LibraryPicture(row.id, row.name, row.alt, row.digest, suffix, tuple(widths))
