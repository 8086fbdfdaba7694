"""What people and the site allow themselves to spend in a day, a week and a month (WL-16).

Amounts are minor units of credits. A period is rolling: the last 24 hours, 7 days
and 30 days. Used is what left the wallet and was not taken back, and what is held.
The limits are read after the wallet is locked, so whatever runs beside it, nobody
passes them; `Locked.available` and `Wallet.available` obey them.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, case, func, select
from sqlalchemy.orm import aliased

from ppvcms.db import now_ms
from ppvcms.ledger.models import Entry, SpendLimit, Transfer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy.orm import Session

SITE = "site"
"""Stands for the wallet of everybody: the owner's limits for each person."""
DAY_MS = 86_400_000
RAISED_AFTER_MS = DAY_MS


class Period(StrEnum):
    """How far back spending is counted."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


LENGTH_MS = {Period.DAY: DAY_MS, Period.WEEK: 7 * DAY_MS, Period.MONTH: 30 * DAY_MS}
_LIMITS = (
    select(SpendLimit)
    .where(SpendLimit.account_id.in_(bindparam("ids", expanding=True)))
    .execution_options(populate_existing=True)
)
_undone = aliased(Transfer)
_USED = (
    select(
        Entry.account_id,
        *(
            func.sum(case((Transfer.made_at > bindparam(period.value), -Entry.amount), else_=0))
            for period in Period
        ),
    )
    .join(Transfer, Transfer.id == Entry.transfer_id)
    .outerjoin(_undone, _undone.reverses == Transfer.id)
    .where(
        Entry.account_id.in_(bindparam("ids", expanding=True)),
        Entry.amount < 0,
        Transfer.made_at > bindparam(Period.MONTH.value),
        # Taking credits back that were bought is not spending them.
        Transfer.reverses.is_(None),
        _undone.id.is_(None),
    )
    .group_by(Entry.account_id)
)


@dataclass(frozen=True, slots=True)
class Left:
    """The limit that leaves least: what it leaves, its period, and whether the site set it."""

    amount: int
    period: Period
    by_site: bool


@dataclass(frozen=True, slots=True)
class LimitView:
    """One limit as it stands: `amount` is None where there is none.

    `next_amount` counts from `next_at` on, where a raise waits; None lifts the limit.
    """

    period: Period
    amount: int | None
    used: int
    next_amount: int | None = None
    next_at: int | None = None


def left_of(session: Session, held: Mapping[str, int]) -> dict[str, Left]:
    """Return what the limits leave to the wallets that have one; `held` is by wallet.

    One statement when nobody has a limit, two otherwise.
    """
    rows = _rows(session, [*held, SITE]) if held else []
    if not rows:
        return {}
    now = now_ms(session)
    of_site = any(row.account_id == SITE for row in rows)
    wanted = set(held) if of_site else {row.account_id for row in rows}
    used = _used(session, wanted, now)
    found: dict[str, Left] = {}
    for wallet_id in sorted(wanted):
        lefts = [
            Left(
                amount - used[wallet_id][Period(row.period)] - held[wallet_id],
                Period(row.period),
                row.account_id == SITE,
            )
            for row in rows
            if row.account_id in {wallet_id, SITE} and (amount := in_force(row, now)) is not None
        ]
        if lefts:
            found[wallet_id] = min(lefts, key=lambda left: left.amount)
    return found


def spendable(funds: int, left: Left | None) -> int:
    """Return how much of `funds` can be spent under a limit: pure."""
    return funds if left is None else min(funds, max(0, left.amount))


def in_force(row: SpendLimit, now: int) -> int | None:
    """Return the limit that counts at a moment; None is no limit."""
    return row.next_amount if row.next_at is not None and row.next_at <= now else row.amount


def limits_of(session: Session, wallet_id: str, *, held: int = 0) -> list[LimitView]:
    """Return the limits of a wallet, or of `SITE`, with what is used, one for each period."""
    now = now_ms(session)
    rows = {row.period: row for row in _rows(session, [wallet_id])}
    used = _used(session, {wallet_id}, now)[wallet_id]
    views = []
    for period in Period:
        row = rows.get(period.value)
        waits = row is not None and row.next_at is not None and row.next_at > now
        views.append(
            LimitView(
                period,
                in_force(row, now) if row is not None else None,
                used[period] + held,
                row.next_amount if row is not None and waits else None,
                row.next_at if row is not None and waits else None,
            )
        )
    return views


def change_limit(
    session: Session, wallet_id: str, period: Period, amount: int | None, *, at_once: bool
) -> None:
    """Set a limit; None lifts it. A lower one counts now, a higher one after 24 hours.

    The wallet must be locked by the caller. `at_once` is the owner's way, for `SITE`.
    """
    now = now_ms(session)
    row = session.get(SpendLimit, (wallet_id, period.value), with_for_update=True)
    if row is None:
        row = SpendLimit(account_id=wallet_id, period=period.value, amount=None)
        session.add(row)
    current = in_force(row, now)
    raises = current is not None and (amount is None or amount > current)
    row.changed_at = now
    if raises and not at_once:
        row.amount, row.next_amount, row.next_at = current, amount, now + RAISED_AFTER_MS
    else:
        row.amount, row.next_amount, row.next_at = amount, None, None
    session.flush()


def _rows(session: Session, wallet_ids: Iterable[str]) -> list[SpendLimit]:
    return list(session.scalars(_LIMITS, {"ids": list(set(wallet_ids))}))


def _used(session: Session, wallet_ids: set[str], now: int) -> dict[str, dict[Period, int]]:
    """Return what left each wallet within each period and was not taken back."""
    used = {wallet_id: dict.fromkeys(Period, 0) for wallet_id in wallet_ids}
    starts = {period.value: now - length for period, length in LENGTH_MS.items()}
    for wallet_id, *amounts in session.execute(_USED, {"ids": list(wallet_ids), **starts}):
        used[wallet_id] = dict(zip(LENGTH_MS, map(int, amounts), strict=True))
    return used
