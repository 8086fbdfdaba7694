"""Finding people, as plain values for services and plugins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from ppvcms.accounts.actor import Actor, actor_of
from ppvcms.accounts.models import User, UserRole
from ppvcms.accounts.names import name_key
from ppvcms.accounts.roles import role_list
from ppvcms.db import db

if TYPE_CHECKING:
    from collections.abc import Iterable


def person(user_id: str) -> Actor | None:
    """Return somebody as they are now, or None; who is not active may nothing."""
    user = db.session.get(User, user_id, populate_existing=True)
    return actor_of(user) if user is not None else None


def person_named(name: str) -> Actor | None:
    """Return the active person whom others see under this name, however it is spelt."""
    user = db.session.scalar(
        select(User).where(User.name_key == name_key(name), User.state == "active")
    )
    return actor_of(user) if user is not None else None


def people_who(permission: str) -> list[Actor]:
    """Return the active people to whom a role gives a permission, oldest first.

    Who has it only as the owner, whose role gives everything, is left out.
    """
    roles = [role.id for role in role_list() if role.key != "owner" and permission in role.granted]
    query = (
        select(User)
        .join(UserRole)
        .where(UserRole.role_id.in_(roles), User.state == "active")
        .order_by(User.id)
        .distinct()
    )
    return [actor_of(user) for user in db.session.scalars(query)]


def verified_email(user_id: str) -> str | None:
    """Return somebody's address, if it was proven to be theirs."""
    query = select(User.email).where(User.id == user_id, User.email_verified_at.is_not(None))
    return db.session.scalar(query)


def people(user_ids: Iterable[str]) -> dict[str, Actor]:
    """Return these people by id; an id that nobody has is left out."""
    query = select(User).where(User.id.in_(set(user_ids)))
    return {user.id: actor_of(user) for user in db.session.scalars(query)}
