"""Revenue, commission and payments over a period; amounts in minor units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Integer, case, cast, func, select

from ppvcms.db import db
from ppvcms.ledger.models import Share, Transfer
from ppvcms.metering.models import Seat
from ppvcms.payments.models import PaymentIntent

if TYPE_CHECKING:
    from sqlalchemy import Subquery

DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Income:
    """What clients spent on one type, and the site's part of it."""

    kind: str
    charges: int
    gross: int
    commission: int


@dataclass(frozen=True, slots=True)
class Paid:
    """What one gateway brought in one currency."""

    provider: str
    currency: str
    count: int
    amount: int


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the site: revenue and commission in credits, and counted seconds."""

    begins_at: int
    gross: int
    commission: int
    counted_s: int


def income(since: int) -> list[Income]:
    """Return income by type since a moment, the largest first.

    A charge that was reversed is taken off in the period of its reversal (R-02).
    """
    charges = _charges()
    query = (
        select(
            charges.c.kind,
            func.sum(charges.c.sign),
            func.sum(charges.c.gross * charges.c.sign),
            func.sum(charges.c.site * charges.c.sign),
        )
        .where(charges.c.at >= since)
        .group_by(charges.c.kind)
    )
    found = [
        Income(kind, int(count), int(gross), int(site))
        for kind, count, gross, site in db.session.execute(query)
    ]
    return sorted(found, key=lambda one: -one.gross)


def payments(since: int) -> list[Paid]:
    """Return what gateways brought since a moment."""
    query = (
        select(
            PaymentIntent.provider,
            PaymentIntent.currency,
            func.count(),
            func.sum(PaymentIntent.amount),
        )
        .where(PaymentIntent.state == "credited", PaymentIntent.changed_at >= since)
        .group_by(PaymentIntent.provider, PaymentIntent.currency)
        .order_by(PaymentIntent.provider, PaymentIntent.currency)
    )
    return [
        Paid(provider, currency, count, int(amount))
        for provider, currency, count, amount in db.session.execute(query)
    ]


def by_day(*, now: int, days: int, offset_ms: int) -> list[Day]:
    """Return the last days, the oldest first; days begin `offset_ms` before those of UTC."""
    today = (now + offset_ms) // DAY_MS
    first = today - days + 1
    since = first * DAY_MS - offset_ms
    charges = _charges()
    day = cast((charges.c.at + offset_ms) // DAY_MS, Integer)
    query = (
        select(
            day,
            func.sum(charges.c.gross * charges.c.sign),
            func.sum(charges.c.site * charges.c.sign),
        )
        .where(charges.c.at >= since)
        .group_by(day)
    )
    money = {number: (int(gross), int(site)) for number, gross, site in db.session.execute(query)}
    opened = cast((Seat.opened_at + offset_ms) // DAY_MS, Integer)
    minutes = (
        select(opened, func.sum(Seat.counted_ms)).where(Seat.opened_at >= since).group_by(opened)
    )
    counted = {number: int(ms) // 1000 for number, ms in db.session.execute(minutes)}
    return [
        Day(number * DAY_MS - offset_ms, *money.get(number, (0, 0)), counted.get(number, 0))
        for number in range(first, today + 1)
    ]


def _charges() -> Subquery:
    """Each charge once with +1 when it was made, and once with -1 when it was reversed."""
    whole = (
        select(
            Share.transfer_id,
            func.sum(Share.amount).label("gross"),
            func.sum(case((Share.party_kind == "site", Share.amount), else_=0)).label("site"),
            func.max(case((Share.party_kind == "site", Share.party_id), else_="")).label("kind"),
        )
        .group_by(Share.transfer_id)
        .subquery()
    )
    columns = (whole.c.kind, whole.c.gross, whole.c.site, Transfer.made_at.label("at"))
    one = cast(1, Integer)
    made = select(*columns, one.label("sign")).join(Transfer, Transfer.id == whole.c.transfer_id)
    undone = select(*columns, (-one).label("sign")).join(
        Transfer, Transfer.reverses == whole.c.transfer_id
    )
    return made.union_all(undone).subquery()
