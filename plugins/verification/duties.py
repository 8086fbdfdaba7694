"""Periodic work: papers that expire, files that nothing knows, what the owner should see."""

from __future__ import annotations

import time
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select

from ppvcms.api import Problem, db, label, now_ms, send_notice, transaction

from . import vault
from .models import Paper, Person
from .review import counts, tell
from .services import State, day_of, locked, note
from .subjects import kinds_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

WARN_DAYS = 30
STRAY_S = 86_400


def look_at_dates() -> None:
    """Tell whose paper expires within 30 days, and ask for a new one when it has (MO-01)."""
    today = day_of(now_ms(db.session()))
    soon = (today + timedelta(days=WARN_DAYS)).isoformat()
    query = (
        select(Paper.user_id)
        .join(Person, Person.user_id == Paper.user_id)
        .where(
            Person.state == State.APPROVED,
            Paper.removed.is_(False),
            Paper.expires_on <= soon,
        )
        .distinct()
    )
    for user_id in list(db.session.scalars(query)):
        transaction(partial(_look_at, user_id=user_id, today=today.isoformat()))


def tidy() -> None:
    """Delete the files of papers whose upload was undone."""
    known = db.session.scalars(select(Paper.id).where(Paper.removed.is_(False)))
    for name in vault.strays(known, before_s=time.time() - STRAY_S):
        vault.shred(name)


def problems() -> list[Problem]:
    """Return what the owner should see: who waits, and who performs without papers."""
    found = counts()
    waiting, new = found[State.WAITING], found[State.NEW]
    texts = []
    if waiting:
        texts.append(
            ngettext(
                "%(num)d person waits to be verified.",
                "%(num)d people wait to be verified.",
                waiting,
            )
        )
    if new:
        texts.append(
            ngettext(
                "%(num)d %(role)s has sent no papers and may be off the lists.",
                "%(num)d %(role)s have sent no papers and may be off the lists.",
                new,
                role=label("performer", plural=new > 1),
            )
        )
    return [Problem(text, _("Look at Verification.")) for text in texts]


def _look_at(session: Session, *, user_id: str, today: str) -> None:
    row = locked(session, user_id)
    if row.state != State.APPROVED:
        return
    kinds = kinds_of(user_id)
    for paper in _last_of_each_kind(session, user_id):
        kind = kinds.get(paper.kind)
        if kind is None or paper.expires_on is None:
            continue
        if paper.expires_on <= today and kind.needed:
            row.state = State.MORE
            row.reason = _("%(paper)s has expired.", paper=kind.label)
            note(session, None, "paper.expired", row, {"paper": paper.id, "kind": paper.kind})
            tell(session, row, State.MORE, row.reason)
            return
        send_notice(
            session,
            row.account_id or user_id,
            "verification.expiring",
            values={"paper": _paper_text(row, kind.label), "day": paper.expires_on},
            link="/verification/" if row.account_id is None else f"/verification/for/{user_id}",
            key=f"verification:expiring:{paper.id}",
        )


def _paper_text(row: Person, label_: str) -> str:
    return f"{row.stage_name}: {label_}" if row.account_id is not None else label_


def last_papers(session: Session, user_ids: Sequence[str]) -> dict[str, list[Paper]]:
    """Return the paper of each kind that is valid longest, of each of these people."""
    query = select(Paper).where(Paper.user_id.in_(user_ids), Paper.removed.is_(False))
    best: dict[str, dict[str, Paper]] = {}
    for paper in session.scalars(query.order_by(Paper.id)):
        kinds = best.setdefault(paper.user_id, {})
        known = kinds.get(paper.kind)
        if known is None or (paper.expires_on or "9") >= (known.expires_on or "9"):
            kinds[paper.kind] = paper
    return {user_id: list(kinds.values()) for user_id, kinds in best.items()}


def _last_of_each_kind(session: Session, user_id: str) -> list[Paper]:
    """Return the paper of each kind that is valid longest, where it expires soon."""
    found = last_papers(session, [user_id]).get(user_id, [])
    soon = (day_of(now_ms(session)) + timedelta(days=WARN_DAYS)).isoformat()
    return [one for one in found if one.expires_on is not None and one.expires_on <= soon]
