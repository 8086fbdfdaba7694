"""From on hold to available: earnings wait some days, then they can be paid out (R-71, CM-12).

A day (UTC) of an account is released whole and once: the row `earning_release` and
the transfer's key stand for it. What was taken back before is not in it; what is
taken back later comes from what is available.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import Integer, cast, func, select
from sqlalchemy.orm import aliased

from ppvcms.db import now_ms, transaction
from ppvcms.faultpoints import faultpoint
from ppvcms.ledger.accounts import AccountKind, paid_from
from ppvcms.ledger.books import Draft, Line
from ppvcms.ledger.errors import LedgerError
from ppvcms.ledger.models import Account, EarningRelease, Share, Transfer
from ppvcms.ledger.moves import lock_accounts
from ppvcms.ledger.store import post
from ppvcms.results import Refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

DAY_MS = 86_400_000
KIND = "release"


@dataclass(frozen=True, slots=True)
class Coming:
    """What becomes available at a moment, in minor units of credits."""

    at: int
    amount: int


def coming(session: Session, owner_kind: str, owner_id: str, *, hold_days: int) -> Sequence[Coming]:
    """Return what is on hold for a performer or a studio, by the day of its release."""
    account = session.scalar(
        select(Account).filter_by(
            kind=AccountKind.EARNING_HOLD.value, owner_kind=owner_kind, owner_id=owner_id
        )
    )
    if account is None:
        return ()
    days = _unreleased(session, account)
    return [Coming(_free_at(day, hold_days), amount) for day, amount in days]


def release_due(*, hold_days: int, now: int | None = None) -> int:
    """Release every day whose wait is over; return how many days of accounts were.

    Each is a transaction of its own, so that a crash loses none and repeats none.
    """
    waiting = transaction(lambda session: _waiting(session, hold_days, now))
    return sum(
        transaction(lambda session, one=one: _release(session, *one))  # type: ignore[misc] # binds now
        for one in waiting
    )


def _waiting(session: Session, hold_days: int, now: int | None) -> list[tuple[str, int]]:
    moment = now_ms(session) if now is None else now
    last = moment // DAY_MS - hold_days - 1
    accounts = session.scalars(
        select(Account)
        .filter_by(kind=AccountKind.EARNING_HOLD.value)
        .where(Account.balance > 0)
        .order_by(Account.id)
    ).all()
    return [
        (account.id, day)
        for account in accounts
        for day, _amount in _unreleased(session, account, until_day=last)
    ]


def _release(session: Session, account_id: str, day: int) -> bool:
    hold = session.get_one(Account, account_id)
    free_id = paid_from(session, hold)
    lock_accounts(session, [hold.id, free_id])
    faultpoint("release.locked")
    # Read after the lock: another process may have released it, or taken a part back.
    amount = dict(_unreleased(session, hold, until_day=day)).get(day, 0)
    if amount <= 0:
        return False
    posted = post(
        session,
        Draft(
            KIND,
            f"release:{account_id}:{day}",
            f"release:{account_id}",
            f"Earnings of {_iso(day)}",
            (Line(hold.id, hold.currency, -amount), Line(free_id, hold.currency, amount)),
        ),
    )
    if isinstance(posted, Refusal):
        raise LedgerError(f"Account {account_id} holds less than it earned on {_iso(day)}.")
    session.add(
        EarningRelease(
            account_id=account_id,
            day=day,
            amount=amount,
            transfer_id=posted.transfer_id,
        )
    )
    faultpoint("release.written")
    return True


def _unreleased(
    session: Session, hold: Account, *, until_day: int | None = None
) -> list[tuple[int, int]]:
    """Return the days of an account that wait, with what is left of them, oldest first."""
    undo = aliased(Transfer)
    # Both databases divide whole numbers to whole numbers by this operator.
    day = cast(Transfer.made_at.op("/")(DAY_MS), Integer)
    query = (
        select(day, func.sum(Share.amount))
        .join(Share, Share.transfer_id == Transfer.id)
        .where(
            Share.account_id == hold.id,
            ~select(undo.id).where(undo.reverses == Transfer.id).exists(),
            ~select(EarningRelease.day)
            .where(EarningRelease.account_id == hold.id, EarningRelease.day == day)
            .exists(),
        )
        .group_by(day)
        .having(func.sum(Share.amount) > 0)
        .order_by(day)
    )
    if until_day is not None:
        query = query.where(Transfer.made_at < (until_day + 1) * DAY_MS)
    return [(int(number), int(amount)) for number, amount in session.execute(query)]


def _free_at(day: int, hold_days: int) -> int:
    return (day + 1 + hold_days) * DAY_MS


def _iso(day: int) -> str:
    return datetime.fromtimestamp(day * DAY_MS / 1000, UTC).date().isoformat()
