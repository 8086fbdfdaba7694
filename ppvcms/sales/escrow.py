"""Money that waits for what was promised, and ends once: paid out or given back (R-52 to R-54).

Amounts are minor units of credits. What waits is on one account of the books for
each kind, so what is owed to nobody yet can be read there at any moment. How an
escrow will be divided is locked when it is put away. What moves money takes the
session of an open write transaction first; escrows are locked before accounts.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _
from sqlalchemy import or_, select

from ppvcms.accounts.models import User
from ppvcms.db import db, now_ms, transaction
from ppvcms.errors import NotFoundError
from ppvcms.events import EscrowEnded
from ppvcms.faultpoints import faultpoint
from ppvcms.ids import new_id
from ppvcms.ledger.books import CREDITS, Draft, Line, Sharer, lines_of
from ppvcms.ledger.outbox import write_event
from ppvcms.ledger.store import (
    AccountKind,
    LedgerError,
    Posted,
    once,
    open_account,
    post,
    reverse_transfer,
    shares_for,
    wallet_of,
)
from ppvcms.results import Refusal
from ppvcms.sales.models import Escrow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

OPEN, PAID, REFUNDED = "open", "paid", "refunded"
PUT = "escrow"
"""The kind of the transfer that puts money away; the one that pays it out has the escrow's own."""
BATCH = 100
MEMO = 300


@dataclass(frozen=True, slots=True)
class EscrowView:
    """What is known of an escrow; `ends_at` is when it goes back by itself."""

    id: str
    payer_id: str
    payee_id: str
    room_id: str
    kind: str
    source: str
    amount: int
    state: str
    reason: str
    made_at: int
    ends_at: int
    ended_at: int | None


def put(  # noqa: PLR0913 - all but the first are given by name
    session: Session,
    *,
    payer_id: str,
    room_id: str,
    amount: int,
    kind: str,
    source: str,
    memo: str,
    key: str,
    sharers: Sequence[Sharer],
    ends_at: int,
) -> EscrowView | Refusal:
    """Take `amount` minor units from what a person has available and keep it until it ends (R-52).

    The division among `sharers` is locked now. The first of them answers for it:
    when that person is closed or suspended, the money goes back. The same `key`
    puts money away once (R-04); the refusal is "funds".

    Raises:
        KeyReusedError: The key was used for another escrow.
        LedgerError: Nobody shares.
    """
    if not sharers:
        raise LedgerError("An escrow needs somebody to pay. Nothing was taken.")
    asked = {
        "payer": payer_id,
        "room": room_id,
        "amount": amount,
        "kind": kind,
        "source": source,
    }

    def act() -> dict[str, Any] | Refusal:
        row = Escrow(
            id=new_id(),
            payer_id=payer_id,
            payee_id=sharers[0].performer_id,
            room_id=room_id,
            kind=kind,
            source=source,
            memo=memo,
            amount=amount,
            sharers={"all": [_stored(sharer) for sharer in sharers]},
            ends_at=ends_at,
        )
        return _put(session, row, key)

    answer = once(session, f"escrow:{key}", asked, act)
    if isinstance(answer, Refusal):
        return answer
    return view(session.get_one(Escrow, answer["escrow"]))


def pay_out(session: Session, escrow_id: str, *, reason: str) -> EscrowView | Refusal:
    """Divide an open escrow as it was locked (R-47, R-53); the refusal "ended" changed nothing.

    `reason` is a word for programs, such as "answered".

    Raises:
        NotFoundError: There is no such escrow.
    """
    row = _lock_open(session, escrow_id)
    if isinstance(row, Refusal):
        return row
    sharers = [sharer_of(one) for one in row.sharers["all"]]
    shares = shares_for(session, row.amount, sharers, site=row.kind)
    draft = Draft(
        kind=row.kind,
        key=f"escrow:{row.id}:paid",
        source=row.source,
        memo=row.memo,
        lines=(Line(row.account_id, CREDITS, -row.amount), *lines_of(shares, CREDITS)),
        shares=shares,
    )
    return _end(session, row, PAID, reason, post(session, draft))


