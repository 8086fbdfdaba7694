"""Notifications of gateways: kept as they came, then verified, then believed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import structlog
from flask_babel import gettext as _
from sqlalchemy import select

from ppvcms.accounts import audit
from ppvcms.db import db, now_ms, transaction
from ppvcms.faultpoints import faultpoint
from ppvcms.host import registry
from ppvcms.ids import new_id
from ppvcms.payments.contract import ForgedError, Notification, Trust
from ppvcms.payments.facts import Fate, Judged, apply_event
from ppvcms.payments.models import InboxState, PaymentInbox

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from ppvcms.payments.contract import Gateway

log = structlog.get_logger(__name__)

MAX_BODY = 65_536
KEPT_HEADER = 4_000
REDACTED = frozenset({"authorization", "cookie"})
FIRST_RETRY_MS = 5_000
LONGEST_PAUSE_MS = 300_000
PARKED_FOR_MS = 86_400_000
OPEN = (InboxState.RECEIVED, InboxState.PARKED)
# The worst of what one notification holds is what it is shown as.
WORST_FIRST = (Fate.REVIEW, Fate.PARKED, Fate.APPLIED, Fate.REPEATED)


def receive(provider: str, notification: Notification) -> tuple[int, str]:
    """Keep a notification, book what it proves, and return what the sender expects.

    A forged one is kept with an audit row and answered 403; nothing else happens.
    While the gateway is switched off it is answered 503; what was kept is read
    when the gateway is back, and the sender may send it again as well.
    """
    if len(notification.body) > MAX_BODY:
        return 413, "too large"
    inbox_id, at = transaction(lambda session: _keep(session, provider, notification))
    faultpoint("pay.event_stored")
    gateway = registry.gateways().get(provider)
    if gateway is None:
        return 503, "not available"
    try:
        _read(gateway, inbox_id, replace(notification, received_at=at), trust=None)
    except ForgedError as error:
        _refuse(inbox_id, notification, str(error))
        return 403, "not accepted"
    except Exception:
        log.exception("notification_failed", provider=provider, inbox=inbox_id)
        db.session.rollback()
        return gateway.acknowledge(accepted=False)
    answer = gateway.acknowledge(accepted=True)
    faultpoint("pay.acked")
    return answer


def read_again(limit: int = 20) -> int:
    """Read kept notifications whose time has come; return how many.

    They came before the attempt they speak of, while their gateway was off, or
    just before a crash. Each pause is as long as the notification is old, at most
    five minutes; after a day without its attempt it is left to people.
    """
    gateways = registry.gateways()
    due = transaction(lambda session: _take(session, list(gateways), limit))
    for row in due:
        _read_kept(gateways[row.provider], row)
    return len(due)


def _read_kept(gateway: Gateway, row: PaymentInbox) -> None:
    kept = Notification(dict(row.headers), row.body, dict(row.query), row.address, row.received_at)
    try:
        _read(gateway, row.id, kept, trust=Trust(row.trust) if row.trust else None)
    except ForgedError as error:
        _refuse(row.id, kept, str(error))
    except Exception:
        log.exception("notification_failed", provider=row.provider, inbox=row.id)
        db.session.rollback()


def _read(gateway: Gateway, inbox_id: str, kept: Notification, *, trust: Trust | None) -> None:
    """Verify once, then book every fact; facts that were booked before change nothing."""
    proved = trust or gateway.verify(kept)
    judged = [
        apply_event(event, provider=gateway.key, inbox_id=inbox_id) for event in gateway.parse(kept)
    ]
    transaction(lambda session: _mark(session, inbox_id, proved, judged))


def _take(session: Session, providers: list[str], limit: int) -> list[PaymentInbox]:
    now = now_ms(session)
    rows = session.scalars(
        select(PaymentInbox)
        .where(
            PaymentInbox.state.in_(OPEN),
            PaymentInbox.next_try_at <= now,
            PaymentInbox.provider.in_(providers),
        )
        .order_by(PaymentInbox.next_try_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    for row in rows:
        row.next_try_at = now + min(now - row.received_at, LONGEST_PAUSE_MS)
    return list(rows)


def _keep(session: Session, provider: str, notification: Notification) -> tuple[str, int]:
    now = now_ms(session)
    row = PaymentInbox(
        id=new_id(),
        provider=provider[:48],
        received_at=now,
        headers={
            name: "(redacted)" if name.lower() in REDACTED else value[:KEPT_HEADER]
            for name, value in notification.headers.items()
        },
        query=dict(notification.query),
        body=notification.body,
        address=notification.address[:64],
        state=InboxState.RECEIVED,
        next_try_at=now + FIRST_RETRY_MS,
    )
    session.add(row)
    return row.id, now


def _mark(session: Session, inbox_id: str, trust: Trust, judged: list[Judged]) -> None:
    row = session.get_one(PaymentInbox, inbox_id, with_for_update=True)
    fates = {one.fate for one in judged}
    worst = next((fate for fate in WORST_FIRST if fate in fates), Fate.IGNORED)
    state = InboxState.APPLIED if worst is Fate.REPEATED else InboxState(worst)
    row.note = next((one.note for one in judged if one.note), "")[:300]
    if state is InboxState.PARKED and now_ms(session) - row.received_at > PARKED_FOR_MS:
        state, row.note = InboxState.REVIEW, _("No payment of ours was found for it in a day.")
    row.state, row.trust = state, trust
    if state is not InboxState.PARKED:
        row.next_try_at = None


def _refuse(inbox_id: str, notification: Notification, why: str) -> None:
    transaction(lambda session: _mark_forged(session, inbox_id, notification, why[:300]))


def _mark_forged(session: Session, inbox_id: str, notification: Notification, why: str) -> None:
    row = session.get_one(PaymentInbox, inbox_id, with_for_update=True)
    row.state, row.note, row.next_try_at = InboxState.FORGED, why, None
    audit.record(
        session,
        None,
        "payments.notification.forged",
        f"inbox:{inbox_id}",
        reason=why,
        data={"provider": row.provider},
        address=notification.address,
    )
