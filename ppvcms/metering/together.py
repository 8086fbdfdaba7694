"""What people spent, and what two of them had with each other: for reviews, ranks and the like."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import exists, func, select
from sqlalchemy.orm import aliased

from ppvcms.db import db
from ppvcms.ledger.accounts import AccountKind
from ppvcms.ledger.models import Account, Entry, Share, Transfer
from ppvcms.metering.models import Seat

if TYPE_CHECKING:
    from collections.abc import Collection

NO_PURCHASE = frozenset({"seat", "tip"})


@dataclass(frozen=True, slots=True)
class Together:
    """What a client had with a performer: counted seconds, and purchases that stand."""

    counted_s: int
    purchases: int


def had_together(client_id: str, performer_id: str) -> Together:
    """Return what somebody had with a performer; tips are no purchases."""
    counted = select(func.coalesce(func.sum(Seat.counted_ms), 0)).where(
        Seat.payer_id == client_id, Seat.performer_id == performer_id
    )
    undone = aliased(Transfer)
    paid = (
        select(func.count(func.distinct(Transfer.id)))
        .join(Share, Share.transfer_id == Transfer.id)
        .where(
            Transfer.actor_id == client_id,
            Transfer.kind.not_in(NO_PURCHASE),
            Share.party_id == performer_id,
            ~exists().where(undone.reverses == Transfer.id),
        )
    )
    return Together(int(db.session.scalar(counted) or 0) // 1000, int(db.session.scalar(paid) or 0))


def spent_since(user_ids: Collection[str], since: int) -> dict[str, int]:
    """Return what left people's wallets since a moment and was not taken back, in minor units."""
    undone = aliased(Transfer)
    query = (
        select(Account.owner_id, func.sum(-Entry.amount))
        .join(Entry, Entry.account_id == Account.id)
        .join(Transfer, Transfer.id == Entry.transfer_id)
        .where(
            Account.kind == AccountKind.WALLET,
            Account.owner_id.in_(user_ids),
            Entry.amount < 0,
            Transfer.made_at > since,
            Transfer.reverses.is_(None),
            ~exists().where(undone.reverses == Transfer.id),
        )
        .group_by(Account.owner_id)
    )
    return {owner: int(amount) for owner, amount in db.session.execute(query)}
