"""Who acts, as a plain value that services and plugins can take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ppvcms.accounts.models import User


@dataclass(frozen=True, slots=True)
class Actor:
    """A person with permissions, or a visitor (`user_id` is None)."""

    user_id: str | None
    name: str
    roles: frozenset[str]
    permissions: frozenset[str]

    def can(self, permission: str) -> bool:
        """Whether the roles of this person give a permission."""
        return permission in self.permissions


VISITOR = Actor(user_id=None, name="", roles=frozenset(), permissions=frozenset())


def actor_of(user: User) -> Actor:
    """Return a person as a value; one who is not active may nothing."""
    active = user.state == "active"
    return Actor(
        user_id=user.id,
        name=user.display_name,
        roles=frozenset(role.key for role in user.roles) if active else frozenset(),
        permissions=user.permissions if active else frozenset(),
    )
