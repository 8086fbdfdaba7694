"""People as the back office lists them, and one person with all that hangs on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import or_, select

from ppvcms.accounts.models import Role, User
from ppvcms.db import db
from ppvcms.ledger.models import Account
from ppvcms.rooms.models import Room
from ppvcms.web.admin.queries.paging import Page, page_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Row

CREDITS = "CRD"


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A line of the list of people; `available` in minor units of credits."""

    id: str
    name: str
    email: str
    verified: bool
    roles: tuple[str, ...]
    state: str
    available: int
    created_at: int
    seen_at: int | None


@dataclass(frozen=True, slots=True)
class MoneyRow:
    """One account of a person; amounts in minor units of `currency`."""

    id: str
    kind: str
    currency: str
    balance: int
    held: int

    @property
    def available(self) -> int:
        """What can be spent (R-03)."""
        return self.balance - self.held


def people(*, words: str = "", role: str = "", state: str = "", page: int = 1) -> Page[PersonRow]:
    """Return people by name; `words` look into names, addresses and ids."""
    query = (
        select(User, Account.balance, Account.held)
        .outerjoin(Account, _wallet_of_user())
        .order_by(User.display_name, User.id)
    )
    if words:
        like = f"%{words.strip()}%"
        named = or_(User.display_name.ilike(like), User.email.ilike(like), User.id == words.strip())
        query = query.where(named)
    if role:
        query = query.where(User.roles.any(Role.key == role))
    if state:
        query = query.where(User.state == state)
    return page_of(query, _person_rows, page)


def _wallet_of_user() -> Any:
    return (
        (Account.owner_id == User.id)
        & (Account.owner_kind == "user")
        & (Account.kind == "wallet")
        & (Account.currency == CREDITS)
    )


def _person_rows(rows: Sequence[Row[*tuple[Any, ...]]]) -> list[PersonRow]:
    return [
        PersonRow(
            id=user.id,
            name=user.display_name,
            email=user.email,
            verified=user.email_verified_at is not None,
            roles=tuple(sorted(role.key for role in user.roles)),
            state=user.state,
            available=(balance or 0) - (held or 0),
            created_at=user.created_at,
            seen_at=user.seen_at,
        )
        for user, balance, held in rows
    ]


def money_of(user_id: str) -> list[MoneyRow]:
    """Return the accounts of a person that keep a balance."""
    query = (
        select(Account)
        .where(Account.owner_id == user_id)
        .order_by(Account.kind, Account.currency)
        .execution_options(populate_existing=True)
    )
    return [
        MoneyRow(row.id, row.kind, row.currency, row.balance, row.held)
        for row in db.session.scalars(query)
    ]


def rooms_of(user_id: str) -> list[tuple[str, str]]:
    """Return (id, title) of the rooms that a person performs in."""
    query = select(Room.id, Room.title).where(Room.performer_id == user_id).order_by(Room.title)
    return [(room_id, title) for room_id, title in db.session.execute(query)]


def names_of(user_ids: set[str | None]) -> dict[str, str]:
    """Return display names by id, in one query."""
    wanted = [user_id for user_id in user_ids if user_id]
    if not wanted:
        return {}
    query = select(User.id, User.display_name).where(User.id.in_(wanted))
    return dict(db.session.execute(query).all())


def with_role(role: str) -> list[tuple[str, str]]:
    """Return (id, name) of the active people who have a role, by name."""
    query = (
        select(User.id, User.display_name)
        .where(User.roles.any(Role.key == role), User.state == "active")
        .order_by(User.display_name)
    )
    return [(user_id, name) for user_id, name in db.session.execute(query)]