def refund(
    session: Session, escrow_id: str, *, reason: str, actor_id: str | None = None
) -> EscrowView | Refusal:
    """Give an open escrow back whole to its payer (R-54); the refusal "ended" changed nothing.

    `reason` is a word for programs, such as "refused", "withdrawn" or "deadline".

    Raises:
        NotFoundError: There is no such escrow.
    """
    row = _lock_open(session, escrow_id)
    if isinstance(row, Refusal):
        return row
    posted = reverse_transfer(
        session,
        row.put_transfer_id,
        key=f"escrow:{row.id}:refunded",
        reason=_("Given back: %(memo)s", memo=row.memo)[:MEMO],
        actor_id=actor_id,
    )
    return _end(session, row, REFUNDED, reason, posted)


def refund_due() -> int:
    """Give back what nobody earned in time or can earn any more (R-54); return how many.

    Each in a transaction of its own, so that one which was paid at this moment
    stays paid and holds up nothing.
    """
    return sum(_give_back(escrow_id, reason) for escrow_id, reason in _due())


def find(escrow_id: str) -> EscrowView | None:
    """Return an escrow as it is now, or None."""
    row = db.session.get(Escrow, escrow_id)
    return view(row) if row is not None else None


def view(row: Escrow) -> EscrowView:
    """Return an escrow as a plain value."""
    return EscrowView(**{name: getattr(row, name) for name in EscrowView.__slots__})


def _put(session: Session, row: Escrow, key: str) -> dict[str, Any] | Refusal:
    wallet = wallet_of(session, row.payer_id)
    account = open_account(session, AccountKind.ESCROW, "escrow", row.kind, CREDITS)
    lines = (Line(wallet.id, CREDITS, -row.amount), Line(account.id, CREDITS, row.amount))
    draft = Draft(PUT, f"escrow:{key}", row.source, row.memo, lines, row.payer_id)
    posted = post(session, draft)
    if isinstance(posted, Refusal):
        return posted
    row.account_id, row.put_transfer_id = account.id, posted.transfer_id
    row.made_at = now_ms(session)
    session.add(row)
    session.flush()
    faultpoint("escrow.put")
    return {"escrow": row.id}


def _lock_open(session: Session, escrow_id: str) -> Escrow | Refusal:
    """Lock an escrow that is open; who comes second is told."""
    row = session.get(Escrow, escrow_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFoundError(f"There is no escrow '{escrow_id}'.")
    if row.state != OPEN:
        return Refusal(
            "ended",
            _("This was settled before. Nothing was moved."),
            details={"state": row.state, "reason": row.reason},
        )
    faultpoint("escrow.locked")
    return row


def _end(
    session: Session, row: Escrow, state: str, reason: str, posted: Posted | Refusal
) -> EscrowView:
    if isinstance(posted, Refusal):
        raise LedgerError(f"Escrow '{row.id}' could not be ended: {posted}")
    now = now_ms(session)
    row.state, row.reason = state, reason
    row.end_transfer_id, row.ended_at = posted.transfer_id, now
    session.flush()
    fact = EscrowEnded(
        id=new_id(),
        at=now,
        escrow_id=row.id,
        kind=row.kind,
        source=row.source,
        state=state,
        reason=reason,
    )
    write_event(session, fact)
    faultpoint("escrow.ended")
    return view(row)


def _give_back(escrow_id: str, reason: str) -> bool:
    answer = transaction(lambda session: refund(session, escrow_id, reason=reason))
    return not isinstance(answer, Refusal)


def _due() -> list[tuple[str, str]]:
    now = now_ms(db.session())
    gone = User.state != "active"
    rows = db.session.execute(
        select(Escrow.id, Escrow.ends_at)
        .join(User, User.id == Escrow.payee_id, isouter=True)
        .where(Escrow.state == OPEN, or_(Escrow.ends_at <= now, gone))
        .order_by(Escrow.ends_at)
        .limit(BATCH)
    ).all()
    db.session.rollback()
    return [(row.id, "deadline" if row.ends_at <= now else "gone") for row in rows]


def _stored(sharer: Sharer) -> dict[str, Any]:
    return {
        "performer_id": sharer.performer_id,
        "fraction": str(sharer.fraction),
        "ratio": str(sharer.ratio),
        "studio_id": sharer.studio_id,
        "studio_fraction": str(sharer.studio_fraction),
        "collects": sharer.collects,
    }


def sharer_of(stored: dict[str, Any]) -> Sharer:
    """Return a locked sharer as it was put away."""
    parts = ("fraction", "ratio", "studio_fraction")
    return Sharer(**{**stored, **{name: Fraction(stored[name]) for name in parts}})
