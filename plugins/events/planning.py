"""Planning, moving and cancelling events inside the owner's limits (EV-01, EV-04)."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask_babel import gettext as _
from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError

from ppvcms.api import Refusal, announce, audit, new_id, now_ms, settings, transaction

from . import reminders
from .models import Event, Hours, Wish

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from ppvcms.api import Actor, RoomView

SLUG = "events"
MANAGE = "events.manage"
MINUTE_MS, HOUR_MS, DAY_MS = 60_000, 3_600_000, 86_400_000
LEAST_MS = 5 * MINUTE_MS
DAY_MIN = 1_440


@dataclass(frozen=True, slots=True)
class Draft:
    """An event as it shall be; moments in epoch milliseconds, `price` in minor units."""

    title: str
    starts_at: int
    ends_at: int
    mode: str
    text: str = ""
    price: int | None = None
    places: int = 0


def plan(room: RoomView, actor: Actor, draft: Draft, *, key: str) -> Event | Refusal:
    """Plan an event in one's own room and announce it; the same key plans once."""
    if actor.user_id != room.performer_id:
        return _not_yours()
    unique = f"{actor.user_id}:{key}"[:96]

    def act(session: Session) -> Event | Refusal:
        of_key = select(Event).where(Event.key == unique)
        known = session.scalar(of_key)
        if known is not None:
            return known
        refusal = _refusal(session, room.id, draft)
        if refusal is not None:
            # What stands in the way may be this very event, from a click beside this one.
            return session.scalar(of_key) or refusal
        now = now_ms(session)
        event = Event(
            id=new_id(),
            room_id=room.id,
            performer_id=room.performer_id,
            key=unique,
            made_at=now,
            changed_at=now,
        )
        _fill(event, draft)
        try:
            with session.begin_nested():
                session.add(event)
        except IntegrityError:
            return session.scalars(of_key).one()
        link = f"/events/{event.id}"
        announce(session, room.performer_id, "event", title=draft.title, link=link)
        return event

    return transaction(act)


def change(event_id: str, actor: Actor, draft: Draft) -> Event | Refusal:
    """Change an event that is not over; who waits for it hears when its time moved."""

    def act(session: Session) -> Event | Refusal:
        event = _own(session, event_id, actor)
        if isinstance(event, Refusal):
            return event
        refusal = _refusal(session, event.room_id, draft, but=event.id)
        if refusal is not None:
            return refusal
        moved = (event.starts_at, event.ends_at) != (draft.starts_at, draft.ends_at)
        _fill(event, draft)
        event.version, event.changed_at = event.version + 1, now_ms(session)
        if moved:
            event.day_told_at = event.soon_told_at = None
            reminders.tell_all(session, event, "events.moved")
        return event

    return transaction(act)


def cancel(event_id: str, actor: Actor, reason: str) -> Refusal | None:
    """Cancel an event and tell all who wanted to come; done again it changes nothing."""

    def act(session: Session) -> Refusal | None:
        event = _own(session, event_id, actor, managing=actor.can(MANAGE))
        if isinstance(event, Refusal):
            return event
        event.cancelled_at = event.changed_at = now_ms(session)
        event.cancelled_for, event.version = reason.strip()[:200], event.version + 1
        reminders.tell_all(session, event, "events.cancelled")
        if actor.user_id != event.performer_id:
            subject = f"event:{event.id}"
            audit(session, actor.user_id, "events.event.cancelled", subject, reason=reason)
        return None

    return transaction(act)


def wish(event_id: str, actor: Actor, *, on: bool) -> bool | Refusal:
    """Want to be reminded of an event, or not any more; return which holds now."""
    user_id = actor.user_id
    if user_id is None:
        return Refusal("sign_in", _("You are not signed in."), _("Sign in to be reminded."))

    def act(session: Session) -> bool | Refusal:
        event = session.get(Event, event_id)
        if event is None or event.cancelled_at is not None or event.ends_at <= now_ms(session):
            return Refusal("gone", _("This event is over or cancelled. Nothing was changed."))
        row = session.get(Wish, (event_id, user_id))
        if on and row is None:
            fresh = Wish(event_id=event_id, user_id=user_id, made_at=now_ms(session))
            with contextlib.suppress(IntegrityError), session.begin_nested():
                session.add(fresh)
        elif not on and row is not None:
            session.delete(row)
        return on

    return transaction(act)


def save_hours(
    room: RoomView, actor: Actor, hours: Mapping[int, tuple[int, int]], *, zone: str
) -> Refusal | None:
    """Keep the weekly hours of one's room: minutes of the day by weekday, Monday is 0."""
    if actor.user_id != room.performer_id:
        return _not_yours()
    for start, end in hours.values():
        if not 0 <= start < DAY_MIN or not 0 <= end < DAY_MIN or start == end:
            return Refusal("range", _("Hours begin and end at different times. Nothing was saved."))

    def act(session: Session) -> None:
        session.execute(delete(Hours).where(Hours.room_id == room.id))
        for weekday, (start, end) in sorted(hours.items()):
            session.add(
                Hours(room_id=room.id, weekday=weekday, from_min=start, until_min=end, zone=zone)
            )

    transaction(act)
    return None


def _fill(event: Event, draft: Draft) -> None:
    event.title, event.text = " ".join(draft.title.split())[:120], draft.text.strip()
    event.mode, event.price, event.places = draft.mode, draft.price, draft.places
    event.starts_at, event.ends_at = draft.starts_at, draft.ends_at


def _own(
    session: Session, event_id: str, actor: Actor, *, managing: bool = False
) -> Event | Refusal:
    event = session.get(Event, event_id, with_for_update=True, populate_existing=True)
    if event is None or (actor.user_id != event.performer_id and not managing):
        return _not_yours()
    if event.cancelled_at is not None or event.ends_at <= now_ms(session):
        return Refusal("gone", _("This event is over or cancelled. Nothing was changed."))
    return event


def _refusal(session: Session, room_id: str, draft: Draft, *, but: str = "") -> Refusal | None:
    """Return why an event cannot be as drafted: time, length, number, overlap."""
    limits, now, nothing = settings(SLUG), now_ms(session), _("Nothing was saved.")
    if draft.starts_at <= now:
        return Refusal("starts", _("The beginning lies in the past."), nothing)
    if draft.starts_at > now + limits.days_ahead * DAY_MS:
        words = _("An event lies at most %(days)s days ahead.", days=limits.days_ahead)
        return Refusal("starts", words, nothing)
    length = draft.ends_at - draft.starts_at
    if not LEAST_MS <= length <= limits.longest_hours * HOUR_MS:
        words = _("An event lasts 5 minutes to %(most)s hours.", most=limits.longest_hours)
        return Refusal("ends", words, nothing)
    others = select(Event).where(
        Event.room_id == room_id,
        Event.id != but,
        Event.cancelled_at.is_(None),
        Event.ends_at > now,
    )
    if not but and _number(session, others) >= limits.most:
        words = _("%(most)s events are planned already, which is the most.", most=limits.most)
        return Refusal("most", words, nothing)
    clash = session.scalar(
        others.where(Event.starts_at < draft.ends_at, Event.ends_at > draft.starts_at).limit(1)
    )
    if clash is not None:
        return Refusal("starts", _("It overlaps with '%(title)s'.", title=clash.title), nothing)
    return None


def _number(session: Session, query: object) -> int:
    counted = select(func.count()).select_from(query.subquery())  # type: ignore[attr-defined]
    return session.scalar(counted) or 0


def _not_yours() -> Refusal:
    return Refusal("not_found", _("There is no such event of yours. Nothing was changed."))
