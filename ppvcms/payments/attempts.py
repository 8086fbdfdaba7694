"""Calling gateways: one attempt, and the question what became of it.

The attempt is committed before the call, and no transaction is open meanwhile.
An open outcome is asked about again at growing distances, never tried again.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

import structlog
from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import select

from ppvcms.db import db, now_ms, transaction
from ppvcms.faultpoints import faultpoint
from ppvcms.host import registry
from ppvcms.host.settings import site
from ppvcms.payments.contract import GatewayEvent, Money, Op, Outcome, Result
from ppvcms.payments.facts import Door, apply_in, fail
from ppvcms.payments.models import (
    AUTHORIZE,
    OPEN_OPS,
    RELEASE,
    IntentState,
    OpState,
    PaymentIntent,
    PaymentOp,
)

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from ppvcms.payments.contract import Gateway

log = structlog.get_logger(__name__)

# Seconds until an attempt whose outcome is open is asked about again (processors.md 1.3).
LOOKUPS_S = (3, 5, 30, 300, 3_600, 86_400)
FIRST_LOOK_MS = 5_000
SOON_MS = 1_000
STALE_MS = 1_800_000


def notify_secret(provider: str) -> str:
    """Return the part of a notification address that nobody can guess."""
    secret = str(current_app.config["SECRET_KEY"]).encode()
    return hmac.new(secret, f"notify:{provider}".encode(), hashlib.sha256).hexdigest()[:32]


def attempt(op_id: str) -> None:
    """Call the gateway for a committed attempt and record its answer.

    What the adapter raises counts as unknown: it may have happened after a charge.
    """
    op = db.session.get_one(PaymentOp, op_id)
    intent = db.session.get_one(PaymentIntent, op.intent_id)
    gateway = registry.gateways().get(intent.provider)
    if gateway is None:
        return
    request = request_of(op, intent)
    db.session.rollback()
    try:
        result = gateway.execute(request)
    except Exception as error:  # noqa: BLE001 - whatever an adapter raises may follow a charge
        log.warning("gateway_raised", provider=gateway.key, op=op_id, error=repr(error))
        db.session.rollback()
        result = Result(outcome=Outcome.UNKNOWN)
    faultpoint("pay.called")
    _record(op_id, result)


def look_up_open(limit: int = 20) -> int:
    """Ask gateways about attempts whose outcome is open and due; return how many.

    Those of a gateway that is switched off wait until it is back.
    """
    gateways = registry.gateways()
    now = now_ms(db.session())
    due = db.session.execute(
        select(PaymentOp.op_id, PaymentIntent.provider)
        .join(PaymentIntent, PaymentIntent.id == PaymentOp.intent_id)
        .where(
            PaymentOp.state.in_(OPEN_OPS),
            # A release is not asked about but done again: `ppvcms.payments.holds`.
            PaymentOp.kind != RELEASE,
            PaymentOp.next_try_at <= now,
            PaymentIntent.provider.in_(gateways),
        )
        .order_by(PaymentOp.next_try_at)
        .limit(limit)
    ).all()
    db.session.rollback()
    for op_id, provider in due:
        _look_up(op_id, gateways[provider])
    return len(due)


def look_up_soon(intent_id: str) -> None:
    """Ask about a payment within a second or two, because its payer came back."""

    def act(session: Session) -> None:
        op = session.scalars(
            select(PaymentOp)
            .where(
                PaymentOp.intent_id == intent_id,
                PaymentOp.kind != RELEASE,
                PaymentOp.state.in_(OPEN_OPS),
            )
            .with_for_update()
        ).first()
        soon = now_ms(session) + SOON_MS
        if op is not None and (op.next_try_at is None or op.next_try_at > soon):
            op.next_try_at, op.attempts = soon, 0

    transaction(act)


def request_of(op: PaymentOp, intent: PaymentIntent, parent_ref: str | None = None) -> Op:
    """Return what the gateway is asked for an attempt; `parent_ref` names what it acts on."""
    base = current_app.config["PPVCMS"].public_url
    provider = intent.provider
    return Op(
        op_id=op.op_id,
        kind=op.kind,
        intent_id=intent.id,
        amount=Money(intent.amount, intent.currency),
        parent_ref=parent_ref,
        context={
            "description": str(intent.quote["name"]),
            "return_url": f"{base}/pay/return/{intent.id}",
            "notify_url": f"{base}/pay/notify/{provider}/{notify_secret(provider)}",
        },
    )


def _look_up(op_id: str, gateway: Gateway) -> None:
    result = Result(outcome=Outcome.UNKNOWN)
    try:
        if gateway.capabilities().query:
            result = gateway.lookup(op_id=op_id)
    except Exception as error:  # noqa: BLE001 - see `attempt`
        log.warning("gateway_raised", provider=gateway.key, op=op_id, error=repr(error))
        db.session.rollback()
    _record(op_id, result)


def _record(op_id: str, result: Result) -> None:
    test_mode = site().test_mode
    transaction(lambda session: _take_result(session, op_id, result, test_mode=test_mode))


def _take_result(session: Session, op_id: str, result: Result, *, test_mode: bool) -> None:
    """Record an answer; an ``ok`` is booked through the same door as a notification."""
    op = session.get_one(PaymentOp, op_id, with_for_update=True)
    intent = session.get_one(PaymentIntent, op.intent_id, with_for_update=True)
    if op.state not in OPEN_OPS:
        return
    op.provider_ref = result.provider_ref or op.provider_ref
    op.code = result.code and result.code[:64]
    op.message = result.message and result.message[:300]
    match result.outcome:
        case Outcome.OK:
            door = Door(intent.provider, None, test_mode)
            judged = apply_in(session, _as_fact(op, intent.provider, result), door)
            log.info("payment_answered", op=op_id, fate=judged.fate)
        case Outcome.REDIRECT if result.redirect is not None:
            target = result.redirect
            op.redirect = {"url": target.url, "method": target.method, "fields": target.fields}
            _wait(session, intent, op, IntentState.AWAITING)
        case Outcome.PENDING:
            _wait(session, intent, op, IntentState.AWAITING)
        case Outcome.DECLINED:
            fail(session, intent, op, result.message)
        case Outcome.ERROR | Outcome.UNSUPPORTED:
            said = _("The payment service could not be reached. Nothing was taken.")
            fail(session, intent, op, result.message or said)
            op.state = OpState.ERROR
        case _ if op.state == OpState.AWAITING:
            _wait(session, intent, op, IntentState.AWAITING)
        case _:
            _wait(session, intent, op, IntentState.UNKNOWN)


def _as_fact(op: PaymentOp, provider: str, result: Result) -> GatewayEvent:
    return GatewayEvent(
        dedupe_key=f"{provider}:answer:{op.op_id}",
        kind="hold.authorised" if op.kind == AUTHORIZE else "charge.succeeded",
        provider_ref=result.provider_ref or op.op_id,
        op_id=op.op_id,
        amount=result.amount,
        live=result.live,
    )


def _wait(session: Session, intent: PaymentIntent, op: PaymentOp, state: IntentState) -> None:
    """Keep an outcome open and say when it is asked about next.

    Payers who never came back make a payment stale; a notification still counts.
    What is unknown after the last question is for people.
    """
    now = now_ms(session)
    op.state = OpState(state)
    if op.attempts < len(LOOKUPS_S):
        op.next_try_at = now + LOOKUPS_S[op.attempts] * 1000
        op.attempts += 1
    else:
        op.next_try_at = None
        if state is IntentState.UNKNOWN:
            state, op.state = IntentState.REVIEW, OpState.REVIEW
            intent.message = _("The payment service cannot say what became of this payment.")
    if state is IntentState.AWAITING and now - op.made_at > STALE_MS:
        state = IntentState.STALE
    if intent.state != state:
        intent.state, intent.changed_at = state, now
