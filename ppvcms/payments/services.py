"""Buying credits: quote, attempt, credit. Each fact of a gateway is posted once.

The return page never credits anything. What credits is a verified notification,
or an answer of the gateway to an attempt or a look-up, that matches the quote in
amount and currency.
"""

from __future__ import annotations

import hashlib
import hmac
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog
from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import func, select

from ppvcms.db import after_commit, db, now_ms, transaction
from ppvcms.errors import NotFoundError
from ppvcms.events import PaymentSettled
from ppvcms.faultpoints import faultpoint
from ppvcms.host import dispatch, registry
from ppvcms.host.settings import site
from ppvcms.ids import new_id
from ppvcms.ledger.outbox import write_event
from ppvcms.ledger.store import buy_credits
from ppvcms.payments.contract import GatewayEvent, Money, Op, Outcome, Redirect, Result
from ppvcms.payments.models import CreditPack, PaymentEvent, PaymentIntent, PaymentOp
from ppvcms.results import Refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from ppvcms.accounts.actor import Actor
    from ppvcms.payments.contract import Gateway

log = structlog.get_logger(__name__)

# Seconds after an attempt at which an open outcome is asked about again (processors.md 1.3).
LOOKUPS_S = (3, 5, 30, 300, 3_600, 86_400)
OPEN = ("quoted", "awaiting", "unknown")
OPEN_OPS = ("planned", "sent", "awaiting", "unknown")


@dataclass(frozen=True, slots=True)
class PackOffer:
    """A pack at its price in one currency; amounts in minor units."""

    id: str
    name: str
    credits: int
    bonus: int
    price: int
    currency: str


@dataclass(frozen=True, slots=True)
class IntentView:
    """Where a payment stands, for its payer.

    `state` is quoted, awaiting, unknown, credited, failed or review.
    """

    id: str
    state: str
    provider: str
    amount: int
    currency: str
    credits: int
    message: str
    return_to: str
    redirect: Redirect | None


@dataclass(frozen=True, slots=True)
class Way:
    """A way to pay that works now."""

    key: str
    label: str


def offers(user_id: str | None, currency: str | None = None) -> list[PackOffer]:
    """Return the packs on sale, cheapest first; first-purchase packs only to new payers."""
    wanted = currency or site().shop_currency
    packs = db.session.scalars(
        select(CreditPack).where(CreditPack.active).order_by(CreditPack.weight)
    )
    bought = user_id is not None and _has_bought(db.session(), user_id)
    return [
        PackOffer(pack.id, pack.name, pack.credits, pack.bonus, pack.prices[wanted], wanted)
        for pack in packs
        if wanted in pack.prices and not (pack.first_only and bought)
    ]


def ways_to_pay(currency: str) -> list[Way]:
    """Return the gateways that can take a payment in a currency now."""
    return [Way(gateway.key, gateway.label) for gateway in _usable(currency)]


def start_purchase(
    actor: Actor, *, pack_id: str, key: str, return_to: str = "", gateway: str | None = None
) -> IntentView | Refusal:
    """Quote a pack and make the first attempt at a gateway.

    The same `key` gives the same intent, so that a double click pays once.
    """
    if actor.user_id is None:
        return Refusal("sign_in", _("Sign in to buy credits."), _("Nothing was taken."))
    offer = next((one for one in offers(actor.user_id) if one.id == pack_id), None)
    if offer is None:
        return Refusal("pack", _("This pack is not on sale any more."), _("Choose another one."))
    chosen = _choose(offer.currency, gateway)
    if isinstance(chosen, Refusal):
        return chosen
    refusal = dispatch.decide(
        "check_purchase", actor=actor, purpose="credits", amount=offer.price,
        currency=offer.currency,
    )
    if refusal is not None:
        return refusal
    own_key = f"{actor.user_id}:{key}"
    intent_id, op_id = transaction(
        lambda session: _quote(session, actor.user_id or "", offer, chosen.key, own_key, return_to)
    )
    faultpoint("pay.op_written")
    if op_id is not None:
        _attempt(op_id)
    return intent_view(intent_id, actor)


