"""A wallet's statement: everything that came in and went out, a session as one line (AC-09)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import case, func, select

from ppvcms.ledger.accounts import AccountKind
from ppvcms.ledger.books import CREDITS
from ppvcms.ledger.models import Account, Entry, Transfer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

SEAT = "seat:"


@dataclass(frozen=True, slots=True)
class Movement:
    """One line; the amount in minor units, negative when it was paid."""

    at: int
    kind: str
    source: str
    memo: str
    amount: int

    @property
    def seat_id(self) -> str:
        """The session that was paid, where it was one."""
        return self.source.removeprefix(SEAT) if self.source.startswith(SEAT) else ""


def movements(
    session: Session, user_id: str, *, limit: int, offset: int = 0, sessions: bool = True
) -> Sequence[Movement]:
    """Return what moved a person's wallet, newest first; `sessions` leaves paid time in."""
    of_a_seat = Transfer.source.like(f"{SEAT}%")
    # Paid time is posted every few seconds; who paid reads it as one sum.
    line = case((of_a_seat, Transfer.source), else_=Transfer.id)
    last = func.max(Transfer.made_at)
    query = (
        select(
            last,
            Transfer.kind,
            func.max(Transfer.source),
            func.max(Transfer.memo),
            func.sum(Entry.amount),
        )
        .join(Entry, Entry.transfer_id == Transfer.id)
        .join(Account, Account.id == Entry.account_id)
        .where(
            Account.kind == AccountKind.WALLET.value,
            Account.owner_kind == "user",
            Account.owner_id == user_id,
            Account.currency == CREDITS,
        )
        .group_by(line, Transfer.kind)
        .order_by(last.desc(), line.desc())
        .limit(limit)
        .offset(offset)
    )
    if not sessions:
        query = query.where(~of_a_seat)
    return [
        Movement(at, kind, source, memo, int(amount))
        for at, kind, source, memo, amount in session.execute(query)
    ]
