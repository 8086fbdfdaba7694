"""Paying for an item at a gateway, without a way through the wallet (WL-06).

The payment is for the item. When it is settled, one transaction puts the money
into the wallet, takes the price out of it, divides it and gives access. Where
the item is gone meanwhile the money stays as credits and the payer is told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import gettext as _

from ppvcms.accounts.actor import actor_of
from ppvcms.accounts.models import User
from ppvcms.db import db
from ppvcms.host.settings import site
from ppvcms.payments import purposes
from ppvcms.payments.services import IntentView, Purchase, is_begun, start_payment
from ppvcms.results import Refusal
from ppvcms.sales import goods
from ppvcms.sales.orders import Order, refusal_to_sell, sell, seller_may

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask
    from sqlalchemy.orm import Session

    from ppvcms.accounts.actor import Actor
    from ppvcms.payments.models import PaymentIntent

PURPOSE = "item"


def link(app: Flask) -> None:
    """Let payments for items be fulfilled."""
    purposes.register(app, PURPOSE, fulfil)


def direct_price(price: int) -> tuple[int, str]:
    """Return what a price in credits is at a gateway: minor units and the shop's currency.

    Rounded up to a whole minor unit, so that what arrives covers the price.
    """
    core = site()
    return -(-price * core.credit_price // 100), core.shop_currency


def buy_directly(
    payer: Actor, order: Order, *, key: str, return_to: str = "", gateway: str | None = None
) -> IntentView | Refusal:
    """Begin to pay for an item at a gateway; the same `key` gives the same payment (R-04)."""
    if not is_begun(payer, key):
        refusal = seller_may(order) or refusal_to_sell(db.session(), payer, order)
        if refusal is not None:
            return refusal
    amount, currency = direct_price(order.price)
    if amount <= 0:
        return Refusal("free", _("There is nothing to pay for this. Nothing was taken."))
    purchase = Purchase(
        purpose=PURPOSE,
        name=order.memo,
        amount=amount,
        currency=currency,
        credits=order.price,
        asked={"order": order.as_json()},
        details={"order": order.as_json()},
    )
    return start_payment(payer, purchase, key=key, return_to=return_to, gateway=gateway)


def fulfil(session: Session, intent: PaymentIntent, credit: Callable[[], None]) -> str:
    """Credit what was paid and sell the item for it, or say why it stays as credits."""
    order = Order.from_json(intent.quote["order"])
    # Items before wallets, as every sale has it.
    goods.lock(session, order.slug, order.item_id)
    credit()
    payer = actor_of(session.get_one(User, intent.user_id))
    sold = sell(session, payer, order, key=f"intent:{intent.id}", intent_id=intent.id)
    if not isinstance(sold, Refusal):
        return ""
    why = {
        "gone": _("This was taken off sale while you paid."),
        "sold_out": _("The last one was sold while you paid."),
        "owned": _("You have this already."),
    }.get(sold.code, _("This could not be given to you."))
    return f"{why} {_('What you paid is in your wallet as credits.')}"
