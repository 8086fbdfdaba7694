"""Money that is reserved on an account, and ends once: captured, or released (I14)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from ppvcms.db import now_ms
from ppvcms.faultpoints import faultpoint
from ppvcms.ids import new_id
from ppvcms.ledger.books import Draft, Line
from ppvcms.ledger.errors import HoldError
from ppvcms.ledger.keys import once
from ppvcms.ledger.models import Hold
from ppvcms.ledger.moves import (
    Locked,
    first_posting,
    lock_accounts,
    refusal_to_take,
    write,
    write_versions,
)
from ppvcms.results import Refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from ppvcms.ledger.books import Share
    from ppvcms.ledger.moves import Posted


def place_hold(
    session: Session,
    account_id: str,
    amount: int,
    *,
    key: str,
    source: str,
    seat_id: str | None = None,
    intent_id: str | None = None,
) -> Hold | Refusal:
    """Reserve `amount` minor units of what is available on an account with a floor.

    The refusal "funds" says how much is missing. A seat has one open hold at most.

    Raises:
        HoldError: The amount is not above 0, or the account has no floor.
        KeyReusedError: The key was used for another hold.
    """
    request = {
        "account": account_id,
        "amount": _above_zero(amount),
        "source": source,
        "seat": seat_id,
        "intent": intent_id,
    }

    def act() -> dict[str, str] | Refusal:
        account = _lock(session, account_id)
        if refusal := refusal_to_take(account, amount):
            return refusal
        hold = Hold(
            id=new_id(),
            account_id=account_id,
            seat_id=seat_id,
            intent_id=intent_id,
            key=key,
            source=source,
            amount=amount,
            made_at=now_ms(session),
        )
        session.add(hold)
        session.flush()
        _hold_more(session, account, hold.id, amount)
        return {"hold_id": hold.id}

    return _answer(session, once(session, f"hold:{key}", request, act))


def extend_hold(session: Session, hold_id: str, amount: int, *, key: str) -> Hold | Refusal:
    """Reserve `amount` minor units more with an open hold, all of it or nothing.

    Raises:
        HoldError: The amount is not above 0, or the hold has ended.
        KeyReusedError: The key was used for another extension.
    """
    request = {"hold": hold_id, "amount": _above_zero(amount)}

    def act() -> dict[str, str] | Refusal:
        account = _lock(session, account_of_hold(session, hold_id))
        hold = _open_hold(session, hold_id)
        if refusal := refusal_to_take(account, amount):
            return refusal
        hold.amount += amount
        session.flush()
        _hold_more(session, account, hold_id, amount)
        return {"hold_id": hold_id}

    return _answer(session, once(session, f"extend:{key}", request, act))


def capture_hold(  # noqa: PLR0913 - all but the first are given by name
    session: Session,
    hold_id: str,
    amount: int,
    *,
    to: Sequence[Line],
    kind: str,
    key: str,
    source: str,
    memo: str,
    actor_id: str | None = None,
    shares: Sequence[Share] = (),
) -> Posted:
    """Take `amount` minor units out of a hold and bring them to other accounts.

    Balance and held fall together, so that what is available stays the same.
    May be called again, with another key, until the hold is released.

    Raises:
        HoldError: More than the open part is asked for, or the hold has ended.
        NotBalancedError: `to` does not sum to `amount`.
        KeyReusedError: The key was used for another transfer.
    """
    payer_id = account_of_hold(session, hold_id)
    currency = to[0].currency
    draft = Draft(
        kind=kind,
        key=key,
        source=source,
        memo=memo,
        lines=(Line(payer_id, currency, -_above_zero(amount)), *to),
        actor_id=actor_id,
        shares=tuple(shares),
    )
    accounts = lock_accounts(session, (line.account_id for line in draft.lines))
    faultpoint("spend.locked")
    if first := first_posting(session, draft):
        return first
    hold = _open_hold(session, hold_id)
    if amount > open_part(hold):
        raise HoldError(f"Hold {hold_id} has {open_part(hold)} left, {amount} were asked for.")
    hold.captured += amount
    session.flush()
    accounts[payer_id].move(held=-amount)
    for line in draft.lines:
        if line.account_id in accounts:
            accounts[line.account_id].move(balance=line.amount)
    return write(session, draft, accounts, hold_id=hold_id)


def release_hold(session: Session, hold_id: str) -> Hold:
    """End a hold: what was not captured is available again. An ended one stays as it is."""
    account = _lock(session, account_of_hold(session, hold_id))
    hold = _fresh(session, hold_id)
    if hold.state != "open":
        return hold
    rest = open_part(hold)
    hold.released += rest
    hold.state = "ended"
    session.flush()
    if rest:
        _hold_more(session, account, hold_id, -rest)
    return hold


def open_part(hold: Hold) -> int:
    """Return what a hold still reserves, in minor units."""
    return hold.amount - hold.captured - hold.released - hold.expired


def account_of_hold(session: Session, hold_id: str) -> str:
    """Return the account of a hold, which never changes.

    Raises:
        HoldError: There is no such hold.
    """
    account_id = session.scalar(select(Hold.account_id).where(Hold.id == hold_id))
    if account_id is None:
        raise HoldError(f"There is no hold '{hold_id}'.")
    return account_id


def _lock(session: Session, account_id: str) -> Locked:
    accounts = lock_accounts(session, [account_id])
    faultpoint("spend.locked")
    if account_id not in accounts:
        raise HoldError(f"Account {account_id} has no floor, so nothing can be held on it.")
    return accounts[account_id]


def _hold_more(session: Session, account: Locked, hold_id: str, amount: int) -> None:
    account.move(held=amount)
    write_versions(session, [account], now_ms(session), hold_id=hold_id)
    faultpoint("spend.moved")


def _fresh(session: Session, hold_id: str) -> Hold:
    # All changes of a hold are made under its account's lock; what was read before it is old.
    return session.get_one(Hold, hold_id, populate_existing=True)


def _open_hold(session: Session, hold_id: str) -> Hold:
    hold = _fresh(session, hold_id)
    if hold.state != "open":
        raise HoldError(f"Hold {hold_id} has ended.")
    return hold


def _answer(session: Session, answer: dict[str, str] | Refusal) -> Hold | Refusal:
    return answer if isinstance(answer, Refusal) else _fresh(session, answer["hold_id"])


def _above_zero(amount: int) -> int:
    if type(amount) is not int or amount <= 0:
        raise HoldError(f"{amount!r} is not an amount above 0 in minor units.")
    return amount