def intent_view(intent_id: str, actor: Actor) -> IntentView:
    """Return where a payment stands.

    Raises:
        NotFoundError: There is no such payment of this person.
    """
    intent = db.session.get(PaymentIntent, intent_id)
    if intent is None or (intent.user_id != actor.user_id and not actor.can("ledger.view")):
        raise NotFoundError(_("There is no such payment."))
    op = db.session.scalars(
        select(PaymentOp)
        .where(PaymentOp.intent_id == intent_id)
        .order_by(PaymentOp.made_at.desc())
        .limit(1)
    ).first()
    redirect = None
    if op is not None and op.redirect and op.state == "awaiting":
        redirect = Redirect(**op.redirect)
    return IntentView(
        id=intent.id,
        state=intent.state,
        provider=intent.provider,
        amount=intent.amount,
        currency=intent.currency,
        credits=int(intent.quote["credits"]) + int(intent.quote["bonus"]),
        message=intent.message,
        return_to=intent.return_to,
        redirect=redirect,
    )


def notify_secret(provider: str) -> str:
    """Return the part of a notification address that nobody can guess."""
    secret = str(current_app.config["SECRET_KEY"]).encode()
    return hmac.new(secret, f"notify:{provider}".encode(), hashlib.sha256).hexdigest()[:32]


def apply_event(event: GatewayEvent, *, provider: str, inbox_id: str | None) -> str:
    """Book a verified fact once and return what became of it.

    Returns:
        ``applied``, ``repeated``, ``ignored``, ``parked`` (no such attempt yet) or
        ``review`` (it does not match what was quoted; nothing is credited).
    """
    return transaction(lambda session: _apply(session, event, provider, inbox_id))


def look_up_open(limit: int = 20) -> int:
    """Ask gateways about attempts whose outcome is open and due; return how many."""
    now = now_ms(db.session())
    due = db.session.scalars(
        select(PaymentOp.op_id)
        .where(PaymentOp.state.in_(OPEN_OPS), PaymentOp.next_try_at <= now)
        .order_by(PaymentOp.next_try_at)
        .limit(limit)
    ).all()
    db.session.rollback()
    for op_id in due:
        _look_up(op_id)
    return len(due)


def _usable(currency: str) -> list[Gateway]:
    return [
        gateway
        for gateway in registry.gateways().values()
        if not gateway.problems() and currency in gateway.capabilities().currencies
    ]


def _choose(currency: str, wanted: str | None) -> Gateway | Refusal:
    usable = _usable(currency)
    if wanted is not None:
        usable = [gateway for gateway in usable if gateway.key == wanted]
    if not usable:
        return Refusal(
            "no_gateway",
            _("There is no way to pay in %(currency)s at the moment.", currency=currency),
            _("Nothing was taken. Please try again later."),
        )
    chosen = dispatch.first(
        "select_gateway", gateways=usable, purpose="credits", currency=currency
    )
    return chosen if chosen in usable else usable[0]


def _has_bought(session: Session, user_id: str) -> bool:
    count = session.scalar(
        select(func.count())
        .select_from(PaymentIntent)
        .where(PaymentIntent.user_id == user_id, PaymentIntent.state == "credited")
    )
    return bool(count)


def _quote(
    session: Session, user_id: str, offer: PackOffer, provider: str, key: str, return_to: str
) -> tuple[str, str | None]:
    known = session.scalars(select(PaymentIntent).where(PaymentIntent.key == key)).first()
    if known is not None:
        return known.id, None
    now = now_ms(session)
    intent = PaymentIntent(
        id=new_id(),
        user_id=user_id,
        purpose="credits",
        provider=provider,
        amount=offer.price,
        currency=offer.currency,
        quote={
            "pack": offer.id,
            "name": offer.name,
            "credits": offer.credits,
            "bonus": offer.bonus,
        },
        return_to=return_to,
        key=key,
        state="quoted",
        made_at=now,
        changed_at=now,
    )
    session.add(intent)
    session.flush()
    op = PaymentOp(
        op_id=str(uuid.uuid4()),
        intent_id=intent.id,
        kind="start",
        amount=offer.price,
        currency=offer.currency,
        state="planned",
        next_try_at=now + LOOKUPS_S[1] * 1000,
        made_at=now,
    )
    session.add(op)
    return intent.id, op.op_id


