"""The meter's postings, hundreds of seats in a few statements (money.md 3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from ppvcms import bulk
from ppvcms.faultpoints import faultpoint
from ppvcms.ids import new_id
from ppvcms.ledger.errors import HoldError, KeyReusedError
from ppvcms.ledger.models import Entry, Hold, Transfer
from ppvcms.ledger.moves import Locked, lock_accounts, table, write_versions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

USAGE = "usage"
"""The kind of the meter's transfers: from a wallet's hold to the escrow of the seat."""


@dataclass(frozen=True, slots=True)
class HoldPosting:
    """What is due on one seat: capture `amount`, and reserve up to `extend_by` more.

    Both are minor units and may be 0. `key` names the seat and its seq; `at` is
    the database's clock as it was read after the seats were locked.
    """

    seat_id: str
    hold_id: str
    wallet_id: str
    escrow_id: str
    amount: int
    extend_by: int
    key: str
    source: str
    memo: str
    at: int


@dataclass(slots=True)
class _OpenHold:
    id: str
    amount: int
    captured: int
    ended: int

    @property
    def left(self) -> int:
        return self.amount - self.captured - self.ended


@dataclass(frozen=True, slots=True)
class BatchResult:
    """What became of a batch, by seat."""

    granted: dict[str, int]
    """How many minor units more are reserved; less than asked for where the wallet has no more."""
    transfer_ids: dict[str, str]
    """The transfer of each posting that captured something."""
    available: dict[str, int]
    """What is left to spend on the seat's wallet after the whole batch."""


def post_batch(
    session: Session,
    postings: Sequence[HoldPosting],
    *,
    locked: dict[str, Locked] | None = None,
) -> BatchResult:
    """Capture and extend the holds of many seats at once.

    Wallets are locked in the order of their ids; the caller has locked the
    seats before and fences each by its seq. Seats that share a wallet are
    served in the order given, and their wallet is written once. All is done or
    nothing: whatever is raised must end the transaction. No fact is written
    for these transfers, the settlement of a seat is told instead. `locked` are
    the wallets where the caller holds them locked, as `lock_accounts` gave them.

    Raises:
        HoldError: A hold has ended, stands on another wallet, appears twice, or
            has less left than is due.
        KeyReusedError: One of the keys was posted before.
    """
    if not postings:
        return BatchResult({}, {}, {})
    wallets = locked or lock_accounts(session, {posting.wallet_id for posting in postings})
    holds = _read_holds(session, postings)
    taking = [posting for posting in postings if posting.amount]
    transfer_ids = {posting.seat_id: new_id() for posting in taking}
    faultpoint("spend.locked")
    # What a capture takes was held, so it changes nothing that the extensions look at.
    after = [_capture(posting, wallets[posting.wallet_id], holds) for posting in taking]
    granted = {p.seat_id: _extend(p, wallets[p.wallet_id], holds) for p in postings}
    write_versions(session, wallets.values(), max(posting.at for posting in postings))
    _write_holds(session, holds)
    faultpoint("spend.moved")
    _write_transfers(session, taking, transfer_ids, after, wallets)
    faultpoint("spend.posted")
    left = {p.seat_id: wallets[p.wallet_id].available for p in postings}
    return BatchResult(granted, transfer_ids, left)


def _read_holds(session: Session, postings: Sequence[HoldPosting]) -> dict[str, _OpenHold]:
    wanted = {posting.hold_id: posting.wallet_id for posting in postings}
    if len(wanted) != len(postings):
        raise HoldError("A hold appears twice in one batch.")
    columns = (Hold.id, Hold.amount, Hold.captured, Hold.released + Hold.expired, Hold.account_id)
    rows = session.execute(select(*columns).where(Hold.id.in_(wanted), Hold.state == "open")).all()
    if len(rows) != len(wanted) or any(wanted[row.id] != row.account_id for row in rows):
        raise HoldError("A hold of this batch has ended or stands on another wallet.")
    return {row.id: _OpenHold(*row[:4]) for row in rows}


def _capture(posting: HoldPosting, wallet: Locked, holds: dict[str, _OpenHold]) -> int:
    """Move the amount out of hold and wallet; return the wallet's balance after it."""
    hold = holds[posting.hold_id]
    if not 0 < posting.amount <= hold.left:
        raise HoldError(f"Hold {hold.id} has {hold.left} left, {posting.amount} are due.")
    hold.captured += posting.amount
    wallet.move(balance=-posting.amount, held=-posting.amount)
    return wallet.balance


def _extend(posting: HoldPosting, wallet: Locked, holds: dict[str, _OpenHold]) -> int:
    """Reserve what is wanted as far as it is there; return how much it was."""
    granted = max(0, min(posting.extend_by, wallet.available))
    if granted:
        holds[posting.hold_id].amount += granted
        wallet.move(held=granted)
    return granted


def _write_holds(session: Session, holds: dict[str, _OpenHold]) -> None:
    bulk.update(
        session,
        table(Hold),
        "id",
        {
            "id": list(holds),
            "amount": [hold.amount for hold in holds.values()],
            "captured": [hold.captured for hold in holds.values()],
        },
    )


def _write_transfers(
    session: Session,
    taking: Sequence[HoldPosting],
    transfer_ids: dict[str, str],
    after: Sequence[int],
    wallets: dict[str, Locked],
) -> None:
    if not taking:
        return
    ids = [transfer_ids[posting.seat_id] for posting in taking]
    none = [None] * len(ids)
    paying = [wallets[posting.wallet_id] for posting in taking]
    currencies = [wallet.currency for wallet in paying]
    bulk.insert(
        session,
        table(Entry),
        {
            "transfer_id": ids + ids,
            "account_id": [p.wallet_id for p in taking] + [p.escrow_id for p in taking],
            "currency": currencies + currencies,
            "amount": [-p.amount for p in taking] + [p.amount for p in taking],
            "balance_after": [*after, *none],
            "version": [wallet.version for wallet in paying] + none,
        },
    )
    columns: bulk.Columns = {
        "id": ids,
        "kind": [USAGE] * len(ids),
        "key": [posting.key for posting in taking],
        "source": [posting.source for posting in taking],
        "memo": [posting.memo for posting in taking],
        "made_at": [posting.at for posting in taking],
    }
    try:
        bulk.insert(session, table(Transfer), columns)
    except IntegrityError as error:
        if "key" not in str(error.orig):
            raise
        raise KeyReusedError(columns["key"][0] if len(ids) == 1 else "of a batch") from error
