"""What can be bought and how it can be paid: the same for the page and the overlay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog
from flask_babel import gettext as _
from sqlalchemy import func, select

from ppvcms.db import db
from ppvcms.host import dispatch, registry
from ppvcms.host.settings import site
from ppvcms.payments.models import CreditPack, IntentState, PaymentIntent
from ppvcms.payments.purposes import CREDITS
from ppvcms.results import Refusal

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from ppvcms.payments.contract import Gateway

MOST_EXTRA = 100
log = structlog.get_logger(__name__)


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
class Way:
    """A way to pay that works now."""

    key: str
    label: str


def offers(user_id: str | None) -> list[PackOffer]:
    """Return the packs on sale in their order; those for a first purchase to new payers only."""
    currency = site().shop_currency
    packs = db.session.scalars(
        select(CreditPack)
        .where(CreditPack.active)
        .order_by(CreditPack.weight, CreditPack.credits, CreditPack.id)
        .execution_options(populate_existing=True)
    ).all()
    bought = user_id is not None and has_bought(db.session(), user_id)
    extra = extra_percent(user_id)
    return [
        PackOffer(
            pack.id,
            pack.name,
            pack.credits,
            pack.bonus + pack.credits * extra // 100,
            pack.prices[currency],
            currency,
        )
        for pack in packs
        if currency in pack.prices and not (pack.first_only and bought)
    ]


def extra_percent(user_id: str | None) -> int:
    """Return the whole percents of a pack that plugins give somebody on top, at most 100."""
    if user_id is None:
        return 0
    answers: list[tuple[str, int]] = dispatch.collect("pack_bonus", user_id=user_id)
    return min(MOST_EXTRA, max((0, *(percent for _slug, percent in answers))))


def ways_to_pay() -> list[Way]:
    """Return the gateways that can take a payment in the shop's currency now."""
    return [Way(gateway.key, gateway.label) for gateway in _usable(site().shop_currency)]


def choose_gateway(
    currency: str, wanted: str | None, *, purpose: str = CREDITS, hold: bool = False
) -> Gateway | Refusal:
    """Return the gateway that somebody wants, otherwise the one that plugins or the order give.

    With `hold` it must be able to hold an amount and to give it back.
    """
    able = [one for one in _usable(currency) if not hold or _can_hold(one)]
    usable = [one for one in able if wanted is None or one.key == wanted]
    if not usable:
        return Refusal(
            "no_gateway",
            _("There is no such way to pay in %(currency)s at the moment.", currency=currency),
            _("Nothing was taken. Please try again later."),
        )
    chosen: Gateway | None = dispatch.first(
        "select_gateway", gateways=usable, purpose=purpose, currency=currency
    )
    return next((one for one in usable if one is chosen), usable[0])


def can_hold() -> bool:
    """Whether some gateway can hold an amount in the shop's currency and give it back."""
    return any(_can_hold(one) for one in _usable(site().shop_currency))


def has_bought(session: Session, user_id: str) -> bool:
    """Whether somebody bought credits before."""
    bought = select(func.count()).where(
        PaymentIntent.user_id == user_id,
        PaymentIntent.purpose == CREDITS,
        PaymentIntent.state == IntentState.CREDITED,
    )
    return bool(session.scalar(bought))


def _usable(currency: str) -> list[Gateway]:
    return [one for one in registry.gateways().values() if _works(one, currency)]


def _can_hold(gateway: Gateway) -> bool:
    able = gateway.capabilities()
    return able.hold and able.void


def _works(gateway: Gateway, currency: str) -> bool:
    try:
        return not gateway.problems() and currency in gateway.capabilities().currencies
    except Exception as error:  # noqa: BLE001 - one broken adapter must not close the shop
        log.warning("gateway_raised", provider=gateway.key, error=repr(error))
        db.session.rollback()
        return False
