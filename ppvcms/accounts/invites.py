"""An account that somebody makes for another person, who then chooses the password."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ppvcms.accounts import signin
from ppvcms.accounts.actor import actor_of
from ppvcms.accounts.services import create_user
from ppvcms.ids import new_secret
from ppvcms.results import Refusal

if TYPE_CHECKING:
    from ppvcms.accounts.actor import Actor


def invite_person(email: str, name: str, role: str, *, actor_id: str) -> Actor | Refusal:
    """Make an account and mail the links that verify the address and set a password.

    Nobody knows its first password. The code of a refusal is the field it is
    about: `email`, `display_name` or `role`.
    """
    made = create_user(
        email=email,
        display_name=name,
        password=new_secret(),
        roles=(role,),
        verified=False,
        actor_id=actor_id,
    )
    if isinstance(made, Refusal):
        return made
    signin.forgot(email)
    return actor_of(made)
