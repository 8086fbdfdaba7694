"""Notices on plugins' channels: one in a gap per thread, what follows soon is counted (MS-08)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import force_locale, ngettext
from sqlalchemy import and_, delete, select

from ppvcms.accounts.models import User
from ppvcms.db import db, now_ms, transaction
from ppvcms.host import registry
from ppvcms.host.contract import NoticeMessage
from ppvcms.host.facts import public_url
from ppvcms.host.settings import site
from ppvcms.ids import new_id
from ppvcms.notices.models import Notice, NoticeDelivery, NoticeReach
from ppvcms.notices.threads import MINUTE_MS, locked

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from ppvcms.host.contract import NoticeChannel, NoticeKind

WAITING, SENT, FAILED = "waiting", "sent", "failed"


def set_reachable(session: Session, user_id: str, channel: str, *, reachable: bool) -> None:
    """Say that somebody can be reached on a channel from now on, or no more.

    A plugin calls it with what makes it so, such as a number that was verified.
    """
    if reachable:
        session.merge(NoticeReach(user_id=user_id, channel=channel))
        return
    session.execute(
        delete(NoticeReach).where(NoticeReach.user_id == user_id, NoticeReach.channel == channel)
    )


def channels_of(session: Session, user_id: str) -> list[NoticeChannel]:
    """Return the active channels on which somebody can be reached, in load order."""
    active = registry.notice_channels()
    if not active:
        return []
    query = select(NoticeReach.channel).where(NoticeReach.user_id == user_id)
    reached = set(session.scalars(query))
    return [channel for key, channel in active.items() if key in reached]


def write(
    session: Session, notice: Notice, channel: NoticeChannel, *, thread: str, kind: NoticeKind
) -> None:
    """Put a notice on its way, or count it among those that wait already."""
    now = now_ms(session)
    last = locked(session, notice.user_id, channel.key, thread)
    free_at = last.due_at + max(channel.gap_min, kind.mail_gap_min or 0) * MINUTE_MS
    if free_at > now and kind.mail_gap_min:
        # A gap of the kind's own: what comes too soon is told on the site alone.
        return
    waiting = session.get(NoticeDelivery, last.last_id, with_for_update=True)
    if waiting is not None and _can_grow(waiting, now):
        waiting.notice_id, waiting.count = notice.id, waiting.count + 1
        return
    row = NoticeDelivery(
        id=new_id(),
        notice_id=notice.id,
        channel=channel.key,
        count=1,
        state=WAITING,
        attempts=0,
        due_at=max(now, free_at),
        made_at=now,
    )
    session.add(row)
    last.last_id, last.due_at = row.id, row.due_at


def message_of(delivery_id: str) -> NoticeMessage | None:
    """Return what is to be said now, or None when nobody is there to hear it."""
    found = db.session.execute(
        select(NoticeDelivery, Notice, User)
        .join(Notice, Notice.id == NoticeDelivery.notice_id)
        .join(User, User.id == Notice.user_id)
        .join(
            NoticeReach,
            and_(NoticeReach.user_id == User.id, NoticeReach.channel == NoticeDelivery.channel),
        )
        .where(NoticeDelivery.id == delivery_id, User.state == "active")
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        return None
    row, notice, user = found
    with force_locale(user.locale or site().locale):
        title = notice.title
        if row.count > 1:
            title = ngettext(
                "%(num)s new: %(title)s",
                "%(num)s new, the last: %(title)s",
                row.count,
                title=notice.title,
            )
    return NoticeMessage(
        id=row.id,
        user_id=user.id,
        title=title,
        body=notice.body,
        url=f"{public_url()}/account/notices/{notice.id}",
        count=row.count,
    )


def retry(delivery_id: str) -> bool:
    """Give a delivery that failed all its tries again; return whether it had failed."""

    def act(session: Session) -> bool:
        row = session.get(NoticeDelivery, delivery_id, with_for_update=True)
        if row is None or row.state != FAILED:
            return False
        row.state, row.attempts, row.due_at = WAITING, 0, now_ms(session)
        return True

    return transaction(act)


def _can_grow(row: NoticeDelivery, now: int) -> bool:
    return row.state == WAITING and not row.attempts and row.due_at > now
