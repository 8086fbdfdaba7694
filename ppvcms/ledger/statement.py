"""A wallet's statement: everything that came in and went out, a session as one line (AC-09)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import case, func, select

from ppvcms.ledger.accounts import AccountKind
from ppvcms.ledger.books import CREDITS
from ppvcms.ledger.models import Account, Entry, Transfer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

SEAT = "seat:"
_OF_A_SEAT = Transfer.source.like(f"{SEAT}%")


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


def movements(session: Session, user_id: str, *, limit: int, offset: int = 0) -> Sequence[Movement]:
    """Return everything that moved a person's wallet, newest first."""
    # Paid time is posted every few seconds; who paid reads it as one sum.
    line = case((_OF_A_SEAT, Transfer.source), else_=Transfer.id)
    last = func.max(Transfer.made_at)
    columns = (last, Transfer.kind, func.max(Transfer.source), func.max(Transfer.memo))
    query = (
        _entries_of(user_id, *columns, func.sum(Entry.amount))
        .group_by(line, Transfer.kind)
        .order_by(last.desc(), line.desc())
        .limit(limit)
        .offset(offset)
    )
    return _read(session, query)


def beside_sessions(session: Session, user_id: str, *, limit: int) -> Sequence[Movement]:
    """Return what moved a wallet last, without paid time."""
    columns = (Transfer.made_at, Transfer.kind, Transfer.source, Transfer.memo, Entry.amount)
    query = _entries_of(user_id, *columns).where(~_OF_A_SEAT)
    return _read(session, query.order_by(Entry.id.desc()).limit(limit))


def _entries_of(user_id: str, *columns: Any) -> Select[Any]:
    return (
        select(*columns)
        .join(Entry, Entry.transfer_id == Transfer.id)
        .join(Account, Account.id == Entry.account_id)
        .where(
            Account.kind == AccountKind.WALLET.value,
            Account.owner_kind == "user",
            Account.owner_id == user_id,
            Account.currency == CREDITS,
        )
    )


def _read(session: Session, query: Select[Any]) -> Sequence[Movement]:
    return [
        Movement(at, kind, source, memo, int(amount))
        for at, kind, source, memo, amount in session.execute(query)
    ]
