"""Who a page or a line of a menu is for: everybody, who signed in, or one role."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ppvcms.accounts.actor import Actor

ALL = "all"
SIGNED_IN = "signed_in"
VISITORS = "visitors"
ROLE = "role:"


def admits(audience: str, actor: Actor) -> bool:
    """Whether somebody belongs to an audience; an unknown one has nobody."""
    if audience.startswith(ROLE):
        return audience.removeprefix(ROLE) in actor.roles
    known = {ALL: True, SIGNED_IN: actor.user_id is not None, VISITORS: actor.user_id is None}
    return known.get(audience, False)
