"""The books for reading: accounts with balances, transfers with entries, sums that prove."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import case, func, literal_column, or_, select, true
from sqlalchemy.orm import aliased

from ppvcms.accounts.models import User
from ppvcms.db import db
from ppvcms.errors import NotFoundError
from ppvcms.ledger.models import Account, Entry, Hold, Rollup, Share, Transfer
from ppvcms.web.admin.queries.paging import Page, page_of
from ppvcms.web.admin.queries.people import names_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Row, Select

_HORIZON = "CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS text) AS bigint)"


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account; amounts in minor units. `stored` says whether the row keeps the balance."""

    id: str
    kind: str
    owner_kind: str
    owner_id: str
    owner: str
    currency: str
    balance: int
    held: int
    stored: bool

    @property
    def available(self) -> int:
        """What can be spent (R-03)."""
        return self.balance - self.held


@dataclass(frozen=True, slots=True)
class KindSum:
    """All accounts of one kind and currency together, in minor units."""

    kind: str
    currency: str
    accounts: int
    balance: int
    held: int


@dataclass(frozen=True, slots=True)
class TransferRow:
    """A line of the list of transfers; `moved` is what came in, per currency."""

    id: str
    kind: str
    source: str
    memo: str
    actor: str
    actor_id: str | None
    made_at: int
    reverses: str | None
    reversed_by: str | None
    moved: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One movement of a transfer, with the account it was made on."""

    account_id: str
    kind: str
    owner_kind: str
    owner_id: str
    owner: str
    currency: str
    amount: int
    balance_after: int | None
    transfer_id: str
    memo: str
    made_at: int


@dataclass(frozen=True, slots=True)
class ShareRow:
    """Who got which part of a charge, exactly (R-47)."""

    party_kind: str
    party_id: str
    party: str
    numerator: int
    denominator: int
    amount: int

    @property
    def percent(self) -> float:
        """The part in percent, for showing only."""
        return 100 * self.numerator / self.denominator


@dataclass(frozen=True, slots=True)
class TransferPage:
    """A transfer with everything it says."""

    row: TransferRow
    key: str
    entries: tuple[EntryRow, ...]
    shares: tuple[ShareRow, ...]
    sums: tuple[tuple[str, int], ...]


def accounts(
    *, kind: str = "", currency: str = "", words: str = "", page: int = 1
) -> Page[AccountRow]:
    """Return accounts; those without a stored balance have the sum of their entries."""
    query = select(Account, User.display_name).outerjoin(User, User.id == Account.owner_id)
    if kind:
        query = query.where(Account.kind == kind)
    if currency:
        query = query.where(Account.currency == currency)
    if words:
        like = f"%{words.strip()}%"
        named = or_(
            User.display_name.ilike(like), Account.owner_id.ilike(like), Account.id == words.strip()
        )
        query = query.where(named)
    order = (Account.floor.is_not(None), Account.kind, User.display_name, Account.id)
    return page_of(query.order_by(*order), _account_rows, page)


def account(account_id: str) -> AccountRow:
    """Return one account.

    Raises:
        NotFoundError: There is no such account.
    """
    query = (
        select(Account, User.display_name)
        .outerjoin(User, User.id == Account.owner_id)
        .where(Account.id == account_id)
    )
    found = _account_rows(db.session.execute(query).all())
    if not found:
        raise NotFoundError(account_id)
    return found[0]


def entries_of_account(account_id: str, page: int = 1) -> Page[EntryRow]:
    """Return the movements of one account, the newest first."""
    query = _entry_query().where(Entry.account_id == account_id).order_by(Entry.id.desc())
    return page_of(query, _entry_rows, page)


def kinds() -> list[str]:
    """Return the kinds of account that there are."""
    return list(db.session.scalars(select(Account.kind).distinct().order_by(Account.kind)))


def sums_by_kind() -> list[KindSum]:
    """Return what is on all accounts of each kind; per currency they sum to 0 (R-02)."""
    unstored = _unstored().subquery()
    balance = case(
        (Account.floor.is_not(None), Account.balance), else_=func.coalesce(unstored.c.balance, 0)
    )
    query = (
        select(
            Account.kind,
            Account.currency,
            func.count(),
            func.sum(balance),
            func.sum(Account.held),
        )
        .outerjoin(unstored, unstored.c.id == Account.id)
        .group_by(Account.kind, Account.currency)
        .order_by(Account.currency, Account.kind)
    )
    return [
        KindSum(kind, currency, count, int(total), int(held))
        for kind, currency, count, total, held in db.session.execute(query)
    ]


def open_holds() -> int:
    """Return how many holds are open."""
    return db.session.scalar(select(func.count()).where(Hold.state == "open")) or 0


def transfers(
    *, kind: str = "", words: str = "", since: int | None = None, page: int = 1
) -> Page[TransferRow]:
    """Return transfers, the newest first; `words` look into memo, source, key and id."""
    query = _transfer_query()
    if kind:
        query = query.where(Transfer.kind == kind)
    if since is not None:
        query = query.where(Transfer.made_at >= since)
    if words:
        text, like = words.strip(), f"%{words.strip()}%"
        named = or_(
            Transfer.memo.ilike(like),
            Transfer.source.startswith(text, autoescape=True),
            Transfer.key.startswith(text, autoescape=True),
            Transfer.id == text,
        )
        query = query.where(named)
    return page_of(query, _transfer_rows, page)


def transfers_of(source: str) -> list[TransferRow]:
    """Return the transfers that tell of one thing, such as ``seat:<id>``, the oldest first."""
    query = (
        _transfer_query()
        .where(or_(Transfer.source == source, Transfer.source.startswith(f"{source}:")))
        .order_by(None)
        .order_by(Transfer.made_at, Transfer.id)
    )
    return _transfer_rows(db.session.execute(query).all())


def transfer_kinds() -> list[str]:
    """Return the kinds of transfer that there are."""
    return list(db.session.scalars(select(Transfer.kind).distinct().order_by(Transfer.kind)))


def transfer(transfer_id: str) -> TransferPage:
    """Return a transfer with its entries, shares and sums.

    Raises:
        NotFoundError: There is no such transfer.
    """
    rows = db.session.execute(_transfer_query().where(Transfer.id == transfer_id)).all()
    if not rows:
        raise NotFoundError(transfer_id)
    found = _entry_query().where(Entry.transfer_id == transfer_id).order_by(Entry.id)
    entries = _entry_rows(db.session.execute(found).all())
    sums: dict[str, int] = {}
    for entry in entries:
        sums[entry.currency] = sums.get(entry.currency, 0) + entry.amount
    return TransferPage(
        row=_transfer_rows(rows)[0],
        key=rows[0][0].key,
        entries=tuple(entries),
        shares=tuple(shares_of([transfer_id]).get(transfer_id, ())),
        sums=tuple(sorted(sums.items())),
    )


def shares_of(transfer_ids: Sequence[str]) -> dict[str, list[ShareRow]]:
    """Return the shares of several charges in their order."""
    mine = Share.transfer_id.in_(transfer_ids)
    query = select(Share).where(mine).order_by(Share.transfer_id, Share.nr)
    rows = db.session.scalars(query).all()
    names = names_of({row.party_id for row in rows})
    found: dict[str, list[ShareRow]] = {}
    for row in rows:
        found.setdefault(row.transfer_id, []).append(
            ShareRow(
                row.party_kind,
                row.party_id,
                names.get(row.party_id, ""),
                row.numerator,
                row.denominator,
                row.amount,
            )
        )
    return found


def _transfer_query() -> Select[*tuple[Any, ...]]:
    undo = aliased(Transfer)
    reversed_by = select(undo.id).where(undo.reverses == Transfer.id).limit(1).scalar_subquery()
    return (
        select(Transfer, User.display_name, reversed_by)
        .outerjoin(User, User.id == Transfer.actor_id)
        .order_by(Transfer.made_at.desc(), Transfer.id.desc())
    )


def _transfer_rows(rows: Sequence[Row[*tuple[Any, ...]]]) -> list[TransferRow]:
    moved = _moved([row[0].id for row in rows])
    return [
        TransferRow(
            id=one.id,
            kind=one.kind,
            source=one.source,
            memo=one.memo,
            actor=actor or "",
            actor_id=one.actor_id,
            made_at=one.made_at,
            reverses=one.reverses,
            reversed_by=undo,
            moved=tuple(moved.get(one.id, ())),
        )
        for one, actor, undo in rows
    ]


def _moved(transfer_ids: Sequence[str]) -> dict[str, list[tuple[str, int]]]:
    query = (
        select(Entry.transfer_id, Entry.currency, func.sum(Entry.amount))
        .where(Entry.transfer_id.in_(transfer_ids), Entry.amount > 0)
        .group_by(Entry.transfer_id, Entry.currency)
        .order_by(Entry.transfer_id, Entry.currency)
    )
    found: dict[str, list[tuple[str, int]]] = {}
    for transfer_id, currency, amount in db.session.execute(query):
        found.setdefault(transfer_id, []).append((currency, int(amount)))
    return found


def _entry_query() -> Select[*tuple[Any, ...]]:
    return (
        select(Entry, Account, User.display_name, Transfer.memo, Transfer.made_at)
        .join(Account, Account.id == Entry.account_id)
        .join(Transfer, Transfer.id == Entry.transfer_id)
        .outerjoin(User, User.id == Account.owner_id)
    )


def _entry_rows(rows: Sequence[Row[*tuple[Any, ...]]]) -> list[EntryRow]:
    return [
        EntryRow(
            account_id=place.id,
            kind=place.kind,
            owner_kind=place.owner_kind,
            owner_id=place.owner_id,
            owner=owner or "",
            currency=entry.currency,
            amount=entry.amount,
            balance_after=entry.balance_after,
            transfer_id=entry.transfer_id,
            memo=memo,
            made_at=made_at,
        )
        for entry, place, owner, memo, made_at in rows
    ]


def _account_rows(rows: Sequence[Row[*tuple[Any, ...]]]) -> list[AccountRow]:
    unstored = [place.id for place, _name in rows if place.floor is None]
    found = db.session.execute(_unstored().where(Account.id.in_(unstored)))
    sums = {account_id: int(amount) for account_id, amount in found}
    return [
        AccountRow(
            id=place.id,
            kind=place.kind,
            owner_kind=place.owner_kind,
            owner_id=place.owner_id,
            owner=name or "",
            currency=place.currency,
            balance=place.balance if place.floor is not None else sums.get(place.id, 0),
            held=place.held,
            stored=place.floor is not None,
        )
        for place, name in rows
    ]


def _unstored() -> Select[*tuple[Any, ...]]:
    """The balances of accounts that keep none: the rolled-up sum and the entries after it."""
    postgres = db.engine.dialect.name == "postgresql"
    mark = Entry.xid if postgres else Entry.id
    # A mark above the horizon comes from another cluster: the whole is summed then.
    usable = Rollup.upto <= literal_column(_HORIZON) if postgres else true()
    after = (
        select(
            Entry.account_id,
            func.sum(Entry.amount).label("amount"),
        )
        .outerjoin(Rollup, (Rollup.account_id == Entry.account_id) & usable)
        .where(mark >= func.coalesce(Rollup.upto, 0))
        .group_by(Entry.account_id)
        .subquery()
    )
    total = func.coalesce(Rollup.balance, 0) + func.coalesce(after.c.amount, 0)
    return (
        select(Account.id, total.label("balance"))
        .outerjoin(Rollup, (Rollup.account_id == Account.id) & usable)
        .outerjoin(after, after.c.account_id == Account.id)
        .where(Account.floor.is_(None))
    )
