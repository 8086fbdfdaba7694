"""What the pages of questions show: lists by deadline, one question with its answers (MS-05)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask_babel import gettext as _
from sqlalchemy import func, select

from ppvcms.api import db, names_of

from .models import Question, QuestionAttachment, QuestionReply
from .services import OPEN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ppvcms.api import Actor

LATEST = 50


@dataclass(frozen=True, slots=True)
class Row:
    """One question in a list, with the name of the other side."""

    question: Question
    other: str


@dataclass(frozen=True, slots=True)
class Said:
    """What one side wrote, with its files."""

    mine: bool
    name: str
    text: str
    at: int
    attachments: tuple[QuestionAttachment, ...]


@dataclass(frozen=True, slots=True)
class Thread:
    """A question as one of its two sides sees it."""

    question: Question
    asked_me: bool
    other: str
    said: tuple[Said, ...]


def open_rows(user_id: str, *, asked: bool) -> list[Row]:
    """Return open questions, the next deadline first; `asked` are those put to this person."""
    mine = Question.performer_id if asked else Question.sender_id
    query = select(Question).where(mine == user_id, Question.state == OPEN)
    return _rows(db.session.scalars(query.order_by(Question.deadline_at)).all(), asked=asked)


def ended_rows(user_id: str, *, asked: bool) -> list[Row]:
    """Return the latest questions that have ended."""
    mine = Question.performer_id if asked else Question.sender_id
    query = select(Question).where(mine == user_id, Question.state != OPEN)
    latest = query.order_by(Question.ended_at.desc()).limit(LATEST)
    return _rows(db.session.scalars(latest).all(), asked=asked)


def waiting_count(performer_id: str) -> int:
    """Return how many open questions somebody has."""
    query = select(func.count()).where(
        Question.performer_id == performer_id, Question.state == OPEN
    )
    return db.session.scalar(query) or 0


def thread(question_id: str, actor: Actor) -> Thread | None:
    """Return a question for one of its sides, or None for everybody else."""
    row = db.session.get(Question, question_id, populate_existing=True)
    if row is None or actor.user_id not in {row.sender_id, row.performer_id}:
        return None
    names = names_of((row.sender_id, row.performer_id))
    asked_me = actor.user_id == row.performer_id
    asker = names.get(row.sender_id, _("Somebody"))
    answerer = names.get(row.performer_id, _("Somebody"))
    files = _attachments(question_id)
    first = Said(not asked_me, asker, row.text, row.made_at, files.get(None, ()))
    replies = [
        Said(asked_me, answerer, one.text, one.made_at, files.get(one.id, ()))
        for one in db.session.scalars(
            select(QuestionReply)
            .where(QuestionReply.question_id == question_id)
            .order_by(QuestionReply.made_at)
        )
    ]
    return Thread(row, asked_me, asker if asked_me else answerer, (first, *replies))


def state_name(state: str) -> str:
    """Return what a state is called on pages."""
    names: dict[str, str] = {
        "open": _("waiting"),
        "answered": _("answered"),
        "refused": _("refused, credits returned"),
        "withdrawn": _("taken back, credits returned"),
        "returned": _("no answer, credits returned"),
    }
    return names.get(state, state)


def kind_name(kind: str) -> str:
    """Return what a kind of question is called on pages."""
    names: dict[str, str] = {"text": _("Written"), "audio": _("Voice"), "video": _("Video")}
    return names.get(kind, kind)


def _attachments(question_id: str) -> dict[str | None, tuple[QuestionAttachment, ...]]:
    found: dict[str | None, tuple[QuestionAttachment, ...]] = {}
    query = select(QuestionAttachment).where(QuestionAttachment.question_id == question_id)
    for one in db.session.scalars(query.order_by(QuestionAttachment.id)):
        found[one.reply_id] = (*found.get(one.reply_id, ()), one)
    return found


def _rows(questions: Sequence[Question], *, asked: bool) -> list[Row]:
    ids = [one.sender_id if asked else one.performer_id for one in questions]
    names = names_of(ids)
    return [
        Row(one, names.get(other, _("Somebody"))) for one, other in zip(questions, ids, strict=True)
    ]
