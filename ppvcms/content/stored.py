"""Files of people: kept outside of what is served, opened by short-lived links (PI-19).

A link names a file, a person and an end, and is signed. It opens nothing by
itself: at every request of bytes the file's own plugin is asked again, and
anything but a yes sends nothing.
"""

from __future__ import annotations

import hashlib
import os
import time
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from flask import current_app
from flask_babel import gettext as _
from itsdangerous import BadData, URLSafeSerializer
from sqlalchemy import delete, func, select

from ppvcms.content import sniff
from ppvcms.content.audiences import admits
from ppvcms.content.models import FileRecord, LibraryItem
from ppvcms.db import after_commit, db, now_ms, transaction
from ppvcms.errors import NotFoundError
from ppvcms.host import dispatch
from ppvcms.host.contract import FileLimits, StoredFile
from ppvcms.ids import new_id
from ppvcms.results import Refusal
from ppvcms.rooms.picture import encode_apart

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy.orm import Session

    from ppvcms.accounts.actor import Actor
    from ppvcms.config import Config

LIBRARY = "media"
"""The slug of the library's files, which no plugin may have."""
LINK_LIVES_MS = 300_000
PART = 1024 * 1024
LONGEST_NAME = 100
LARGEST_PICTURE = 30 * 1024 * 1024
"""A picture is decoded in memory, so a larger one is refused before."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A file whose bytes may be sent now; `download` wants it kept rather than shown."""

    file: StoredFile
    path: Path
    digest: str
    download: bool


def save_file(
    stream: IO[bytes],
    *,
    slug: str,
    owner_id: str | None,
    name: str,
    limits: FileLimits,
    kept: bool = True,
) -> StoredFile | Refusal:
    """Keep what a stream brings for a plugin, if it is of a kind and size that may be kept.

    The kind is told from the bytes. Pictures are written anew, without what
    cameras add. What is not `kept` is forgotten after a day unless `keep_file`
    attaches it to something. The refusals are "too_large", "kind" and "invalid".
    """
    path = fresh_path()
    try:
        size = _copy(stream, path, limits.most_bytes)
    except OSError:
        path.unlink(missing_ok=True)
        raise
    if size is None:
        path.unlink(missing_ok=True)
        return Refusal(
            "too_large",
            _("This file is larger than %(most)s MB. It was not kept.", most=_mb(limits)),
        )
    return adopt(path, slug=slug, owner_id=owner_id, name=name, limits=limits, kept=kept)


def adopt(
    path: Path, *, slug: str, owner_id: str | None, name: str, limits: FileLimits, kept: bool
) -> StoredFile | Refusal:
    """Make a file at its final place known, or delete it and say why not.

    `kept` is False for what nobody has attached to anything yet.
    """
    with path.open("rb") as file:
        found = sniff.kind_of(file.read(sniff.HEAD))
    if found is None or found.kind not in limits.kinds:
        path.unlink()
        return Refusal("kind", _("This kind of file is not taken here. Nothing was kept."))
    facts: dict[str, int] = {}
    if found.kind == "image":
        sides = _write_anew(path, limits.widest)
        if sides is None:
            path.unlink()
            return Refusal("invalid", _("This is not a picture that can be read. It was not kept."))
        found, facts = sniff.JPEG, {"width": sides[0], "height": sides[1]}
    values = {
        "id": path.name,
        "slug": slug,
        "owner_id": owner_id,
        "name": _clean(name, found.suffix),
        "kind": found.kind,
        "content_type": found.content_type,
        "size": path.stat().st_size,
        "digest": _digest(path),
        "facts": facts,
        "kept": kept,
    }
    return transaction(lambda session: _add(session, values))


def file_of(file_id: str) -> StoredFile:
    """Return what is known of a file.

    Raises:
        NotFoundError: There is no such file.
    """
    row = db.session.get(FileRecord, file_id, populate_existing=True)
    if row is None:
        raise NotFoundError(file_id)
    return view(row)


def open_file(file_id: str) -> IO[bytes]:
    """Open the bytes of a file, for the plugin that keeps it.

    Raises:
        NotFoundError: There is no such file.
    """
    file_of(file_id)
    return path_of(file_id).open("rb")


def keep_file(
    session: Session, file_id: str, *, slug: str, owner_id: str | None
) -> StoredFile | Refusal:
    """Attach an uploaded file of somebody to something of the plugin, so that it stays."""
    row = session.get(FileRecord, file_id, with_for_update=True, populate_existing=True)
    if row is None or row.slug != slug or row.owner_id != owner_id:
        return Refusal(
            "file", _("This file is not here any more. Nothing was saved."), _("Upload it again.")
        )
    row.kept = True
    session.flush()
    return view(row)


def publish_file(session: Session, file_id: str, *, public: bool) -> None:
    """Let everybody see a picture or a teaser, or nobody but whom the plugin permits."""
    row = session.get(FileRecord, file_id, with_for_update=True, populate_existing=True)
    if row is not None:
        row.public = public


def delete_file(session: Session, file_id: str) -> None:
    """Forget a file, and delete its bytes once the transaction is committed."""
    session.execute(delete(FileRecord).where(FileRecord.id == file_id))
    path = path_of(file_id)
    after_commit(session, lambda: path.unlink(missing_ok=True))


