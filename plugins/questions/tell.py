"""Whom a question's fate is told, by the site's notices (MS-08): one mail a while per thread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_babel import lazy_gettext as _l

from ppvcms.api import NoticeKind, names_of, send_notice

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from .models import Question


def kinds() -> list[NoticeKind]:
    """Return the kinds of notices of questions."""
    return [
        NoticeKind(
            "questions.asked",
            _l("Somebody asks you a question"),
            _l("%(who)s asks you a question"),
            _l("Answer before %(deadline_at)s and earn your part of %(amount)s."),
            permission="room.perform",
        ),
        NoticeKind(
            "questions.answered",
            _l("A question of yours is answered"),
            _l("%(who)s answered your question"),
            _l("The answer is waiting for you."),
        ),
        NoticeKind(
            "questions.refused",
            _l("A question of yours is refused"),
            _l("%(who)s did not take your question"),
            _l("%(amount)s are back in your wallet. %(reason)s"),
        ),
        NoticeKind(
            "questions.returned",
            _l("A question had no answer in time"),
            _l("No answer from %(who)s"),
            _l("The time is over. %(amount)s are back in your wallet."),
        ),
        NoticeKind(
            "questions.missed",
            _l("You missed a question"),
            _l("A question of %(who)s ended without your answer"),
            _l("%(amount)s went back to them."),
            mail=False,
            permission="room.perform",
        ),
    ]


def asked(session: Session, question: Question, who: str) -> None:
    """Tell who was asked."""
    _send(session, question, question.performer_id, "asked", who)


def answered(session: Session, question: Question, who: str) -> None:
    """Tell who asked that there is an answer."""
    _send(session, question, question.sender_id, "answered", who)


def refused(session: Session, question: Question, who: str) -> None:
    """Tell who asked that the question was refused."""
    _send(session, question, question.sender_id, "refused", who)


def returned(session: Session, question: Question) -> None:
    """Tell both that the time is over."""
    names = names_of((question.sender_id, question.performer_id))
    asker, asked_one = names.get(question.sender_id, ""), names.get(question.performer_id, "")
    _send(session, question, question.sender_id, "returned", asked_one)
    _send(session, question, question.performer_id, "missed", asker)


def _send(session: Session, question: Question, user_id: str, kind: str, who: str) -> None:
    values: dict[str, Any] = {
        "who": who,
        "amount": question.price,
        "deadline_at": question.deadline_at,
        "reason": question.reason,
    }
    # Further replies to one question are told too, so only what ends once has a key.
    key = None if kind == "answered" else f"questions:{question.id}:{kind}"
    send_notice(
        session,
        user_id,
        f"questions.{kind}",
        values=values,
        link=f"/questions/{question.id}",
        key=key,
        thread=f"questions:{question.sender_id}:{question.performer_id}",
    )
