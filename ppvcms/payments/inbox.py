"""Notifications of gateways: kept as they came, then verified, then believed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from sqlalchemy import select

from ppvcms.accounts import audit
from ppvcms.db import db, now_ms, transaction
from ppvcms.faultpoints import faultpoint
from ppvcms.host import registry
from ppvcms.ids import new_id
from ppvcms.payments.contract import ForgedError, Notification
from ppvcms.payments.models import PaymentInbox
from ppvcms.payments.services import apply_event

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from ppvcms.payments.contract import Gateway

log = structlog.get_logger(__name__)

MAX_BODY = 65_536
KEPT_HEADERS = 4_000
REDACTED = frozenset({"authorization", "cookie"})
RETRY_PARKED_FOR_MS = 86_400_000


def receive(provider: str, notification: Notification) -> tuple[int, str]:
    """Keep a notification, book what it proves, and return what the sender expects.

    A forged one is kept with an audit row and answered 403; nothing else happens.
    While the gateway's code cannot be loaded, the raw form is kept and answered
    503, so that the sender tries again.
    """
    if len(notification.body) > MAX_BODY:
        return 413, "too large"
    inbox_id = transaction(lambda session: _keep(session, provider, notification))
    faultpoint("pay.event_stored")
    gateway = registry.gateways().get(provider)
    if gateway is None:
        return 503, "not available"
    try:
        accepted = _work(gateway, inbox_id, notification)
    except ForgedError as error:
        transaction(lambda session: _refuse(session, inbox_id, notification, str(error)))
        return 403, "not accepted"
    return gateway.acknowledge(accepted=accepted)


def retry_parked(limit: int = 20) -> None:
    """Try again what came before the attempt it speaks of, for a day."""
    now = now_ms(db.session())
    parked = db.session.scalars(
        select(PaymentInbox)
        .where(
            PaymentInbox.state.in_(("parked", "received")),
            PaymentInbox.received_at > now - RETRY_PARKED_FOR_MS,
            PaymentInbox.received_at < now - 2_000,
        )
        .order_by(PaymentInbox.received_at)
        .limit(limit)
    ).all()
    db.session.rollback()
    for row in parked:
        gateway = registry.gateways().get(row.provider)
        if gateway is None:
            continue
        again = Notification(dict(row.headers), row.body, {}, "")
        try:
            _work(gateway, row.id, again)
        except ForgedError as error:
            reason = str(error)
            transaction(lambda session, row=row, again=again: _refuse(  # type: ignore[misc]
                session, row.id, again, reason
            ))


def _work(gateway: Gateway, inbox_id: str, notification: Notification) -> bool:
    trust = gateway.verify(notification)
    outcomes = [
        apply_event(event, provider=gateway.key, inbox_id=inbox_id)
        for event in gateway.parse(notification)
    ]
    state = next((one for one in ("parked", "review") if one in outcomes), "applied")
    transaction(lambda session: _mark(session, inbox_id, state, trust.value))
    faultpoint("pay.acked")
    return True


def _keep(session: Session, provider: str, notification: Notification) -> str:
    headers = {
        name: "(redacted)" if name.lower() in REDACTED else value[:KEPT_HEADERS]
        for name, value in notification.headers.items()
    }
    row = PaymentInbox(
        id=new_id(),
        provider=provider[:48],
        received_at=now_ms(session),
        headers=headers,
        body=notification.body,
        state="received",
    )
    session.add(row)
    return row.id


def _mark(session: Session, inbox_id: str, state: str, trust: str) -> None:
    row = session.get(PaymentInbox, inbox_id)
    if row is not None:
        row.state, row.trust = state, trust


def _refuse(session: Session, inbox_id: str, notification: Notification, why: str) -> None:
    row = session.get(PaymentInbox, inbox_id)
    if row is not None:
        row.state, row.note = "forged", why[:300]
        audit.record(
            session,
            actor_id=None,
            action="payments.notification.forged",
            subject=f"inbox:{inbox_id}",
            reason=why[:300],
            data={"provider": row.provider},
            address=notification.address,
        )
