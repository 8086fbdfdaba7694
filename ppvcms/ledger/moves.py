"""Lock accounts, move money between them, write it down: what every act of the store does.

Nothing outside `ppvcms.ledger` imports this; it has `ppvcms.ledger.store`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _
from sqlalchemy import select, text

from ppvcms import bulk
from ppvcms.db import after_commit, now_ms
from ppvcms.events import TransferPosted
from ppvcms.faultpoints import faultpoint
from ppvcms.ids import new_id
from ppvcms.ledger.books import credits_text
from ppvcms.ledger.errors import KeyReusedError, LedgerError
from ppvcms.ledger.limits import Period, left_of, spendable
from ppvcms.ledger.models import Account, AccountVersion, Entry, Share, Transfer
from ppvcms.ledger.outbox import write_event
from ppvcms.results import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Table
    from sqlalchemy.orm import Session

    from ppvcms.ledger.books import Draft
    from ppvcms.ledger.limits import Left

READ = ("id", "kind", "currency", "floor", "balance", "held", "version")
"""What is read of an account when it is locked, in the order of `Locked`."""


@dataclass(frozen=True, slots=True)
class Posted:
    """A transfer that is in the books; `repeated` if an earlier call with this key wrote it."""

    transfer_id: str
    repeated: bool = False


@dataclass(slots=True)
class Locked:
    """A locked account with a floor: what the row said, and what it will say.

    `limit` is what the person's and the site's limits leave, where there are any (WL-16).
    """

    id: str
    kind: str
    currency: str
    floor: int
    balance: int
    held: int
    version: int
    changed: bool = False
    limit: Left | None = None

    @property
    def funds(self) -> int:
        """What is there and not held, in minor units."""
        return self.balance - self.held - self.floor

    @property
    def available(self) -> int:
        """What can be spent, in minor units: the funds, as far as the limits allow."""
        return spendable(self.funds, self.limit)

    def move(self, *, balance: int = 0, held: int = 0) -> None:
        """Change both by so many minor units, as one version."""
        if self.limit is not None:
            spent = max(0, -balance)
            self.limit = replace(self.limit, amount=self.limit.amount - spent - held)
        self.balance += balance
        self.held += held
        if not self.changed:
            self.version += 1
            self.changed = True


def table(model: type[Any]) -> Table:
    """Return the table of a model, for statements that bypass the ORM."""
    found: Table = model.__table__
    return found


def serialise(session: Session, name: str) -> None:
    """Wait until no other transaction holds this name; SQLite has one writer anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(
            text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": name}
        )


def lock_accounts(session: Session, ids: Iterable[str]) -> dict[str, Locked]:
    """Lock those of the accounts that have a floor, in the order of their ids.

    Accounts without one are left out: they are never updated, so nobody queues.
    """
    columns = [getattr(Account, name) for name in READ]
    rows = session.execute(
        select(*columns)
        .where(Account.id.in_(set(ids)), Account.floor.is_not(None))
        .order_by(Account.id)
        # Leaves the row free for foreign keys that point to it.
        .with_for_update(key_share=True)
    )
    accounts = {row.id: Locked(*row) for row in rows}
    wallets = {one.id: one.held for one in accounts.values() if one.kind == "wallet"}
    for wallet_id, left in left_of(session, wallets).items():
        accounts[wallet_id].limit = left
    return accounts


def first_posting(session: Session, draft: Draft) -> Posted | None:
    """Return the transfer that was written with this key before (R-04).

    Raises:
        KeyReusedError: It says something else than the draft.
    """
    known = session.execute(
        select(Transfer.id, Transfer.kind, Transfer.source, Transfer.memo, Transfer.reverses).where(
            Transfer.key == draft.key
        )
    ).first()
    if known is None:
        return None
    written = session.execute(
        select(Entry.account_id, Entry.currency, Entry.amount).filter_by(transfer_id=known.id)
    )
    same = tuple(known[1:]) == (draft.kind, draft.source, draft.memo, draft.reverses) and sorted(
        map(tuple, written)
    ) == sorted((line.account_id, line.currency, line.amount) for line in draft.lines)
    if not same:
        raise KeyReusedError(draft.key)
    return Posted(known.id, repeated=True)


def refusal_to_take(account: Locked, amount: int) -> Refusal | None:
    """Return why `amount` minor units cannot be spent, if so (R-03, WL-16)."""
    refusal = refusal_to_move(account, amount)
    if refusal is not None or amount <= account.available or account.limit is None:
        return refusal
    return over_limit(account.limit)


