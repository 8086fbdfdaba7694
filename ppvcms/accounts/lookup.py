"""Finding people, as plain values for services and plugins."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from ppvcms.accounts.actor import Actor, actor_of
from ppvcms.accounts.models import User
from ppvcms.accounts.names import name_key
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


def people(user_ids: Iterable[str]) -> dict[str, Actor]:
    """Return these people by id; an id that nobody has is left out."""
    query = select(User).where(User.id.in_(set(user_ids)))
    return {user.id: actor_of(user) for user in db.session.scalars(query)}
