"""Bringing notices on plugins' channels: claimed for a time, sent outside of transactions.

A process that dies between sending and marking sends again; none is lost. What a
channel cannot bring now is tried again after growing pauses, then it is parked and shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from flask_babel import gettext as _
from sqlalchemy import select

from ppvcms.db import db, now_ms, transaction
from ppvcms.host import registry
from ppvcms.host.contract import Carriage, Carried
from ppvcms.host.dispatch import ask
from ppvcms.notices.deliveries import FAILED, SENT, WAITING, message_of
from ppvcms.notices.models import NoticeDelivery

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from ppvcms.host.contract import NoticeChannel

BATCH = 5
CLAIM_MS = 120_000
TRIES = 8
FIRST_PAUSE_MS = 30_000
LONGEST_PAUSE_MS = 3_600_000
log = structlog.get_logger(__name__)


def carry_due(*, limit: int = BATCH) -> int:
    """Bring notices that are due and return how many were tried."""
    channels = registry.notice_channels()
    if not channels or not _any_due(list(channels)):
        return 0
    rows = transaction(lambda session: _take(session, list(channels), limit))
    down: dict[str, Carriage] = {}
    for delivery_id, key in rows:
        # A service that just failed is not waited for again at once.
        answer = down.get(key) or _carry(delivery_id, channels[key])
        if answer.outcome is Carried.LATER:
            down[key] = answer
        transaction(
            lambda session, one=delivery_id, came=answer: _mark(session, one, came)  # type: ignore[misc] # binds now
        )
    return len(rows)


def _any_due(keys: list[str]) -> bool:
    found = db.session.scalar(
        select(NoticeDelivery.id)
        .where(
            NoticeDelivery.state == WAITING,
            NoticeDelivery.due_at <= now_ms(db.session()),
            NoticeDelivery.channel.in_(keys),
        )
        .limit(1)
    )
    db.session.rollback()
    return found is not None


def _take(session: Session, keys: list[str], limit: int) -> list[tuple[str, str]]:
    now = now_ms(session)
    rows = session.scalars(
        select(NoticeDelivery)
        .where(
            NoticeDelivery.state == WAITING,
            NoticeDelivery.due_at <= now,
            NoticeDelivery.channel.in_(keys),
        )
        .order_by(NoticeDelivery.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for row in rows:
        row.due_at, row.attempts = now + CLAIM_MS, row.attempts + 1
    return [(row.id, row.channel) for row in rows]


def _carry(delivery_id: str, channel: NoticeChannel) -> Carriage:
    message = message_of(delivery_id)
    db.session.rollback()
    if message is None:
        return Carriage(Carried.NEVER, _("The person cannot be reached this way any more."))
    slug = channel.key.partition(".")[0]
    answer = ask(slug, f"channel {channel.key}", channel.send, message)
    if isinstance(answer, Carriage):
        return answer
    return Carriage(Carried.LATER, _("The plugin failed; the plugins page says how."))


def _mark(session: Session, delivery_id: str, answer: Carriage) -> None:
    row = session.get(NoticeDelivery, delivery_id, with_for_update=True)
    if row is None or row.state != WAITING:
        return
    row.last_error = answer.reason[:300] or None
    if answer.outcome is Carried.SENT:
        row.state = SENT
    elif answer.outcome is Carried.NEVER or row.attempts >= TRIES:
        row.state = FAILED
        log.warning("notice_failed", delivery=delivery_id, channel=row.channel, why=row.last_error)
    else:
        pause = min(FIRST_PAUSE_MS * 2 ** (row.attempts - 1), LONGEST_PAUSE_MS)
        row.due_at = now_ms(session) + pause