def _attempt(op_id: str) -> None:
    """Call the gateway for a committed attempt; no transaction is open meanwhile."""
    op = db.session.get(PaymentOp, op_id)
    intent = db.session.get(PaymentIntent, op.intent_id) if op is not None else None
    if op is None or intent is None:
        return
    gateway = registry.gateways().get(intent.provider)
    if gateway is None:
        return
    base = current_app.config["PPVCMS"].public_url
    request = Op(
        op_id=op.op_id,
        kind=op.kind,
        intent_id=intent.id,
        amount=Money(intent.amount, intent.currency),
        context={
            "description": str(intent.quote["name"]),
            "return_url": f"{base}/pay/return/{intent.id}",
            "notify_url": f"{base}/pay/notify/{gateway.key}/{notify_secret(gateway.key)}",
        },
    )
    db.session.rollback()
    try:
        result = gateway.execute(request)
    except Exception as error:  # noqa: BLE001 - whatever an adapter raises may follow a charge
        log.warning("gateway_raised", provider=gateway.key, error=repr(error))
        result = Result(outcome=Outcome.UNKNOWN, message=_("The payment service did not answer."))
    faultpoint("pay.called")
    transaction(lambda session: _take_result(session, op_id, result))


def _look_up(op_id: str) -> None:
    op = db.session.get(PaymentOp, op_id)
    intent = db.session.get(PaymentIntent, op.intent_id) if op is not None else None
    gateway = registry.gateways().get(intent.provider) if intent is not None else None
    db.session.rollback()
    if gateway is None or not gateway.capabilities().query:
        transaction(lambda session: _postpone(session, op_id))
        return
    try:
        result = gateway.lookup(op_id=op_id)
    except Exception as error:  # noqa: BLE001 - see _attempt
        log.warning("gateway_raised", provider=gateway.key, error=repr(error))
        result = Result(outcome=Outcome.UNKNOWN)
    transaction(lambda session: _take_result(session, op_id, result))


def _take_result(session: Session, op_id: str, result: Result) -> None:
    """Record an answer; an ``ok`` is booked through the same door as a notification."""
    op = session.get(PaymentOp, op_id, with_for_update=True)
    if op is None or op.state not in OPEN_OPS:
        return
    intent = session.get(PaymentIntent, op.intent_id, with_for_update=True)
    if intent is None:
        return
    op.provider_ref = result.provider_ref or op.provider_ref
    op.code, op.message = result.code, result.message
    match result.outcome:
        case Outcome.OK:
            fact = GatewayEvent(
                dedupe_key=f"{intent.provider}:answer:{op_id}",
                kind="charge.succeeded",
                provider_ref=result.provider_ref or op_id,
                op_id=op_id,
                amount=result.amount,
            )
            _apply(session, fact, intent.provider, None)
        case Outcome.REDIRECT if result.redirect is not None:
            op.redirect = {
                "url": result.redirect.url,
                "method": result.redirect.method,
                "fields": result.redirect.fields,
            }
            _move(session, intent, op, "awaiting")
        case Outcome.PENDING:
            _move(session, intent, op, "awaiting")
        case Outcome.DECLINED | Outcome.ERROR | Outcome.UNSUPPORTED:
            _fail(session, intent, op, result.message)
        case _:
            _move(session, intent, op, "awaiting" if op.state == "awaiting" else "unknown")


def _move(session: Session, intent: PaymentIntent, op: PaymentOp, state: str) -> None:
    intent.state = op.state = state
    intent.changed_at = now_ms(session)
    _schedule(session, op)


def _postpone(session: Session, op_id: str) -> None:
    op = session.get(PaymentOp, op_id, with_for_update=True)
    if op is not None and op.state in OPEN_OPS:
        _schedule(session, op)


def _schedule(session: Session, op: PaymentOp) -> None:
    if op.attempts >= len(LOOKUPS_S):
        op.next_try_at = None
        return
    op.next_try_at = now_ms(session) + LOOKUPS_S[op.attempts] * 1000
    op.attempts += 1


