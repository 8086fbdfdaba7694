"""Who may perform now: by role, and by what plugins such as a verification demand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import gettext as _

from ppvcms.host import dispatch, registry
from ppvcms.results import Refusal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ppvcms.accounts.actor import Actor

PERFORM = "room.perform"
LIVE, CHECK_IN, SELL = "live", "check_in", "sell"


def refusal_to_perform(actor: Actor, act: str) -> Refusal | None:
    """Return why somebody may not go live, join a show (`CHECK_IN`) or sell items, or None."""
    if not actor.can(PERFORM):
        return Refusal("forbidden", _("This account cannot perform here. Nothing was changed."))
    return dispatch.decide("check_performer", actor=actor, act=act)


def alerts_of(user_ids: Sequence[str]) -> dict[str, list[str]]:
    """Return what plugins say stands in the way of people, or soon will, as sentences (CM-09)."""
    found: dict[str, list[str]] = {}
    for _slug, answer in dispatch.collect("person_alerts", user_ids=list(user_ids)):
        for user_id, texts in answer.items():
            found.setdefault(user_id, []).extend(texts)
    return found


def refusal_of_mode(actor: Actor, mode_key: str) -> Refusal | None:
    """Return why somebody may not be live in a kind of show, or None (MD-03)."""
    refusal = refusal_to_perform(actor, LIVE)
    mode = registry.room_modes().get(mode_key)
    if refusal is not None:
        return refusal
    if mode is None or not mode.public:
        return Refusal("not_found", _("This kind of show is not offered here now."))
    performers = mode.ruled.performers
    if performers and not performers & actor.roles:
        return Refusal("forbidden", _("This kind of show is not open to your account."))
    return None
