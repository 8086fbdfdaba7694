"""Paying: quote what is wanted, start at a gateway, see how far it came.

The return page never credits anything. What credits is a verified notification,
or an answer of the gateway to an attempt or a look-up, that matches the quote in
amount and currency (`ppvcms.payments.facts`).
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from flask_babel import gettext as _
from sqlalchemy import func, select

from ppvcms.db import db, now_ms, transaction
from ppvcms.errors import NotFoundError
from ppvcms.faultpoints import faultpoint
from ppvcms.host import dispatch
from ppvcms.host.settings import site
from ppvcms.ids import new_id
from ppvcms.ledger.store import KeyReusedError, once
from ppvcms.payments.attempts import FIRST_LOOK_MS, attempt
from ppvcms.payments.contract import Redirect
from ppvcms.payments.models import (
    AUTHORIZE,
    OPEN_INTENTS,
    RELEASE,
    IntentState,
    OpState,
    PaymentIntent,
    PaymentOp,
)
from ppvcms.payments.purposes import CREDITS
from ppvcms.payments.shop import choose_gateway, offers
from ppvcms.results import Refusal

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from ppvcms.accounts.actor import Actor
    from ppvcms.payments.contract import Gateway

BUY = "credits.buy"


@dataclass(frozen=True, slots=True)
class IntentView:
    """Where a payment stands, for its payer; amounts in minor units.

    `waiting` says that it may still end either way. `redirect` is where the payer
    goes on, as long as the gateway waits for them.
    """

    id: str
    state: str
    waiting: bool
    provider: str
    amount: int
    currency: str
    credits: int
    message: str
    return_to: str
    redirect: Redirect | None
    purpose: str = CREDITS
    name: str = ""


@dataclass(frozen=True, slots=True)
class Purchase:
    """What is to be paid at a gateway: `amount` in minor units of a real currency.

    The wallet gets `credits` and `bonus`; `details` are kept with the quote for
    whoever fulfils the purpose. `asked` is what a repeat with the same key must say.
    With `hold` the amount is held and given back, and nothing is taken.
    """

    purpose: str
    name: str
    amount: int
    currency: str
    credits: int
    asked: dict[str, Any]
    bonus: int = 0
    details: dict[str, Any] = field(default_factory=dict)
    hold: bool = False


def start_purchase(
    actor: Actor, *, pack_id: str, key: str, return_to: str = "", gateway: str | None = None
) -> IntentView | Refusal:
    """Quote a pack and make the first attempt at a gateway.

    The same `key` gives the same payment, so that a double click pays once (R-04).
    The refusals are "sign_in", "forbidden", "pack", "no_gateway", "key_reused", and
    what plugins refuse.
    """
    refusal = refusal_to_pay(actor)
    if refusal is not None:
        return refusal
    offer = next((one for one in offers(actor.user_id) if one.id == pack_id), None)
    if offer is None:
        reason = _("This pack is not on sale, or not for you any more.")
        return Refusal("pack", reason, _("Nothing was taken. Choose another one."))
    purchase = Purchase(
        purpose=CREDITS,
        name=offer.name,
        amount=offer.price,
        currency=offer.currency,
        credits=offer.credits,
        bonus=offer.bonus,
        asked={"pack": offer.id},
        details={"pack": offer.id},
    )
    return start_payment(actor, purchase, key=key, return_to=return_to, gateway=gateway)


def start_payment(
    actor: Actor, purchase: Purchase, *, key: str, return_to: str = "", gateway: str | None = None
) -> IntentView | Refusal:
    """Keep the quote and make the first attempt at a gateway; once for each `key` (R-04)."""
    refusal = refusal_to_pay(actor)
    if refusal is not None:
        return refusal
    chosen = _allowed_gateway(actor, purchase, gateway)
    if isinstance(chosen, Refusal):
        return chosen
    live = not site().test_mode
    order = _Order(str(actor.user_id), purchase, chosen.key, key, return_to, live=live)
    return _begin(order, actor)


def is_begun(actor: Actor, key: str) -> bool:
    """Whether somebody began a payment with this key, so that a repeat is told of that one."""
    known = select(PaymentIntent.id).where(PaymentIntent.key == f"{actor.user_id}:{key}")
    return db.session.scalar(known) is not None


def refusal_to_pay(actor: Actor) -> Refusal | None:
    """Return why somebody cannot pay at a gateway at all, or None."""
    if actor.user_id is None:
        return Refusal("sign_in", _("Sign in to buy credits."), _("Nothing was taken."))
    if not actor.can(BUY):
        reason = _("Your account cannot buy credits.")
        return Refusal("forbidden", reason, _("Nothing was taken."))
    return None


def intent_view(intent_id: str, actor: Actor) -> IntentView:
    """Return where a payment stands.

    Raises:
        NotFoundError: There is no such payment of this person.
    """
    intent = db.session.get(PaymentIntent, intent_id, populate_existing=True)
    if intent is None or intent.user_id != actor.user_id:
        raise NotFoundError(_("There is no such payment."))
    op = _last_op(db.session(), intent_id)
    redirect = None
    if op is not None and op.redirect and op.state == OpState.AWAITING:
        redirect = Redirect(**op.redirect)
    return IntentView(
        id=intent.id,
        state=intent.state,
        waiting=intent.state in OPEN_INTENTS,
        provider=intent.provider,
        amount=intent.amount,
        currency=intent.currency,
        credits=int(intent.quote["credits"]) + int(intent.quote["bonus"]),
        message=intent.message,
        return_to=intent.return_to,
        redirect=redirect,
        purpose=intent.purpose,
        name=str(intent.quote["name"]),
    )


def open_payments(provider: str) -> int:
    """Return how many payments wait for a gateway's word."""
    waits = (OPEN_INTENTS - {IntentState.STALE}) | {IntentState.HELD}
    query = select(func.count()).where(
        PaymentIntent.provider == provider, PaymentIntent.state.in_(waits)
    )
    return db.session.scalar(query) or 0


