"""What a studio takes of a performer's side, from when and until when (R-49, CM-07).

A part is written when both have agreed, and only its end is ever changed: what was
earned before keeps its split (CM-10). Money is divided by the part of its moment.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import or_, select

from ppvcms.accounts import audit
from ppvcms.accounts.models import StudioPart, User
from ppvcms.db import db, now_ms
from ppvcms.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class PartView:
    """One time in which a studio shares with a performer; percents are whole.

    `collects`: the performer's own part goes to the studio's account too (CM-08).
    """

    id: str
    performer_id: str
    studio_id: str
    percent: int
    ratio_percent: int | None
    collects: bool
    source: str
    from_at: int
    until_at: int | None


def begin_part(
    session: Session,
    *,
    performer_id: str,
    studio_id: str,
    percent: int,
    ratio_percent: int | None = None,
    collects: bool = False,
    source: str,
    from_at: int | None = None,
) -> PartView:
    """Let a studio share from now on, or from a later moment; the part before it ends there.

    Raises:
        ValueError: A percent is out of 0 to 100, or somebody is their own studio.
    """
    percents = [percent, *([] if ratio_percent is None else [ratio_percent])]
    if not all(0 <= one <= 100 for one in percents) or performer_id == studio_id:  # noqa: PLR2004
        message = "percents are between 0 and 100, and nobody is their own studio"
        raise ValueError(message)
    # Two contracts of one performer at once: the second one ends the first.
    session.get_one(User, performer_id, with_for_update=True)
    now = now_ms(session)
    start = max(now, from_at or now)
    for part in _open_after(session, performer_id, start):
        part.until_at = max(start, part.from_at)
    row = StudioPart(
        id=new_id(),
        performer_id=performer_id,
        studio_id=studio_id,
        percent=percent,
        ratio_percent=ratio_percent,
        collects=collects,
        source=source,
        from_at=start,
    )
    session.add(row)
    session.flush()
    _note(session, "begun", row)
    return _view(row)


def end_part(
    session: Session, part_id: str, *, at: int | None = None, by: str | None = None
) -> PartView:
    """End a part now or at a later moment; one that ends earlier stays as it is.

    Raises:
        NoResultFound: There is no such part.
    """
    row = session.get_one(StudioPart, part_id, with_for_update=True, populate_existing=True)
    now = now_ms(session)
    end = max(now, at or now)
    if row.until_at is None or row.until_at > end:
        row.until_at = max(end, row.from_at)
        session.flush()
        _note(session, "ended", row, by)
    return _view(row)


def part_of(performer_id: str) -> PartView | None:
    """Return the studio's part that holds for a performer now."""
    found = parts(performer_id=performer_id, at=now_ms(db.session()))
    return found[-1] if found else None


def parts(
    *, performer_id: str | None = None, studio_id: str | None = None, at: int | None = None
) -> Sequence[PartView]:
    """Return the parts of a performer or a studio, the oldest first; `at` a moment, or all."""
    query = select(StudioPart).order_by(StudioPart.from_at, StudioPart.id)
    if performer_id is not None:
        query = query.where(StudioPart.performer_id == performer_id)
    if studio_id is not None:
        query = query.where(StudioPart.studio_id == studio_id)
    if at is not None:
        runs = or_(StudioPart.until_at.is_(None), StudioPart.until_at > at)
        query = query.where(StudioPart.from_at <= at, runs)
    rows = db.session.scalars(query.execution_options(populate_existing=True))
    return [_view(row) for row in rows]


def _open_after(session: Session, performer_id: str, moment: int) -> Sequence[StudioPart]:
    query = select(StudioPart).where(
        StudioPart.performer_id == performer_id,
        or_(StudioPart.until_at.is_(None), StudioPart.until_at > moment),
    )
    return session.scalars(query.execution_options(populate_existing=True)).all()


def _note(session: Session, what: str, row: StudioPart, by: str | None = None) -> None:
    audit.record(
        session,
        by,
        f"accounts.studio_part.{what}",
        f"user:{row.performer_id}",
        data={
            "studio": row.studio_id,
            "percent": row.percent,
            "from": row.from_at,
            "until": row.until_at,
            "source": row.source,
        },
    )


def _view(row: StudioPart) -> PartView:
    return PartView(
        id=row.id,
        performer_id=row.performer_id,
        studio_id=row.studio_id,
        percent=row.percent,
        ratio_percent=row.ratio_percent,
        collects=row.collects,
        source=row.source,
        from_at=row.from_at,
        until_at=row.until_at,
    )
