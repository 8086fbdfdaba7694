"""Who may perform now: by role, and by what plugins such as a verification demand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import gettext as _

from ppvcms.host import dispatch
from ppvcms.results import Refusal

if TYPE_CHECKING:
    from ppvcms.accounts.actor import Actor

PERFORM = "room.perform"
LIVE, CHECK_IN = "live", "check_in"


def refusal_to_perform(actor: Actor, act: str) -> Refusal | None:
    """Return why somebody may not go live (`LIVE`) or join a show (`CHECK_IN`), or None."""
    if not actor.can(PERFORM):
        return Refusal("forbidden", _("This account cannot perform here. Nothing was changed."))
    return dispatch.decide("check_performer", actor=actor, act=act)
