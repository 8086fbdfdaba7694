"""Who may open what was sold or given: one record, one question, one clock (R-65).

Page, list, player, app and file ask `best`. The best right counts first: own,
member, then the rental that runs longest. Times are epoch milliseconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from flask_babel import gettext as _
from sqlalchemy import or_, select, update

from ppvcms.accounts import audit
from ppvcms.db import db, now_ms
from ppvcms.ids import new_id
from ppvcms.results import Refusal
from ppvcms.sales.models import Access

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.orm import Session

HOUR_MS = 3_600_000
START_WITHIN_H = 720
"""A rental that was never begun ends after so many hours (R-66)."""


class Right(StrEnum):
    """How somebody has an item, the best first; `goods` is one piece, bought as often as wanted."""

    OWN = "own"
    MEMBER = "member"
    RENTAL = "rental"
    GOODS = "goods"


ORDER = (Right.OWN, Right.MEMBER, Right.RENTAL, Right.GOODS)


@dataclass(frozen=True, slots=True)
class Offer:
    """What a purchase gives: for ever, for `hours` from the first play, or one piece.

    `uses` limits how often a file may be taken home, `days` for how long.
    """

    key: str
    right: Right
    hours: int | None = None
    uses: int | None = None
    days: int | None = None


@dataclass(frozen=True, slots=True)
class AccessView:
    """A right that holds; a rental that was not begun has no `started_at`."""

    id: str
    user_id: str
    slug: str
    item_id: str
    right: Right
    sale_id: str | None
    hours: int | None
    uses_left: int | None
    started_at: int | None
    ends_at: int | None
    given: bool
    made_at: int


@dataclass(frozen=True, slots=True)
class Source:
    """Where a right comes from: the transfer that paid for it, its sale, or who gave it and why."""

    transfer_id: str | None = None
    sale_id: str | None = None
    parent_id: str | None = None
    given_by: str | None = None
    reason: str = ""


def grant(
    session: Session,
    *,
    user_id: str,
    slug: str,
    item_id: str,
    offer: Offer,
    source: Source,
) -> AccessView:
    """Write a right, in the transaction that pays for it or that says who gave it (R-65).

    A rental begins at its first play; other rights end after the offer's days,
    or never.
    """
    now = now_ms(session)
    row = Access(
        id=new_id(),
        user_id=user_id,
        slug=slug,
        item_id=item_id,
        kind=offer.right,
        transfer_id=source.transfer_id,
        sale_id=source.sale_id,
        parent_id=source.parent_id,
        given_by=source.given_by,
        reason=source.reason,
        hours=offer.hours,
        uses_left=offer.uses,
        ends_at=_first_end(offer, now),
        revoked=False,
        made_at=now,
    )
    session.add(row)
    session.flush()
    return _view(row)


def give(
    session: Session,
    *,
    user_id: str,
    slug: str,
    item_id: str,
    given_by: str,
    reason: str,
    ends_at: int | None = None,
) -> AccessView:
    """Give somebody an item without payment, until a moment or for ever, and log it (PI-17)."""
    source, offer = Source(given_by=given_by, reason=reason[:200]), Offer("given", Right.OWN)
    given = grant(session, user_id=user_id, slug=slug, item_id=item_id, offer=offer, source=source)
    row = session.get_one(Access, given.id)
    row.ends_at = ends_at
    session.flush()
    audit.record(
        session,
        given_by,
        "sales.access.given",
        f"user:{user_id}",
        reason=reason,
        data={"access": row.id, "item": f"{slug}:{item_id}", "ends_at": ends_at},
    )
    return _view(row)


def best(
    session: Session, user_id: str | None, slug: str, item_ids: str | Sequence[str]
) -> AccessView | None:
    """Return the best right of a person to an item that holds now, or None (R-65).

    Several ids are asked as one, such as an item and what contains it.
    """
    ids = [item_ids] if isinstance(item_ids, str) else list(item_ids)
    rows = of_person(session, user_id, slug, ids) if user_id is not None else []
    return rows[0] if rows else None


def of_person(
    session: Session, user_id: str, slug: str, item_ids: Iterable[str] | None = None
) -> list[AccessView]:
    """Return the rights of a person that hold now, the best and newest first."""
    now = now_ms(session)
    query = select(Access).where(
        Access.user_id == user_id,
        Access.slug == slug,
        ~Access.revoked,
        or_(Access.ends_at.is_(None), Access.ends_at > now),
    )
    if item_ids is not None:
        query = query.where(Access.item_id.in_(list(item_ids)))
    rows = session.scalars(query.execution_options(populate_existing=True)).all()
    return sorted(map(_view, rows), key=_rank)


def history(session: Session, user_id: str, slug: str) -> list[AccessView]:
    """Return every right of a person, ended ones too, the newest first."""
    query = (
        select(Access)
        .where(Access.user_id == user_id, Access.slug == slug, ~Access.revoked)
        .order_by(Access.made_at.desc(), Access.id.desc())
        .execution_options(populate_existing=True)
    )
    return [_view(row) for row in session.scalars(query)]


def given_of(session: Session, slug: str, item_id: str) -> list[Access]:
    """Return who got an item without payment, the newest first (PI-17)."""
    query = (
        select(Access)
        .where(Access.slug == slug, Access.item_id == item_id, Access.given_by.is_not(None))
        .order_by(Access.made_at.desc())
    )
    return list(session.scalars(query))


def begin(session: Session, access_id: str) -> AccessView:
    """Start the clock of a rental at its first play; later plays change nothing (R-66).

    A start at the last second gets all of its hours.
    """
    row = session.get_one(Access, access_id, with_for_update=True, populate_existing=True)
    if row.kind == Right.RENTAL and row.started_at is None and row.hours is not None:
        row.started_at = now_ms(session)
        row.ends_at = row.started_at + row.hours * HOUR_MS
        session.flush()
    return _view(row)


def use(session: Session, access_id: str) -> Refusal | None:
    """Count one taking home, unless all are used (PI-15)."""
    row = session.get_one(Access, access_id, with_for_update=True, populate_existing=True)
    if row.uses_left is None:
        return None
    if row.uses_left <= 0:
        return Refusal("used", _("You have taken this home as often as it was sold for."))
    row.uses_left -= 1
    session.flush()
    return None


def revoke(session: Session, *, sale_id: str) -> None:
    """End what a sale gave, in the transaction that takes its money back (I18)."""
    session.execute(update(Access).where(Access.sale_id == sale_id).values(revoked=True))


def take_back(session: Session, access_id: str, *, actor_id: str | None, reason: str) -> None:
    """End a right that was given without payment, and log it."""
    row = session.get_one(Access, access_id, with_for_update=True, populate_existing=True)
    if row.given_by is None:
        return
    row.revoked = True
    audit.record(
        session,
        actor_id,
        "sales.access.ended",
        f"user:{row.user_id}",
        reason=reason,
        data={"access": row.id},
    )


def access_of(user_id: str | None, slug: str, item_ids: str | Sequence[str]) -> AccessView | None:
    """Return the best right of a person that holds now, as a request reads it (R-65)."""
    return best(db.session(), user_id, slug, item_ids)


def _first_end(offer: Offer, now: int) -> int | None:
    if offer.right is Right.RENTAL:
        return now + START_WITHIN_H * HOUR_MS
    return now + offer.days * 24 * HOUR_MS if offer.days is not None else None


def _rank(view: AccessView) -> tuple[int, int, int]:
    ends = view.ends_at if view.ends_at is not None else 2**62
    return ORDER.index(view.right), -ends, -view.made_at


def _view(row: Access) -> AccessView:
    return AccessView(
        id=row.id,
        user_id=row.user_id,
        slug=row.slug,
        item_id=row.item_id,
        right=Right(row.kind),
        sale_id=row.sale_id,
        hours=row.hours,
        uses_left=row.uses_left,
        started_at=row.started_at,
        ends_at=row.ends_at,
        given=row.given_by is not None,
        made_at=row.made_at,
    )
