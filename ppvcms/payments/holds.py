"""Checking a card: a small amount is held at the gateway and given back at once (AC-05).

Nothing is taken, so the books know nothing of it. A hold is a debt of ours: its
release is written in the transaction that learns of the hold, and done again at
growing distances until the gateway confirms it; what it refuses is for people.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from flask_babel import gettext as _
from sqlalchemy import select

from ppvcms.db import db, now_ms, transaction
from ppvcms.faultpoints import faultpoint
from ppvcms.host import registry
from ppvcms.host.settings import site
from ppvcms.payments.attempts import request_of
from ppvcms.payments.contract import Outcome, Result
from ppvcms.payments.facts import end_hold
from ppvcms.payments.models import (
    AUTHORIZE,
    OPEN_OPS,
    RELEASE,
    IntentState,
    OpState,
    PaymentIntent,
    PaymentOp,
)
from ppvcms.payments.services import IntentView, Purchase, start_payment

if TYPE_CHECKING:
    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from ppvcms.accounts.actor import Actor
    from ppvcms.payments.contract import Gateway
    from ppvcms.results import Refusal

CARD = "card_check"
BATCH = 20
# Seconds until a release is done again; processors let holds end by themselves after days.
PAUSES_S = (2, 10, 60, 600, 3_600, 21_600, 86_400, 86_400)
CLAIM_MS = 60_000
log = structlog.get_logger(__name__)


def check_card(actor: Actor, *, amount: int, key: str, return_to: str = "") -> IntentView | Refusal:
    """Hold `amount`, in minor units of the shop's currency, on somebody's card and give it back.

    The payer goes on at /pay/checkout/<id>. The same `key` holds once (R-04). The
    refusals are "sign_in", "forbidden", "no_gateway" and "key_reused".
    """
    purchase = Purchase(
        purpose=CARD,
        name=_("Check of your card, nothing is taken"),
        amount=amount,
        currency=site().shop_currency,
        credits=0,
        asked={"hold": amount},
        hold=True,
    )
    return start_payment(actor, purchase, key=key, return_to=return_to)


def card_checked(user_id: str) -> bool:
    """Whether a gateway confirmed a card of somebody."""
    passed = select(PaymentIntent.id).where(
        PaymentIntent.user_id == user_id,
        PaymentIntent.purpose == CARD,
        PaymentIntent.state.in_((IntentState.HELD, IntentState.RELEASED)),
    )
    return db.session.scalar(passed.limit(1)) is not None


def release_due(limit: int = BATCH) -> int:
    """Give back what is held and due; return how many releases were tried.

    Those at a gateway that is switched off wait until it is back.
    """
    gateways = registry.gateways()
    if not gateways or not _any_due(list(gateways)):
        return 0
    due = transaction(lambda session: _take(session, list(gateways), limit))
    for op_id, provider in due:
        _release(op_id, gateways[provider])
    return len(due)


def _any_due(providers: list[str]) -> bool:
    found = db.session.scalar(_due(providers, now_ms(db.session())).limit(1))
    db.session.rollback()
    return found is not None


def _take(session: Session, providers: list[str], limit: int) -> list[tuple[str, str]]:
    """Claim releases for a minute, so that no two processes call at once."""
    now = now_ms(session)
    query = _due(providers, now).limit(limit).with_for_update(of=PaymentOp, skip_locked=True)
    ops = session.scalars(query).all()
    for op in ops:
        op.next_try_at, op.attempts = now + CLAIM_MS, op.attempts + 1
    names = select(PaymentIntent.id, PaymentIntent.provider).where(
        PaymentIntent.id.in_([op.intent_id for op in ops])
    )
    provider = {row.id: row.provider for row in session.execute(names)}
    return [(op.op_id, provider[op.intent_id]) for op in ops]


def _release(op_id: str, gateway: Gateway) -> None:
    op = db.session.get_one(PaymentOp, op_id, populate_existing=True)
    intent = db.session.get_one(PaymentIntent, op.intent_id)
    parent = db.session.scalars(
        select(PaymentOp.provider_ref).where(
            PaymentOp.intent_id == op.intent_id, PaymentOp.kind == AUTHORIZE
        )
    ).one()
    request = request_of(op, intent, parent)
    db.session.rollback()
    try:
        result = gateway.execute(request)
    except Exception as error:  # noqa: BLE001 - whatever an adapter raises is tried again
        log.warning("gateway_raised", provider=gateway.key, op=op_id, error=repr(error))
        db.session.rollback()
        result = Result(outcome=Outcome.UNKNOWN)
    faultpoint("pay.called")
    transaction(lambda session: _record(session, op_id, result))


def _record(session: Session, op_id: str, result: Result) -> None:
    # The payment first: a notification of the same hold comes by this order too.
    intent_id = session.get_one(PaymentOp, op_id).intent_id
    intent = session.get_one(PaymentIntent, intent_id, with_for_update=True)
    op = session.get_one(PaymentOp, op_id, with_for_update=True, populate_existing=True)
    if op.state not in OPEN_OPS:
        return
    op.code = result.code and result.code[:64]
    op.message = result.message and result.message[:300]
    op.provider_ref = result.provider_ref or op.provider_ref
    if result.outcome is Outcome.OK:
        end_hold(session, intent)
    elif result.outcome in {Outcome.DECLINED, Outcome.UNSUPPORTED} or op.attempts > len(PAUSES_S):
        op.state, op.next_try_at = OpState.REVIEW, None
        intent.message = _("The hold could not be given back. Please do it at the gateway.")
        log.error("hold_not_released", op=op_id, provider=intent.provider)
    else:
        op.state = OpState.UNKNOWN
        op.next_try_at = now_ms(session) + PAUSES_S[op.attempts - 1] * 1_000


def _due(providers: list[str], now: int) -> Select[PaymentOp]:
    return (
        select(PaymentOp)
        .join(PaymentIntent, PaymentIntent.id == PaymentOp.intent_id)
        .where(
            PaymentOp.kind == RELEASE,
            PaymentOp.state.in_(OPEN_OPS),
            PaymentOp.next_try_at <= now,
            PaymentIntent.provider.in_(providers),
        )
        .order_by(PaymentOp.next_try_at)
    )
