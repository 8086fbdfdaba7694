"""Files and recordings of questions: checked before anything is sent (MS-04, R-55)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from flask_babel import gettext as _
from sqlalchemy import select

from ppvcms.api import (
    FileLimits,
    Refusal,
    db,
    delete_file,
    new_id,
    save_file,
    settings,
    transaction,
)

from .models import Question, QuestionAttachment
from .offers import SLUG

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from ppvcms.api import Actor, StoredFile

MEGABYTE = 1024 * 1024
MOST_FILES = 3


@dataclass(frozen=True, slots=True)
class Incoming:
    """A file that came with a form; `recorded` is audio or video when the page recorded it."""

    stream: IO[bytes]
    name: str
    recorded: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that passed the check, and how a page shows it."""

    file: StoredFile
    kind: str


def lacks(kind: str, incoming: Sequence[Incoming]) -> Refusal | None:
    """Return why files do not fit a kind of question."""
    nothing = _("Nothing was sent and nothing was taken.")
    if len(incoming) > MOST_FILES:
        return Refusal("files", f"{_('Attach at most %(most)s files.', most=MOST_FILES)} {nothing}")
    if kind != "text" and not any(one.recorded == kind for one in incoming):
        words = _("Record your voice first.") if kind == "audio" else _("Record yourself first.")
        return Refusal("recording", f"{words} {nothing}")
    return None


def keep(actor: Actor, incoming: Sequence[Incoming]) -> list[Kept] | Refusal:
    """Check and keep files; one that fails leaves none of them."""
    limits = FileLimits(most_bytes=settings(SLUG).attach_mb * MEGABYTE)
    kept: list[Kept] = []
    for one in incoming:
        saved = save_file(
            one.stream, slug=SLUG, owner_id=actor.user_id, name=one.name, limits=limits
        )
        if isinstance(saved, Refusal):
            drop_unused(kept)
            nothing = _("Nothing was sent and nothing was taken.")
            return Refusal(saved.code, f"{one.name}: {saved.reason} {nothing}", saved.remedy)
        # A recorded voice comes in the same box as a film.
        shown = one.recorded if one.recorded and saved.kind in {"audio", "video"} else saved.kind
        kept.append(Kept(saved, shown))
    if sum(one.file.size for one in kept) > limits.most_bytes:
        drop_unused(kept)
        words = _("The files are larger than %(most)s MB together.", most=settings(SLUG).attach_mb)
        return Refusal("too_large", f"{words} {_('Nothing was sent and nothing was taken.')}")
    return kept


def attach(
    session: Session, question_id: str, kept: Sequence[Kept], *, reply_id: str | None = None
) -> None:
    """Put kept files to a question, or to a reply to it."""
    for one in kept:
        session.add(
            QuestionAttachment(
                id=new_id(),
                question_id=question_id,
                reply_id=reply_id,
                file_id=one.file.id,
                name=one.file.name,
                kind=one.kind,
                size=one.file.size,
            )
        )
    session.flush()


def drop_unused(kept: Sequence[Kept]) -> None:
    """Delete the files of an act that was refused or repeated."""
    ids = [one.file.id for one in kept]
    used = set(
        db.session.scalars(
            select(QuestionAttachment.file_id).where(QuestionAttachment.file_id.in_(ids))
        )
    )
    for file_id in set(ids) - used:
        transaction(lambda session, file_id=file_id: delete_file(session, file_id))  # type: ignore[misc]


def may_open(file: StoredFile, actor: Actor) -> bool:
    """Whether somebody may have the bytes of a file: both sides of its question alone."""
    query = (
        select(Question.sender_id, Question.performer_id)
        .join(QuestionAttachment, QuestionAttachment.question_id == Question.id)
        .where(QuestionAttachment.file_id == file.id)
    )
    sides = db.session.execute(query).first()
    return sides is not None and actor.user_id in tuple(sides)


def attachment_of(attachment_id: str, actor: Actor) -> QuestionAttachment | None:
    """Return an attachment of somebody's own question, or None."""
    row = db.session.get(QuestionAttachment, attachment_id)
    question = db.session.get(Question, row.question_id) if row is not None else None
    if question is None or actor.user_id not in {question.sender_id, question.performer_id}:
        return None
    return row
