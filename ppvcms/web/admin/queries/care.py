"""Mails and the audit log, page by page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, or_, select

from ppvcms.accounts.models import AuditLog, Mail, User
from ppvcms.db import db
from ppvcms.notices.models import Notice, NoticeDelivery
from ppvcms.rooms.models import Room
from ppvcms.web.admin.queries.paging import Page, page_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from sqlalchemy import Select

MOST_ROWS = 50_000
MOST_ACTORS = 300
SYSTEM = "system"
"""Who did it when nobody did: periodic work and commands."""


@dataclass(frozen=True, slots=True)
class AuditFilters:
    """What the audit log is narrowed to; moments are epoch milliseconds."""

    words: str = ""
    action: str = ""
    subject: str = ""
    actor_id: str = ""
    since: int | None = None
    until: int | None = None


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """A notice on its way on a plugin's channel, and to whom."""

    row: NoticeDelivery
    title: str
    user_id: str
    person: str


def mails(*, state: str = "", words: str = "", page: int = 1) -> Page[Mail]:
    """Return mails, the newest first; `words` look into receiver and subject."""
    query = select(Mail).order_by(Mail.made_at.desc(), Mail.id.desc())
    if state:
        query = query.where(Mail.state == state)
    if words:
        like = f"%{words}%"
        query = query.where(or_(Mail.to.ilike(like), Mail.subject.ilike(like)))
    return page_of(query, lambda rows: [row[0] for row in rows], page)


def deliveries(*, state: str = "", page: int = 1) -> Page[DeliveryRow]:
    """Return what goes out on plugins' channels, the newest first."""
    query = (
        select(NoticeDelivery, Notice.title, Notice.user_id, User.display_name)
        .join(Notice, Notice.id == NoticeDelivery.notice_id)
        .join(User, User.id == Notice.user_id)
        .order_by(NoticeDelivery.id.desc())
    )
    if state:
        query = query.where(NoticeDelivery.state == state)
    return page_of(query, lambda rows: [DeliveryRow(*row) for row in rows], page)


def audit_page(filters: AuditFilters, page: int = 1) -> Page[AuditLog]:
    """Return one page of the log, the newest first."""
    return page_of(_query(filters), lambda rows: [row[0] for row in rows], page)


def audit_rows(filters: AuditFilters) -> Iterator[AuditLog]:
    """Yield the log for an export, the newest first, at most 50,000."""
    yield from db.session.scalars(_query(filters).limit(MOST_ROWS))


def subject_names(subjects: Collection[str]) -> dict[str, str]:
    """Return the names of people and rooms, by subjects such as ``user:<id>``."""
    ids: dict[str, set[str]] = {"user": set(), "room": set()}
    for subject in subjects:
        kind, _colon, key = subject.partition(":")
        ids.get(kind, set()).add(key)
    people = select(User.id, User.display_name).where(User.id.in_(ids["user"]))
    rooms = select(Room.id, Room.title).where(Room.id.in_(ids["room"]))
    found = {f"user:{key}": name for key, name in db.session.execute(people)}
    return found | {f"room:{key}": title for key, title in db.session.execute(rooms)}


def acts() -> list[str]:
    """Return the actions that there are, each area before its own."""
    actions = set(db.session.scalars(select(AuditLog.action).distinct()))
    return sorted(actions | {action.partition(".")[0] for action in actions})


def actors() -> list[tuple[str, str]]:
    """Return who did something, by name, the most recent names."""
    query = (
        select(AuditLog.actor_id, func.max(AuditLog.actor_name))
        .where(AuditLog.actor_id.is_not(None))
        .group_by(AuditLog.actor_id)
        .order_by(func.max(AuditLog.id).desc())
        .limit(MOST_ACTORS)
    )
    found = [(str(actor_id), name) for actor_id, name in db.session.execute(query)]
    return sorted(found, key=lambda one: one[1].casefold())


def _query(filters: AuditFilters) -> Select[*tuple[Any, ...]]:
    query = select(AuditLog).order_by(AuditLog.id.desc())
    if filters.words:
        like = f"%{filters.words}%"
        named = or_(AuditLog.actor_name.ilike(like), AuditLog.reason.ilike(like))
        query = query.where(or_(named, AuditLog.action.ilike(like), AuditLog.subject.ilike(like)))
    if filters.action:
        inside = AuditLog.action.startswith(f"{filters.action}.", autoescape=True)
        query = query.where(or_(inside, AuditLog.action == filters.action))
    if filters.actor_id:
        known = None if filters.actor_id == SYSTEM else filters.actor_id
        query = query.where(AuditLog.actor_id.is_not_distinct_from(known))
    if filters.subject:
        query = query.where(AuditLog.subject == filters.subject)
    if filters.since is not None:
        query = query.where(AuditLog.at >= filters.since)
    if filters.until is not None:
        query = query.where(AuditLog.at < filters.until)
    return query