def over_limit(left: Left) -> Refusal:
    """Return the refusal "limit" of what would pass a person's limit, or the site's."""
    spans = {Period.DAY: _("24 hours"), Period.WEEK: _("7 days"), Period.MONTH: _("30 days")}
    about = {"left": credits_text(max(0, left.amount)), "span": spans[left.period]}
    if left.by_site:
        words = _("This site's limit for %(span)s leaves you %(left)s. Nothing was taken.", **about)
        return Refusal("limit", words, _("Try again later."))
    return Refusal(
        "limit",
        _("Your own limit for %(span)s leaves you %(left)s. Nothing was taken.", **about),
        _("You can change it in your account; a higher one counts after 24 hours."),
    )


def refusal_to_move(account: Locked, amount: int) -> Refusal | None:
    """Return why `amount` minor units are not there to be taken, if so: limits aside (R-03)."""
    missing = amount - account.funds
    if missing <= 0:
        return None
    if account.kind != "wallet":
        reason = _("There is not enough on the account this would come from. Nothing was moved.")
        return Refusal("funds", reason, missing=missing, details={"account_id": account.id})
    return Refusal(
        "funds",
        _(
            "This needs %(needed)s credits and you have %(available)s available. "
            "Nothing was taken.",
            needed=credits_text(amount),
            available=credits_text(account.funds),
        ),
        _("Add at least %(missing)s to go on.", missing=credits_text(missing)),
        missing=missing,
        details={"account_id": account.id, "available": account.funds},
    )


def write(
    session: Session, draft: Draft, accounts: dict[str, Locked], *, hold_id: str | None = None
) -> Posted:
    """Write balances, versions, entries, the transfer and its shares, in this order."""
    transfer_id, now = new_id(), now_ms(session)
    write_versions(session, accounts.values(), now, transfer_id=transfer_id, hold_id=hold_id)
    faultpoint("spend.moved")
    _write_entries(session, draft, accounts, transfer_id)
    session.execute(
        table(Transfer)
        .insert()
        .values(
            id=transfer_id,
            kind=draft.kind,
            key=draft.key,
            source=draft.source,
            memo=draft.memo,
            actor_id=draft.actor_id,
            reverses=draft.reverses,
            made_at=now,
        )
    )
    faultpoint("spend.posted")
    _write_shares(session, draft, transfer_id)
    write_event(
        session,
        TransferPosted(
            id=new_id(),
            at=now,
            actor_id=draft.actor_id,
            transfer_id=transfer_id,
            kind=draft.kind,
            source=draft.source,
            reverses=draft.reverses,
        ),
    )
    faultpoint("spend.granted")
    after_commit(session, lambda: faultpoint("spend.commit_sent"))
    return Posted(transfer_id)


def write_versions(
    session: Session,
    accounts: Iterable[Locked],
    now: int,
    *,
    transfer_id: str | None = None,
    hold_id: str | None = None,
) -> None:
    """Write the changed balances and their history; each row still as it was when locked.

    Raises:
        LedgerError: A row was changed by somebody who did not wait for the lock.
    """
    changed = [account for account in accounts if account.changed]
    columns: bulk.Columns = {
        "id": [account.id for account in changed],
        "balance": [account.balance for account in changed],
        "held": [account.held for account in changed],
        "version": [account.version for account in changed],
        "seen": [account.version - 1 for account in changed],
    }
    written = bulk.update(session, table(Account), "id", columns, where={"version": "seen"})
    if written != len(changed):
        raise LedgerError("An account changed while it was locked. Nothing was done.")
    count = len(changed)
    bulk.insert(
        session,
        table(AccountVersion),
        {
            "account_id": columns["id"],
            "version": columns["version"],
            "balance": columns["balance"],
            "held": columns["held"],
            "transfer_id": [transfer_id] * count,
            "hold_id": [hold_id] * count,
            "made_at": [now] * count,
        },
    )


def _write_entries(
    session: Session, draft: Draft, accounts: dict[str, Locked], transfer_id: str
) -> None:
    sides = [accounts.get(line.account_id) for line in draft.lines]
    bulk.insert(
        session,
        table(Entry),
        {
            "transfer_id": [transfer_id] * len(sides),
            "account_id": [line.account_id for line in draft.lines],
            "currency": [line.currency for line in draft.lines],
            "amount": [line.amount for line in draft.lines],
            "balance_after": [side.balance if side else None for side in sides],
            "version": [side.version if side else None for side in sides],
        },
    )


def _write_shares(session: Session, draft: Draft, transfer_id: str) -> None:
    shares: Sequence[Any] = draft.shares
    if not shares:
        return
    bulk.insert(
        session,
        table(Share),
        {
            "transfer_id": [transfer_id] * len(shares),
            "nr": list(range(1, len(shares) + 1)),
            "party_kind": [share.party_kind for share in shares],
            "party_id": [share.party_id for share in shares],
            "account_id": [share.account_id for share in shares],
            "numerator": [share.fraction.numerator for share in shares],
            "denominator": [share.fraction.denominator for share in shares],
            "amount": [share.amount for share in shares],
        },
    )
