"""Records by depiction: names used, papers seen by whom and when, dates and addresses (MO-02)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from ppvcms.api import db, room_of, transaction

from .models import Paper, Person, Present, Shown, View
from .services import details_of
from .subjects import names_of_subjects

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

    from ppvcms.api import ShowStarted

MOST = 1000


@dataclass(frozen=True, slots=True)
class Record:
    """One person of the records."""

    user_id: str
    stage_name: str
    papers: int
    seen_at: int | None
    shows: int
    last_shown_at: int | None


def note_show(event: ShowStarted) -> None:
    """Write down where and when somebody was shown; once for each show."""

    def act(session: Session) -> None:
        room = room_of(event.room_id)
        if room is None or session.get(Shown, event.show_id) is not None:
            return
        session.add(
            Shown(
                show_id=event.show_id,
                performer_id=room.performer_id,
                path=f"/rooms/{room.slug}",
                private=event.private,
                at=event.at,
            )
        )

    transaction(act)


def records() -> list[Record]:
    """Return everybody of whom there are papers or shows."""
    papers = _by_person(
        select(Paper.user_id, func.count(), func.max(View.at))
        .outerjoin(View, View.paper_id == Paper.id)
        .where(Paper.removed.is_(False))
        .group_by(Paper.user_id)
    )
    shows = _by_person(
        select(Shown.performer_id, func.count(), func.max(Shown.at)).group_by(Shown.performer_id)
    )
    shows |= _by_person(
        select(Present.subject_id, func.count(), func.max(Present.from_at))
        .join(Person, Person.user_id == Present.subject_id)
        .where(Present.show_id.is_not(None), Person.account_id.is_not(None))
        .group_by(Present.subject_id)
    )
    ids = sorted({*papers, *shows, *db.session.scalars(select(Person.user_id))})[:MOST]
    names = names_of_subjects(ids)
    found = [
        Record(one, names.get(one, ""), *papers.get(one, (0, None)), *shows.get(one, (0, None)))
        for one in ids
    ]
    return sorted(found, key=lambda one: one.stage_name.casefold())


def shows_of(user_id: str) -> list[Shown]:
    """Return where and when somebody was shown, the newest first; also in another's account."""
    row = db.session.get(Person, user_id)
    further = row is not None and row.account_id is not None
    there = select(Present.show_id).where(Present.subject_id == user_id)
    found = Shown.show_id.in_(there) if further else Shown.performer_id == user_id
    query = select(Shown).where(found).order_by(Shown.at.desc())
    return list(db.session.scalars(query.limit(MOST)))


def sheet(public_url: str) -> Iterator[list[str]]:
    """Yield the lines of the records as a table to hand over: a show in each."""
    for record in records():
        details = details_of(record.user_id)
        legal, others = (details.legal_name, details.other_names) if details else ("", "")
        about = [record.stage_name, legal, others, str(record.papers), _text(record.seen_at)]
        shows = [[_text(one.at), f"{public_url}{one.path}"] for one in shows_of(record.user_id)]
        yield from ([*about, *shown] for shown in shows or [["", ""]])


def _text(at: int | None) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="seconds") if at else ""


def _by_person(query: object) -> dict[str, tuple[int, int | None]]:
    rows = db.session.execute(query)  # type: ignore[call-overload] # both are selects
    return {row[0]: (row[1], row[2]) for row in rows}
