"""What a page was after every save: kept, compared, brought back."""

from __future__ import annotations

import difflib
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select

from ppvcms.accounts.models import User
from ppvcms.content.blocks import blocks_of
from ppvcms.content.models import Page, PageRevision
from ppvcms.db import db, now_ms
from ppvcms.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

    from ppvcms.content.blocks import Placed

MOST = 50
"""So many saves of a page are kept; older ones go."""
WORDS = ("title", "blocks", "search_title", "search_text", "no_index")
"""What going back to a save brings back."""


@dataclass(frozen=True, slots=True)
class Draft:
    """All that a save writes of a page; `publish_at` is a moment or None for at once."""

    slug: str
    title: str
    blocks: tuple[Placed, ...]
    published: bool = True
    publish_at: int | None = None
    audience: str = "all"
    search_title: str = ""
    search_text: str = ""
    no_index: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a comparison: `sign` is ``-`` gone, ``+`` new, a space for kept."""

    sign: str
    text: str


def draft_of(row: Page) -> Draft:
    """Return a page as it stands."""
    return _draft({field.name: getattr(row, field.name) for field in fields(Draft)})


def draft_in(revision: PageRevision) -> Draft:
    """Return the page as it was kept; what was not known then has its default."""
    known = {field.name for field in fields(Draft)}
    given: dict[str, Any] = {key: value for key, value in revision.content.items() if key in known}
    return _draft(given)


def keep(session: Session, row: Page, actor_id: str | None) -> None:
    """Keep a page as it stands now, and forget the oldest beyond `MOST`."""
    actor = session.get(User, actor_id) if actor_id else None
    session.add(
        PageRevision(
            id=new_id(),
            page_id=row.id,
            made_at=now_ms(session),
            actor_name=actor.display_name if actor else "",
            content=asdict(draft_of(row)),
        )
    )
    session.flush()
    newest_first = (PageRevision.made_at.desc(), PageRevision.id.desc())
    of_page = select(PageRevision.id).where(PageRevision.page_id == row.id)
    old = session.scalars(of_page.order_by(*newest_first).offset(MOST)).all()
    session.execute(delete(PageRevision).where(PageRevision.id.in_(old)))


def has_any(session: Session, page_id: str) -> bool:
    """Whether a page was ever kept; those made with the site were not."""
    found = select(PageRevision.id).where(PageRevision.page_id == page_id).limit(1)
    return session.scalar(found) is not None


def revisions(page_id: str) -> list[PageRevision]:
    """Return the kept saves of a page, the newest first."""
    return list(
        db.session.scalars(
            select(PageRevision)
            .where(PageRevision.page_id == page_id)
            .order_by(PageRevision.made_at.desc(), PageRevision.id.desc())
        )
    )


def revision(page_id: str, revision_id: str) -> PageRevision | None:
    """Return one kept save of a page."""
    row = db.session.get(PageRevision, revision_id)
    return row if row is not None and row.page_id == page_id else None


def changed_fields(old: Draft, new: Draft) -> list[str]:
    """Return the names of what differs, the blocks left out: pure."""
    names = (field.name for field in fields(Draft) if field.name != "blocks")
    return [name for name in names if getattr(old, name) != getattr(new, name)]


def changed_lines(old: str, new: str) -> list[Line]:
    """Return the lines of two texts, with two kept ones around each change: pure."""
    return list(_lines(old, new)) if old != new else []


def _draft(given: dict[str, Any]) -> Draft:
    return Draft(**given | {"blocks": blocks_of(given["blocks"])})


def _lines(old: str, new: str) -> Iterator[Line]:
    found = difflib.unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=2)
    for number, text in enumerate(found):
        # First come the two names of files and the place of the first change.
        if text.startswith("@@") and number > 2:  # noqa: PLR2004
            yield Line("…", "")
        elif number > 2:  # noqa: PLR2004
            yield Line(text[:1], text[1:])
