"""Files that come part by part: after a broken line they go on where they stopped (PI-01).

The sender begins, sends parts at the offset that was reached, asks for the
offset when it does not know it, and ends with a digest of the whole. A part at
another offset changes nothing. What nobody goes on with is forgotten.
"""

from __future__ import annotations

import functools
import hashlib
import hmac
import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask_babel import gettext as _
from sqlalchemy import delete, func, select

from ppvcms.content import stored
from ppvcms.content.models import FileRecord, Upload
from ppvcms.db import after_commit, db, now_ms, transaction
from ppvcms.errors import NotFoundError
from ppvcms.host import registry
from ppvcms.ids import new_id
from ppvcms.results import Refusal

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy.orm import Session

    from ppvcms.accounts.actor import Actor
    from ppvcms.host.contract import StoredFile, UploadKind

PART = 4 * 1024 * 1024
"""How much the sender puts into one part, and the block that the digest is made of."""
MOST_OPEN = 8
QUOTA = 50 * 1024**3
"""Bytes that one person may keep here."""
ABANDONED_MS = 24 * 3_600_000
CHECKED_WITHIN_MS = 600_000


@dataclass(frozen=True, slots=True)
class UploadView:
    """How far an upload came; `file` is what it became."""

    id: str
    name: str
    size: int
    received: int
    file: StoredFile | None


def begin(actor: Actor, *, kind: str, name: str, size: int) -> UploadView | Refusal:
    """Make room for a file of so many bytes.

    The refusals are "forbidden", "too_large", "busy" and "quota".
    """
    wanted = registry.upload_kinds().get(kind)
    if wanted is None or actor.user_id is None or not actor.can(wanted.permission):
        return Refusal("forbidden", _("You cannot upload this here. Nothing was sent."))
    if not 0 < size <= wanted.limits.most_bytes:
        most = wanted.limits.most_bytes // 1024**2
        return Refusal(
            "too_large", _("A file may have at most %(most)s MB. Nothing was sent.", most=most)
        )
    user_id = actor.user_id
    return transaction(lambda session: _begin(session, user_id, wanted, name, size))


def look(actor: Actor, upload_id: str) -> UploadView:
    """Return how far an upload of this person came.

    Raises:
        NotFoundError: There is no such upload of this person.
    """
    row = db.session.get(Upload, upload_id, populate_existing=True)
    if row is None or row.user_id != actor.user_id:
        raise NotFoundError(upload_id[:40])
    return _view(row)


def add(actor: Actor, upload_id: str, *, offset: int, part: bytes) -> UploadView | Refusal:
    """Add a part at the offset that was reached; elsewhere nothing is written ("offset").

    Raises:
        NotFoundError: There is no such upload of this person.
    """
    look(actor, upload_id)
    if len(part) > PART:
        return Refusal("too_large", _("This part is too large. Nothing of it was kept."))

    def act(session: Session) -> UploadView | Refusal:
        row = session.get(Upload, upload_id, with_for_update=True, populate_existing=True)
        if row is None:
            raise NotFoundError(upload_id)
        if row.file_id is not None or offset != row.received or offset + len(part) > row.size:
            return Refusal(
                "offset",
                _("The upload is at another place. Nothing of this part was kept."),
                details={"offset": row.received},
            )
        # What a rollback leaves in the file is written over by the next part.
        _write(_path(upload_id), offset, part)
        row.received += len(part)
        row.touched_at = now_ms(session)
        return _view(row)

    return transaction(act)


def finish(actor: Actor, upload_id: str, *, digest: str) -> StoredFile | Refusal:
    """Check a complete upload against its sender's digest and keep it as a file.

    The digest is the SHA-256 of the SHA-256 values of its parts of 4 MB, in hex.
    A repeat gives the same file. The refusals are "incomplete", "digest", and
    those of `stored.save_file`.

    Raises:
        NotFoundError: There is no such upload of this person.
    """
    upload = look(actor, upload_id)
    if upload.file is not None:
        return upload.file
    if upload.received != upload.size:
        return Refusal("incomplete", _("The file is not here completely yet."))
    row = db.session.get_one(Upload, upload_id)
    kind = registry.upload_kinds().get(row.kind)
    if kind is None:
        return Refusal("forbidden", _("You cannot upload this here. Nothing was kept."))
    target = stored.path_of(upload_id)
    if not _claim(target, row):
        return Refusal("busy", _("This upload is being checked already."))
    answer = _check(target, digest) or stored.adopt(
        target,
        slug=kind.key.partition(".")[0],
        owner_id=actor.user_id,
        name=upload.name,
        limits=kind.limits,
        kept=False,
    )
    transaction(lambda session: _end(session, upload_id, answer))
    return answer


