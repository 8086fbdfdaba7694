"""What a verification opens: performing, selling, standing in a list (AC-03)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import gettext as _
from sqlalchemy import bindparam, select

from ppvcms.api import Refusal, db, settings

from .models import Person
from .services import State
from .vault import SLUG

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ppvcms.api import Actor

_APPROVED = select(Person.user_id).where(
    Person.user_id.in_(bindparam("ids", expanding=True)), Person.state == State.APPROVED
)


def verified(user_ids: Sequence[str]) -> set[str]:
    """Return those of the people who are verified now."""
    rows = db.session.connection().execute(_APPROVED, {"ids": user_ids}).all()
    return {row.user_id for row in rows}


def refusal_to_perform(actor: Actor, act: str) -> Refusal | None:
    """Refuse who is not verified to go live, check in or sell, as the owner has it (AC-03)."""
    row = db.session.get(Person, actor.user_id, populate_existing=True)
    state = State(row.state) if row is not None else State.NEW
    if may_perform(state, act):
        return None
    words = {
        State.WAITING: _("Your papers are being looked at. You will hear from us."),
        State.SUSPENDED: _(
            "Your verification is suspended: %(why)s", why=row.reason if row else ""
        ),
    }
    return Refusal(
        "unverified",
        words.get(state, _("You are not verified yet, so this is not possible. Nothing changed.")),
        _("Look at Verification in your dashboard."),
    )


def may_perform(state: State, act: str) -> bool:
    """Whether who stands so may go live, check in or sell, as the owner has it."""
    values = settings(SLUG)
    may = values.unverified_may_sell if act == "sell" else values.unverified_may_live
    return state is State.APPROVED or (may and state is not State.SUSPENDED)


def unlisted(performer_ids: Sequence[str]) -> list[str]:
    """Return who must not stand in a list."""
    if settings(SLUG).unverified_may_list:
        query = select(Person.user_id).where(
            Person.user_id.in_(performer_ids), Person.state == State.SUSPENDED
        )
        return list(db.session.scalars(query))
    known = verified(performer_ids)
    return [one for one in performer_ids if one not in known]