def _fail(session: Session, intent: PaymentIntent, op: PaymentOp, message: str | None) -> None:
    op.state, op.next_try_at = "declined", None
    intent.state = "failed"
    intent.message = message or _("The payment was declined. Nothing was taken.")
    intent.changed_at = now_ms(session)


def _apply(
    session: Session, event: GatewayEvent, provider: str, inbox_id: str | None
) -> str:
    if event.kind == "info":
        return "ignored"
    op = _op_of(session, event)
    if op is None:
        return "parked"
    intent = session.get(PaymentIntent, op.intent_id, with_for_update=True)
    if intent is None or intent.provider != provider:
        return "review"
    known = session.scalars(
        select(PaymentEvent).where(
            PaymentEvent.provider == provider,
            PaymentEvent.kind == event.kind,
            PaymentEvent.provider_ref == event.provider_ref,
        )
    ).first()
    if known is not None or session.get(PaymentEvent, event.dedupe_key) is not None:
        return "repeated"
    row = PaymentEvent(
        dedupe_key=event.dedupe_key,
        inbox_id=inbox_id,
        provider=provider,
        kind=event.kind,
        provider_ref=event.provider_ref,
        related_ref=event.related_ref,
        op_id=op.op_id,
        amount=event.amount.minor if event.amount else None,
        currency=event.amount.currency if event.amount else None,
        verified=True,
        state="applied",
        at=now_ms(session),
    )
    session.add(row)
    session.flush()
    faultpoint("pay.event_stored")
    return _book(session, row, event, intent, op)


def _book(
    session: Session, row: PaymentEvent, event: GatewayEvent, intent: PaymentIntent, op: PaymentOp
) -> str:
    if event.kind == "charge.failed":
        if intent.state in OPEN:
            _fail(session, intent, op, event.message)
        return "applied"
    if event.kind != "charge.succeeded":
        return _for_review(row, _("This kind of notice is not booked by itself."))
    if event.amount is None or (event.amount.minor, event.amount.currency) != (
        intent.amount,
        intent.currency,
    ):
        intent.state = "review"
        intent.message = _("The amount that arrived is not the one that was quoted.")
        return _for_review(row, intent.message)
    if intent.state == "credited":
        return _for_review(row, _("This payment was credited before under another reference."))
    _credit(session, row, intent, op)
    return "applied"


def _for_review(row: PaymentEvent, note: str) -> str:
    row.state, row.note = "review", note
    return "review"


def _credit(
    session: Session, row: PaymentEvent, intent: PaymentIntent, op: PaymentOp
) -> None:
    posted = buy_credits(
        session,
        user_id=intent.user_id,
        credits=int(intent.quote["credits"]),
        bonus=int(intent.quote["bonus"]),
        price=intent.amount,
        price_currency=intent.currency,
        provider=intent.provider,
        key=f"deposit:{intent.id}",
        source=f"payment:{intent.id}",
        memo=str(intent.quote["name"]),
        actor_id=intent.user_id,
    )
    faultpoint("pay.posted")
    row.transfer_id = intent.transfer_id = posted.transfer_id
    intent.state, op.state = "credited", "ok"
    op.provider_ref, op.next_try_at = row.provider_ref, None
    intent.changed_at = row.at
    write_event(
        session,
        PaymentSettled(
            id=new_id(),
            at=row.at,
            actor_id=intent.user_id,
            intent_id=intent.id,
            user_id=intent.user_id,
            credits=int(intent.quote["credits"]) + int(intent.quote["bonus"]),
        ),
    )
    after_commit(session, lambda: faultpoint("pay.committed"))


def _op_of(session: Session, event: GatewayEvent) -> PaymentOp | None:
    if event.op_id is not None:
        return session.get(PaymentOp, event.op_id, with_for_update=True)
    for ref in filter(None, (event.provider_ref, event.related_ref)):
        found: Sequence[PaymentOp] = session.scalars(
            select(PaymentOp).where(PaymentOp.provider_ref == ref).with_for_update()
        ).all()
        if len(found) == 1:
            return found[0]
    return None
