"""Who acts, as a plain value that services and plugins can take."""

from __future__ import annotations

from dataclasses import dataclass


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
