"""What a performer or a studio earned, charge by charge and day by day (CM-05)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import and_, func, select

from ppvcms.accounts.models import User
from ppvcms.db import db
from ppvcms.ledger.models import Account, Share, Transfer

if TYPE_CHECKING:
    from collections.abc import Sequence

DAY_MS = 86_400_000
_collects = and_(
    Share.party_kind == "performer", Account.owner_kind == "studio", User.id == Account.owner_id
)


@dataclass(frozen=True, slots=True)
class Earning:
    """One charge and the part of it that went to one party; amounts in minor units.

    `collected_by` is the name of the studio on whose account the part is (CM-08).
    """

    transfer_id: str
    kind: str
    source: str
    memo: str
    gross: int
    amount: int
    percent: float
    collected_by: str | None
    reversed: bool
    at: int

    @property
    def seat_id(self) -> str | None:
        """The seat that was charged, where it was one."""
        kind, _, rest = self.source.partition(":")
        return rest or None if kind == "seat" else None


@dataclass(frozen=True, slots=True)
class Day:
    """The earnings of one day (UTC) from one kind of income."""

    day: int
    kind: str
    amount: int


def earnings(
    party_id: str,
    *,
    since: int = 0,
    until: int | None = None,
    kind: str | None = None,
    limit: int = 50,
    offset: int = 0,
) -> Sequence[Earning]:
    """Return the charges that paid a party, newest first; `kind` names one source of income."""
    whole = (
        select(Share.transfer_id, func.sum(Share.amount).label("gross"))
        .group_by(Share.transfer_id)
        .subquery()
    )
    undone = select(Transfer.reverses).where(Transfer.reverses.is_not(None)).subquery()
    query = (
        select(Share, Transfer, whole.c.gross, undone.c.reverses, User.display_name)
        .join(Transfer, Transfer.id == Share.transfer_id)
        .join(whole, whole.c.transfer_id == Share.transfer_id)
        .outerjoin(undone, undone.c.reverses == Transfer.id)
        .join(Account, Account.id == Share.account_id)
        .outerjoin(User, _collects)
        .where(Share.party_id == party_id, Transfer.made_at >= since)
        .order_by(Transfer.made_at.desc(), Transfer.id.desc())
        .limit(limit)
        .offset(offset)
    )
    if until is not None:
        query = query.where(Transfer.made_at < until)
    if kind is not None:
        query = query.where(Transfer.kind == kind)
    return [
        Earning(
            transfer_id=transfer.id,
            kind=transfer.kind,
            source=transfer.source,
            memo=transfer.memo,
            gross=int(gross),
            amount=share.amount,
            percent=100 * share.numerator / share.denominator,
            collected_by=collector,
            reversed=reversed_by is not None,
            at=transfer.made_at,
        )
        for share, transfer, gross, reversed_by, collector in db.session.execute(query)
    ]


def collected(performer_id: str) -> Sequence[tuple[str, int]]:
    """Return which studios collected how much for a performer, without what was taken back.

    Amounts are minor units of credits; the money is on the studio's account (CM-08).
    """
    undone = select(Transfer.reverses).where(Transfer.reverses.is_not(None))
    rows = db.session.execute(
        select(User.display_name, func.sum(Share.amount))
        .join(Account, Account.id == Share.account_id)
        .join(User, _collects)
        .where(Share.party_id == performer_id, Share.transfer_id.not_in(undone))
        .group_by(User.id, User.display_name)
        .order_by(User.display_name)
    )
    return [(name, int(amount)) for name, amount in rows]


def by_day(party_id: str, *, since: int) -> Sequence[Day]:
    """Return a party's earnings per day and kind of income, oldest first."""
    # Both databases divide whole numbers to whole numbers by this operator.
    day = Transfer.made_at.op("/")(DAY_MS)
    rows = db.session.execute(
        select(day, Transfer.kind, func.sum(Share.amount))
        .join(Share, Share.transfer_id == Transfer.id)
        .where(Share.party_id == party_id, Transfer.made_at >= since)
        .group_by(day, Transfer.kind)
        .order_by(day)
    )
    return [Day(int(number) * DAY_MS, kind, int(amount)) for number, kind, amount in rows]


def by_source(party_id: str) -> Sequence[tuple[str, int]]:
    """Return what each source of income brought a party in all, the largest first."""
    rows = db.session.execute(
        select(Transfer.kind, func.sum(Share.amount))
        .join(Share, Share.transfer_id == Transfer.id)
        .where(Share.party_id == party_id)
        .group_by(Transfer.kind)
    )
    return sorted(((kind, int(amount)) for kind, amount in rows), key=lambda one: -one[1])


def total(party_id: str, *, since: int = 0) -> int:
    """Return what a party earned since a moment."""
    amount = db.session.scalar(
        select(func.coalesce(func.sum(Share.amount), 0))
        .join(Transfer, Transfer.id == Share.transfer_id)
        .where(Share.party_id == party_id, Transfer.made_at >= since)
    )
    return int(amount or 0)
