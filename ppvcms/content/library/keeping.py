"""Bringing pictures and documents into the library, changing, replacing and deleting them.

Whatever shows a picture keeps its id, so that replacing it changes every place at
once. Pictures are written anew in several widths; what is private, and every
document, lies where people's files lie.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from flask_babel import gettext as _
from sqlalchemy import select

from ppvcms.accounts import audit
from ppvcms.content import sniff, stored
from ppvcms.content.library import files
from ppvcms.content.library.items import Item, item, view
from ppvcms.content.library.uses import uses_of
from ppvcms.content.models import LibraryItem
from ppvcms.db import after_commit, db, now_ms, transaction
from ppvcms.errors import NotFoundError
from ppvcms.host.contract import FileLimits
from ppvcms.ids import new_id
from ppvcms.results import Refusal
from ppvcms.rooms.picture import widths_apart

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

WIDTHS = (320, 640, 1280, 2000)
MB = 1024 * 1024
LARGEST_PICTURE = 20 * MB
LARGEST_DOCUMENT = 50 * MB
IMAGE, DOCUMENT = "image", "document"
_SVG = b"<svg"
_HEAD = 1024
"""How many first bytes tell what a file is; a drawing may begin with remarks."""
_GIF = b"GIF8"


@dataclass(frozen=True, slots=True)
class Added:
    """What was kept; of a `moving` picture, its first moment."""

    item: Item
    moving: bool = False


def add(stream: IO[bytes], *, name: str, private: bool, actor_id: str | None) -> Added | Refusal:
    """Keep a picture or a document (PDF); documents are always private.

    The refusals are "svg", "kind", "too_large" and "invalid": nothing was kept.
    """
    item_id = new_id()
    placed = _placed(stream, item_id, name=name, private=private)
    if isinstance(placed, Refusal):
        return placed
    values, moving = placed

    def act(session: Session) -> Item:
        now = now_ms(session)
        row = LibraryItem(id=item_id, name=_plain(name), made_at=now, changed_at=now, **values)
        session.add(row)
        _attach(session, row)
        _note(session, "added", row, actor_id)
        return view(row)

    return Added(transaction(act), moving)


def replace(item_id: str, stream: IO[bytes], *, name: str, actor_id: str | None) -> Added | Refusal:
    """Put another file in the place of one: everything that shows it shows the new one.

    A picture stays a picture, what is private stays so. The refusals are those of `add`.

    Raises:
        NotFoundError: There is no such item.
    """
    before = item(item_id)
    placed = _placed(stream, item_id, name=name, private=before.picture is None, only=before.kind)
    if isinstance(placed, Refusal):
        return placed
    values, moving = placed

    def act(session: Session) -> Item:
        row = _locked(session, item_id)
        old_digest, old_file = row.digest, row.file_id
        for key, value in values.items():
            setattr(row, key, value)
        row.changed_at = now_ms(session)
        _attach(session, row)
        if old_file is not None:
            stored.delete_file(session, old_file)
        if old_digest != row.digest:
            after_commit(session, lambda: files.forget(old_digest))
        _note(session, "replaced", row, actor_id)
        return view(row)

    return Added(transaction(act), moving)


def change(
    item_id: str, *, name: str, alt: str, audience: str, actor_id: str | None
) -> Refusal | None:
    """Change what an item is called, what it shows, and who may open it if it is private.

    Raises:
        NotFoundError: There is no such item.
    """
    if not _plain(name):
        return Refusal("name", _("It needs a name. Nothing was changed."))

    def act(session: Session) -> None:
        row = _locked(session, item_id)
        row.name, row.alt = _plain(name), " ".join(alt.split())[:300]
        row.audience = audience if row.file_id is not None else ""
        row.changed_at = now_ms(session)
        _note(session, "changed", row, actor_id)

    transaction(act)
    return None


def delete(item_id: str, *, actor_id: str | None) -> Refusal | None:
    """Delete an item that nothing shows; the refusal "used" says how many places do."""

    def act(session: Session) -> Refusal | None:
        row = _locked(session, item_id)
        used = uses_of(session, item_id)
        if used:
            return Refusal(
                "used",
                _("It is used in %(count)s places. Nothing was deleted.", count=len(used)),
                _("Take it away there first."),
            )
        digest, file_id = row.digest, row.file_id
        _note(session, "deleted", row, actor_id)
        session.delete(row)
        session.flush()
        if file_id is not None:
            stored.delete_file(session, file_id)
        after_commit(session, lambda: files.forget(digest))
        return None

    return transaction(act)


def tidy() -> int:
    """Remove what killed processes left of pictures, and return how many there were."""
    known = set(db.session.scalars(select(LibraryItem.digest)))
    return files.sweep(known)


def _placed(
    stream: IO[bytes], item_id: str, *, name: str, private: bool, only: str = ""
) -> tuple[dict[str, Any], bool] | Refusal:
    """Put a file where it belongs and return what its row says, and whether it moved."""
    head = stream.read(_HEAD)
    stream.seek(0)
    kind = _kind(head)
    if isinstance(kind, Refusal):
        return kind
    if only and kind != only:
        return Refusal(
            "kind",
            _("A picture is replaced by a picture, a document by a document. Nothing was changed."),
        )
    if private or kind == DOCUMENT:
        return _shut_away(stream, name, kind)
    return _shown(stream, item_id)


def _kind(head: bytes) -> str | Refusal:
    if _SVG in head.lower():
        return Refusal(
            "svg",
            _("SVG drawings can hold programs, so they are not taken. Nothing was kept."),
            _("Save it as PNG or WebP."),
        )
    found = sniff.kind_of(head)
    if head.startswith(_GIF) or (found is not None and found.kind == IMAGE):
        return IMAGE
    if found is sniff.PDF:
        return DOCUMENT
    return Refusal(
        "kind", _("The library takes JPEG, PNG, WebP, GIF and PDF files. Nothing was kept.")
    )


def _shown(stream: IO[bytes], item_id: str) -> tuple[dict[str, Any], bool] | Refusal:
    data = stream.read(LARGEST_PICTURE + 1)
    if len(data) > LARGEST_PICTURE:
        return Refusal(
            "too_large",
            _("A picture may have at most %(most)s MB. It was not kept.", most=20),
            _("Save it smaller and send it again."),
        )
    found = widths_apart(data, WIDTHS)
    if found is None:
        return Refusal(
            "invalid",
            _("This is no picture that can be read, or it has too many pixels. It was not kept."),
        )
    values = {
        "kind": IMAGE,
        "content_type": found.content_type,
        "digest": files.put(item_id, found),
        "widths": {str(one.width): one.height for one in found.pictures},
        "file_id": None,
        "size": sum(len(one.data) for one in found.pictures),
    }
    return values, found.moving


def _shut_away(stream: IO[bytes], name: str, kind: str) -> tuple[dict[str, Any], bool] | Refusal:
    most = LARGEST_PICTURE if kind == IMAGE else LARGEST_DOCUMENT
    kept = stored.save_file(
        stream,
        slug=stored.LIBRARY,
        owner_id=None,
        name=name,
        limits=FileLimits(most, (kind,)),
        kept=False,
    )
    if isinstance(kept, Refusal):
        return kept
    values = {
        "kind": kind,
        "content_type": kept.content_type,
        "digest": "",
        "widths": {},
        "file_id": kept.id,
        "size": kept.size,
    }
    return values, False


def _attach(session: Session, row: LibraryItem) -> None:
    if row.file_id is not None:
        stored.keep_file(session, row.file_id, slug=stored.LIBRARY, owner_id=None)
    session.flush()


def _locked(session: Session, item_id: str) -> LibraryItem:
    row = session.get(LibraryItem, item_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFoundError(item_id[:40])
    return row


def _plain(name: str) -> str:
    """Return a name for people, on one line and without a folder."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return " ".join("".join(sign for sign in last if sign.isprintable()).split())[:120]


def _note(session: Session, what: str, row: LibraryItem, actor_id: str | None) -> None:
    facts = {"name": row.name, "alt": row.alt, "size": row.size, "audience": row.audience}
    subject = f"library:{row.id}"
    audit.record(session, actor_id, f"content.library.{what}", subject, data=facts)