def cancel(actor: Actor, upload_id: str) -> None:
    """Forget an upload and what came of it."""
    look(actor, upload_id)
    transaction(lambda session: _forget(session, upload_id))


def tidy() -> int:
    """Forget uploads that nobody went on with for a day, and files that nobody attached."""

    def act(session: Session) -> int:
        before = now_ms(session) - ABANDONED_MS
        old = session.scalars(select(Upload.id).where(Upload.touched_at < before)).all()
        for upload_id in old:
            _forget(session, upload_id)
        loose = session.scalars(
            select(FileRecord.id).where(~FileRecord.kept, FileRecord.made_at < before)
        ).all()
        for file_id in loose:
            stored.delete_file(session, file_id)
        return len(old) + len(loose)

    return transaction(act)


def _begin(
    session: Session, user_id: str, kind: UploadKind, name: str, size: int
) -> UploadView | Refusal:
    mine = select(func.count(), func.coalesce(func.sum(Upload.size), 0)).where(
        Upload.user_id == user_id, Upload.file_id.is_(None)
    )
    count, waiting = session.execute(mine).one()
    if count >= MOST_OPEN:
        return Refusal(
            "busy",
            _("You have %(most)s uploads that wait. Nothing was sent.", most=MOST_OPEN),
            _("Let one of them end first."),
        )
    if stored.used_by(user_id) + int(waiting) + size > QUOTA:
        return Refusal("quota", _("There is no more room for your files. Nothing was sent."))
    now = now_ms(session)
    row = Upload(
        id=new_id(),
        user_id=user_id,
        kind=kind.key,
        name=name[:120],
        size=size,
        received=0,
        made_at=now,
        touched_at=now,
    )
    session.add(row)
    session.flush()
    path = _path(row.id)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
    return _view(row)


def _write(path: Path, offset: int, part: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(part)
        file.truncate()


def _check(path: Path, digest: str) -> Refusal | None:
    whole = hashlib.sha256()
    with path.open("rb") as file:
        while part := file.read(PART):
            whole.update(hashlib.sha256(part).digest())
            # A large file must not stop everybody else of a green server.
            time.sleep(0)
    if hmac.compare_digest(whole.hexdigest().encode(), digest.lower().encode()):
        return None
    path.unlink()
    return Refusal(
        "digest",
        _("What arrived is not the file that was sent. Nothing was kept."),
        _("Send it again."),
    )


def _end(session: Session, upload_id: str, answer: StoredFile | Refusal) -> None:
    if isinstance(answer, Refusal):
        session.execute(delete(Upload).where(Upload.id == upload_id))
        return
    row = session.get_one(Upload, upload_id, with_for_update=True, populate_existing=True)
    row.file_id = answer.id


def _forget(session: Session, upload_id: str) -> None:
    session.execute(delete(Upload).where(Upload.id == upload_id))
    left = [_path(upload_id)]
    if session.get(FileRecord, upload_id) is None:
        left.append(stored.path_of(upload_id))
    for path in left:
        after_commit(session, functools.partial(path.unlink, missing_ok=True))


def _claim(target: Path, row: Upload) -> bool:
    """Move the parts to the file's final place; who does so first, checks them.

    Whoever died over it leaves the file there, to be taken again after a while.
    """
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        _path(row.id).rename(target)
    except FileNotFoundError:
        return target.exists() and now_ms(db.session()) - row.touched_at > CHECKED_WITHIN_MS
    return True


def _path(upload_id: str) -> Path:
    return stored.home() / "parts" / stored.path_of(upload_id).name


def _view(row: Upload) -> UploadView:
    file = stored.file_of(row.file_id) if row.file_id is not None else None
    return UploadView(row.id, row.name, row.size, row.received, file)
