"""Telling who wants to hear: a day and a quarter of an hour before, and what changed (EV-02)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from ppvcms.api import NoticeKind, db, names_of, now_ms, send_notice, transaction

from .models import Event, Wish

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

DAY_MS, SOON_MS = 86_400_000, 15 * 60_000
KINDS = [
    NoticeKind(
        "events.day_before",
        _l("A day before an event you asked about"),
        _l("Tomorrow: %(title)s"),
        _l("%(who)s begins at %(begins_at)s."),
    ),
    NoticeKind(
        "events.soon",
        _l("A quarter of an hour before an event you asked about"),
        _l("In 15 minutes: %(title)s"),
        _l("%(who)s begins at %(begins_at)s."),
    ),
    NoticeKind(
        "events.moved",
        _l("An event you asked about has another time"),
        _l("%(title)s has another time"),
        _l("%(who)s now begins at %(begins_at)s. You will be reminded again."),
    ),
    NoticeKind(
        "events.cancelled",
        _l("An event you asked about is cancelled"),
        _l("%(title)s is cancelled"),
        _l("%(who)s has cancelled what was planned for %(begins_at)s. %(reason)s"),
    ),
]


def remind() -> None:
    """Remind of everything that is due; whoever was reminded is not again."""
    now = now_ms(db.session())
    planned = select(Event).where(Event.cancelled_at.is_(None), Event.starts_at > now)
    soon = planned.where(Event.soon_told_at.is_(None), Event.starts_at <= now + SOON_MS)
    tomorrow = planned.where(
        Event.day_told_at.is_(None),
        Event.starts_at <= now + DAY_MS,
        Event.starts_at > now + SOON_MS,
    )
    for query, kind in ((soon, "events.soon"), (tomorrow, "events.day_before")):
        for event_id in [event.id for event in db.session.scalars(query)]:
            transaction(partial(_remind, event_id=event_id, kind=kind))


def _remind(session: Session, *, event_id: str, kind: str) -> None:
    event = session.get(Event, event_id, with_for_update=True, populate_existing=True)
    mark = "soon_told_at" if kind == "events.soon" else "day_told_at"
    if event is None or event.cancelled_at is not None or getattr(event, mark) is not None:
        return
    setattr(event, mark, now_ms(session))
    tell_all(session, event, kind)


def tell_all(session: Session, event: Event, kind: str) -> None:
    """Tell everybody who wants to hear of an event, once for each of its versions."""
    who = names_of([event.performer_id]).get(event.performer_id, "")
    values: dict[str, Any] = {
        "who": who,
        "title": event.title,
        "begins_at": event.starts_at,
        "reason": event.cancelled_for,
    }
    for user_id in session.scalars(select(Wish.user_id).where(Wish.event_id == event.id)).all():
        send_notice(
            session,
            user_id,
            kind,
            values=values,
            link=f"/events/{event.id}",
            key=f"{kind}:{event.id}:{event.starts_at}:{event.version}",
            thread=f"{kind}:{event.id}",
        )
