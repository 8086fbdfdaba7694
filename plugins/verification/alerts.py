"""What who cares for people should know of their papers: no verification yet, a date to come."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from flask_babel import gettext as _
from sqlalchemy import select

from ppvcms.api import db, now_ms

from .duties import WARN_DAYS, last_papers
from .gates import may_perform
from .models import Person
from .services import State, day_of
from .subjects import is_company
from .words import state_text

if TYPE_CHECKING:
    from collections.abc import Sequence


def alerts(user_ids: Sequence[str]) -> dict[str, list[str]]:
    """Return who is not verified, and whose paper expires within 30 days, as sentences (MO-01).

    Neither names nor numbers of papers are said.
    """
    rows = {
        row.user_id: State(row.state)
        for row in db.session.scalars(select(Person).where(Person.user_id.in_(user_ids)))
    }
    found: dict[str, list[str]] = {}
    for user_id in user_ids:
        state = rows.get(user_id, State.NEW)
        if not may_perform(state, "live"):
            words = _("Cannot go live: papers %(state)s.", state=state_text(state))
            if is_company(user_id):
                words = _("The company's papers: %(state)s.", state=state_text(state))
            found[user_id] = [words]
    for user_id, days in _expiring([one for one in rows if rows[one] is State.APPROVED]).items():
        found.setdefault(user_id, []).extend(
            _("A paper expires on %(day)s.", day=day) for day in days
        )
    return found


def _expiring(user_ids: Sequence[str]) -> dict[str, list[str]]:
    session = db.session()
    soon = (day_of(now_ms(session)) + timedelta(days=WARN_DAYS)).isoformat()
    found = {
        user_id: [one.expires_on for one in papers if (one.expires_on or "9") <= soon]
        for user_id, papers in last_papers(session, user_ids).items()
    }
    return {user_id: sorted({day for day in days if day}) for user_id, days in found.items()}
