"""The places where money can be, and what is in them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select, text
from sqlalchemy.dialects import postgresql, sqlite

from ppvcms.db import now_ms
from ppvcms.errors import NotFoundError
from ppvcms.ids import new_id
from ppvcms.ledger.books import CREDITS
from ppvcms.ledger.limits import left_of, spendable
from ppvcms.ledger.models import Account

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from ppvcms.ledger.limits import Left


class AccountKind(StrEnum):
    """What an account is for."""

    WALLET = "wallet"
    """A person's credits to spend; never below 0."""
    PROMO = "promo"
    """Free credits; never below 0."""
    EARNING_HOLD = "earning_hold"
    """What a performer or studio earned and cannot be paid yet; never below 0."""
    EARNING = "earning"
    """What can be paid out to them; never below 0."""
    ESCROW = "escrow"
    """Taken from a payer, owed to nobody yet."""
    REVENUE = "revenue"
    """The site's own, by kind of income."""
    GATEWAY = "gateway"
    """What a payment provider collected for the site."""
    SALES = "sales"
    """Real money for which credits were sold."""
    ISSUED = "issued"
    """Credits that were made; below 0 by all that exist."""
    FEE = "fee"
    TAX = "tax"
    PROMOTION_COST = "promotion_cost"
    """Credits given away at the site's cost."""
    DISPUTE = "dispute"
    DEBT = "debt"
    SUSPENSE = "suspense"
    OPENING = "opening"
    """The other side of what was brought in from elsewhere."""


STORED = frozenset(
    {AccountKind.WALLET, AccountKind.PROMO, AccountKind.EARNING_HOLD, AccountKind.EARNING}
)
"""The kinds with a floor of 0 and a balance in the row; all others are sums of entries."""


@dataclass(frozen=True, slots=True)
class Wallet:
    """What a person owns, in minor units; `available` is what can be spent (R-03).

    `limit` is the limit that leaves less than there is, if one does (WL-16).
    """

    balance: int
    held: int
    available: int
    currency: str = CREDITS
    limit: Left | None = None


def open_account(
    session: Session, kind: AccountKind, owner_kind: str, owner_id: str, currency: str
) -> Account:
    """Return the account of this kind and owner, made if there is none yet."""
    wanted = select(Account).filter_by(
        kind=kind.value, owner_kind=owner_kind, owner_id=owner_id, currency=currency
    )
    account = session.scalar(wanted)
    if account is not None:
        return account
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    session.execute(
        # Another process may make the same one at this moment; then its row is taken.
        dialect.insert(Account.__table__)
        .values(
            id=new_id(),
            kind=kind.value,
            owner_kind=owner_kind,
            owner_id=owner_id,
            currency=currency,
            balance=0,
            held=0,
            floor=0 if kind in STORED else None,
            version=0,
            opened_at=now_ms(session),
        )
        .on_conflict_do_nothing()
    )
    return session.scalars(wanted).one()


def wallet_of(session: Session, user_id: str) -> Account:
    """Return a person's wallet of credits, made if there is none yet."""
    return open_account(session, AccountKind.WALLET, "user", user_id, CREDITS)


def paid_from(session: Session, hold: Account) -> str:
    """Return the account to which earnings on hold are released, made if there is none yet."""
    return open_account(
        session, AccountKind.EARNING, hold.owner_kind, hold.owner_id, hold.currency
    ).id


_VIEW = select(Account.id, Account.balance, Account.held, Account.floor).where(
    Account.kind == bindparam("of"),
    Account.owner_kind == bindparam("by"),
    Account.owner_id == bindparam("who"),
    Account.currency == bindparam("money"),
)


def wallet_view(session: Session, user_id: str) -> Wallet:
    """Return what a person owns now, read from the database; zeros before the first credit."""
    return account_view(session, AccountKind.WALLET, "user", user_id)


def account_view(
    session: Session,
    kind: AccountKind,
    owner_kind: str,
    owner_id: str,
    currency: str = CREDITS,
) -> Wallet:
    """Return what is on an account now, read from the database; zeros when there is none."""
    key = {"of": kind.value, "by": owner_kind, "who": owner_id, "money": currency}
    row = session.execute(_VIEW, key).first()
    if row is None:
        return Wallet(0, 0, 0, currency)
    if row.floor is None:
        balance = balance_of(session, row.id)
        return Wallet(balance, 0, balance, currency)
    funds = row.balance - row.held - row.floor
    limit = left_of(session, {row.id: row.held}).get(row.id) if kind == "wallet" else None
    available = spendable(funds, limit)
    binding = limit if available < funds else None
    return Wallet(row.balance, row.held, available, currency, binding)


def balance_of(session: Session, account_id: str) -> int:
    """Return an account's balance in minor units, exact at this moment.

    Kinds without a stored balance are the rolled-up sum and the entries after it.

    Raises:
        NotFoundError: There is no such account.
    """
    stored = session.execute(
        select(Account.balance, Account.floor).where(Account.id == account_id)
    ).first()
    if stored is None:
        raise NotFoundError(f"There is no account '{account_id}'.")
    if stored.floor is not None:
        return int(stored.balance)
    dialect = session.get_bind().dialect.name
    return int(session.execute(text(_SUM[dialect]), {"account": account_id}).scalar_one())


# A mark above the horizon comes from another cluster, after a restore from a dump:
# the whole is summed then, until `rollup` has thrown such marks away.
_SUM = {
    "postgresql": """
        WITH r AS (
            SELECT balance, upto FROM rollup WHERE account_id = :account
               AND upto <= CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS text) AS bigint)
        )
        SELECT coalesce((SELECT balance FROM r), 0) + coalesce((
            SELECT sum(amount) FROM entry
            WHERE account_id = :account AND xid >= coalesce((SELECT upto FROM r), 0)
        ), 0)""",
    "sqlite": """
        WITH r AS (SELECT balance, upto FROM rollup WHERE account_id = :account)
        SELECT coalesce((SELECT balance FROM r), 0) + coalesce((
            SELECT sum(amount) FROM entry
            WHERE account_id = :account AND id >= coalesce((SELECT upto FROM r), 0)
        ), 0)""",
}
