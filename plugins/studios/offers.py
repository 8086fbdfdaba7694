"""What a contract may say, and whether it may be offered (CM-06, CM-07)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask_babel import gettext as _
from sqlalchemy import func, or_, select

from ppvcms.api import Refusal, db, label, now_ms, person, settings

from .models import Contract, Studio

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

SLUG = "studios"
LONGEST_TERMS = 5_000
MOST_NOTICE_DAYS = 90
PERCENT_MAX = 100


@dataclass(frozen=True, slots=True)
class Wording:
    """What a contract says: the studio's percent of the performer's side, and the rest."""

    percent: int
    notice_days: int
    collects: bool
    terms: str = ""


def is_confirmed(session: Session, studio_id: str) -> bool:
    """Whether the business has confirmed a studio."""
    row = session.get(Studio, studio_id, populate_existing=True)
    return row is not None and row.state == "confirmed"


def refusal_to_offer(studio_id: str, performer_id: str, wording: Wording) -> Refusal | None:
    """Return why a studio may not offer this to somebody, or None."""
    if not is_confirmed(db.session(), studio_id):
        words = _("The site has not confirmed this %(role)s yet.", role=label("studio"))
        return Refusal("unconfirmed", words, _("Nothing was offered."))
    performer = person(performer_id)
    if performer is None or "performer" not in performer.roles or performer_id == studio_id:
        words = _("There is no %(role)s of this name.", role=label("performer"))
        return Refusal("performer", words, _("Nothing was offered."))
    if not 0 <= wording.percent <= PERCENT_MAX:
        return Refusal("percent", _("A share is between 0 and 100 percent."))
    if not 0 <= wording.notice_days <= MOST_NOTICE_DAYS:
        return Refusal("notice_days", _("Notice is between 0 and 90 days."))
    if len(wording.terms) > LONGEST_TERMS:
        return Refusal("terms", _("The text is longer than 5000 characters."))
    return None


def refusal_of_number(session: Session, studio_id: str, performer_id: str) -> Refusal | None:
    """Return why a studio may not have one person more, counted behind every other offer."""
    now = now_ms(session)
    # Two offers at once: the second one counts behind the first.
    session.get_one(Studio, studio_id, with_for_update=True)
    bound = or_(Contract.state == "proposed", Contract.ends_at.is_(None), Contract.ends_at > now)
    query = select(func.count(func.distinct(Contract.performer_id))).where(
        Contract.studio_id == studio_id,
        Contract.performer_id != performer_id,
        Contract.state.in_(("proposed", "accepted")),
        bound,
    )
    most = settings(SLUG).performers
    if int(session.scalar(query) or 0) < most:
        return None
    words = _(
        "You have %(most)s people, offers included, and a %(role)s may not have more.",
        most=most,
        role=label("studio"),
    )
    remedy = _("Nothing was offered. Take an offer back, or wait until somebody has left.")
    return Refusal("full", words, remedy)
