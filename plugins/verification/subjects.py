"""Whose papers somebody may bring: their own, those of people in their account, of their crew.

A subject is a person with papers: an account, by its id, or somebody further who
is seen in it (AC-12), by an id of their own.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import select

from ppvcms.api import db, names_of, part_of, person

from .forms import paper_kinds
from .models import Person

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ppvcms.api import Actor

    from .forms import PaperKind

PERFORM = "room.perform"
LEAD = "studio.manage"


class Hand(StrEnum):
    """What somebody may do for a subject: everything, or bring papers alone."""

    OWN = "own"
    PAPERS = "papers"


def hand_of(actor: Actor, subject_id: str) -> Hand | None:
    """Return what somebody may do for a subject, or None: it is not theirs."""
    if actor.user_id is None:
        return None
    if subject_id == actor.user_id:
        return Hand.OWN if actor.can(PERFORM) or actor.can(LEAD) else None
    row = db.session.get(Person, subject_id, populate_existing=True)
    if row is None or row.left_at is not None:
        return None
    if row.account_id is not None:
        return Hand.OWN if row.account_id == actor.user_id else None
    part = part_of(subject_id) if row.helper_id == actor.user_id else None
    helps = part is not None and part.studio_id == actor.user_id and actor.can(LEAD)
    return Hand.PAPERS if helps else None


def kinds_of(subject_id: str) -> dict[str, PaperKind]:
    """Return the papers that are asked of a subject: performer, further person or company."""
    row = db.session.get(Person, subject_id)
    if row is not None and row.account_id is not None:
        return paper_kinds("member_papers")
    return paper_kinds("company_papers" if is_company(subject_id) else "papers")


def is_company(subject_id: str) -> bool:
    """Whether somebody leads a studio and does not perform."""
    actor = person(subject_id)
    return actor is not None and actor.can(LEAD) and not actor.can(PERFORM)


def names_of_subjects(subject_ids: Iterable[str]) -> dict[str, str]:
    """Return the names that reviewers read: of who is further in an account, with its name."""
    ids = set(subject_ids)
    members = list(
        db.session.scalars(
            select(Person).where(Person.user_id.in_(ids), Person.account_id.is_not(None))
        )
    )
    known = names_of({*ids, *(row.account_id for row in members if row.account_id)})
    with_account = {
        row.user_id: f"{row.stage_name} ({known.get(row.account_id or '', '')})" for row in members
    }
    return {one: name for one, name in known.items() if one in ids} | with_account