@dataclass(frozen=True, slots=True)
class _Order:
    user_id: str
    purchase: Purchase
    provider: str
    key: str
    return_to: str
    live: bool


def _allowed_gateway(actor: Actor, purchase: Purchase, wanted: str | None) -> Gateway | Refusal:
    """Return who takes the payment, unless a plugin refuses it."""
    chosen = choose_gateway(purchase.currency, wanted, purpose=purchase.purpose, hold=purchase.hold)
    if isinstance(chosen, Refusal) or purchase.hold:
        # Nothing is bought by a hold, so nobody is asked whether that is allowed.
        return chosen
    refusal = dispatch.decide(
        "check_purchase",
        actor=actor,
        purpose=purchase.purpose,
        amount=purchase.amount,
        currency=purchase.currency,
    )
    return refusal or chosen


def _begin(order: _Order, actor: Actor) -> IntentView | Refusal:
    try:
        intent_id, op_id = transaction(lambda session: _quote_once(session, order))
    except KeyReusedError:
        return Refusal(
            "key_reused",
            _("This purchase was begun under other terms."),
            _("Nothing was taken. Please choose again."),
        )
    faultpoint("pay.op_written")
    if op_id is not None:
        attempt(op_id)
    return intent_view(intent_id, actor)


def _quote_once(session: Session, order: _Order) -> tuple[str, str | None]:
    """Return the payment of a key, and the attempt to make for it.

    A start whose answer nobody has is made again, as for a second click: by the
    contract it takes nothing twice.
    """
    key = f"{order.user_id}:{order.key}"
    request = {**order.purchase.asked, "gateway": order.provider}
    answer = once(session, f"payment:{key}", request, lambda: _quote(session, order, key))
    intent_id = str(cast("dict[str, str]", answer)["intent"])
    op = _last_op(session, intent_id)
    return intent_id, op.op_id if op is not None and op.state == OpState.PLANNED else None


def _quote(session: Session, order: _Order, key: str) -> dict[str, str]:
    intent = _new_intent(order, key, now_ms(session))
    session.add(intent)
    session.flush()
    op = PaymentOp(
        op_id=str(uuid.uuid4()),
        intent_id=intent.id,
        kind=AUTHORIZE if order.purchase.hold else "start",
        amount=intent.amount,
        currency=intent.currency,
        state=OpState.PLANNED,
        next_try_at=intent.made_at + FIRST_LOOK_MS,
        made_at=intent.made_at,
    )
    session.add(op)
    session.flush()
    return {"intent": intent.id}


def _new_intent(order: _Order, key: str, now: int) -> PaymentIntent:
    purchase = order.purchase
    return PaymentIntent(
        id=new_id(),
        user_id=order.user_id,
        purpose=purchase.purpose,
        provider=order.provider,
        amount=purchase.amount,
        currency=purchase.currency,
        quote={
            **purchase.details,
            "name": purchase.name,
            "credits": purchase.credits,
            "bonus": purchase.bonus,
            "live": order.live,
        },
        return_to=order.return_to,
        key=key,
        state=IntentState.QUOTED,
        made_at=now,
        changed_at=now,
    )


def _last_op(session: Session, intent_id: str) -> PaymentOp | None:
    return session.scalars(
        select(PaymentOp)
        .where(PaymentOp.intent_id == intent_id, PaymentOp.kind != RELEASE)
        .order_by(PaymentOp.made_at.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    ).first()