def used_by(owner_id: str) -> int:
    """Return how many bytes somebody's files have together."""
    query = select(func.coalesce(func.sum(FileRecord.size), 0)).where(
        FileRecord.owner_id == owner_id
    )
    return int(db.session.scalar(query) or 0)


def file_link(file_id: str, actor: Actor, *, download: bool = False) -> str:
    """Return an address of a file that works for this person alone, for five minutes."""
    ends_at = now_ms(db.session()) + LINK_LIVES_MS
    what = "save" if download else "show"
    return f"/files/{_signer().dumps([file_id, actor.user_id or '', ends_at, what])}"


def public_link(file_id: str) -> str:
    """Return the lasting address of a file that everybody may see (`publish_file`)."""
    return f"/files/public/{file_id}"


def open_link(token: str, actor: Actor) -> Opened:
    """Return the file of a link, if it may be opened by this person now (PI-19).

    Raises:
        NotFoundError: The link is bent, old, another person's, its file is gone,
            or the file's plugin does not permit it. Nothing says which.
    """
    file_id, user_id, ends_at, what = _words_of(token)
    if user_id != (actor.user_id or "") or now_ms(db.session()) >= ends_at:
        raise NotFoundError(token[:40])
    row = db.session.get(FileRecord, file_id, populate_existing=True)
    if row is None or not _permitted(row, actor):
        raise NotFoundError(token[:40])
    return _opened(row, download=what != "show")


def opens_library(item: LibraryItem, actor: Actor) -> bool:
    """Whether somebody may open a private item of the library."""
    return actor.can("library.manage") or admits(item.audience, actor)


def open_public(file_id: str) -> Opened:
    """Return a file that everybody may see.

    Raises:
        NotFoundError: There is no such file, or it is not for everybody.
    """
    row = db.session.get(FileRecord, file_id, populate_existing=True)
    if row is None or not row.public:
        raise NotFoundError(file_id)
    return _opened(row, download=False)


def view(row: FileRecord) -> StoredFile:
    """Return a file as plugins know it."""
    return StoredFile(
        id=row.id,
        slug=row.slug,
        owner_id=row.owner_id,
        name=row.name,
        kind=row.kind,
        content_type=row.content_type,
        size=row.size,
        public=row.public,
        facts=dict(row.facts),
    )


def home() -> Path:
    """Return the folder of all files, which no server serves."""
    config: Config = current_app.config["PPVCMS"]
    return config.instance / "files"


def path_of(file_id: str) -> Path:
    """Return where the bytes of a file lie; names are ours, never a person's."""
    if not (file_id.isascii() and file_id.isalnum()):
        raise NotFoundError(file_id[:40])
    return home() / file_id[-2:] / file_id


def fresh_path() -> Path:
    """Return a place for a new file, named by its id."""
    path = path_of(new_id())
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def _words_of(token: str) -> tuple[str, str, int, str]:
    """Return what a link of ours says."""
    try:
        words = _signer().loads(token)
    except BadData:
        words = None
    match words:
        case [str(file_id), str(user_id), int(ends_at), str(what)]:
            return file_id, user_id, ends_at, what
    raise NotFoundError(token[:40])


def _permitted(row: FileRecord, actor: Actor) -> bool:
    if row.slug != LIBRARY:
        return dispatch.permits(row.slug, "check_file", file=view(row), actor=actor)
    item = db.session.scalars(select(LibraryItem).where(LibraryItem.file_id == row.id)).first()
    return item is not None and opens_library(item, actor)


def _opened(row: FileRecord, *, download: bool) -> Opened:
    path, inline = path_of(row.id), sniff.BY_TYPE[row.content_type].inline
    if not path.is_file():
        raise NotFoundError(row.id)
    return Opened(view(row), path, row.digest, download=download or not inline)


def _add(session: Session, values: dict[str, Any]) -> StoredFile:
    row = FileRecord(**values, public=False, made_at=now_ms(session))
    session.add(row)
    session.flush()
    return view(row)


def _copy(stream: IO[bytes], path: Path, most: int) -> int | None:
    """Write a stream to a file; None when it has more bytes than may be."""
    size = 0
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        while part := stream.read(PART):
            size += len(part)
            if size > most:
                return None
            file.write(part)
    return size


def _write_anew(path: Path, widest: int) -> tuple[int, int] | None:
    if path.stat().st_size > LARGEST_PICTURE:
        return None
    encoded = encode_apart(path.read_bytes(), widest)
    if encoded is None:
        return None
    path.write_bytes(encoded.data)
    return encoded.width, encoded.height


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        found = hashlib.sha256()
        while part := file.read(PART):
            found.update(part)
            # A large file must not stop everybody else of a green server.
            time.sleep(0)
    return found.hexdigest()


def _clean(name: str, suffix: str) -> str:
    """Return a name for people: nothing that leads elsewhere, ending as its content says."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    plain = "".join(sign for sign in last if sign.isprintable() and sign not in '<>:"|?*')
    stem = plain.rsplit(".", 1)[0].strip(" .")[:LONGEST_NAME]
    return f"{stem or 'file'}{suffix}"


def _mb(limits: FileLimits) -> int:
    return limits.most_bytes // (1024 * 1024)


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="ppvcms.file")
