"""What somebody takes for an answer: prices by kind, open or closed, how many a day (MS-01, MS-03).

Prices are minor units of credits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask_babel import gettext as _
from sqlalchemy import func, select

from ppvcms.api import Refusal, credits_text, db, label, now_ms, settings, transaction

from .models import Question, QuestionOffer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session

SLUG = "questions"
KINDS = ("text", "audio", "video")
DAY_MS = 86_400_000
MOST_REFUSALS = 5
LONGEST_REFUSAL = 300


@dataclass(frozen=True, slots=True)
class Offer:
    """What a sender sees before sending; `left_today` is how many more are taken now."""

    performer_id: str
    open: bool
    prices: Mapping[str, int]
    daily_cap: int
    left_today: int
    refusals: tuple[str, ...]

    @property
    def takes(self) -> bool:
        """Whether a question can be sent now."""
        return self.open and self.left_today > 0

    @property
    def cheapest(self) -> int:
        """The least price of all kinds."""
        return min(self.prices.values())


def offer_of(performer_id: str) -> Offer:
    """Return what somebody takes, or the site's defaults."""
    values = settings(SLUG)
    row = db.session.get(QuestionOffer, performer_id)
    usual = dict.fromkeys(KINDS, values.price)
    cap = row.daily_cap if row is not None else values.daily_cap
    sent = received_today(db.session(), performer_id)
    return Offer(
        performer_id=performer_id,
        open=row.open if row is not None else True,
        prices=usual | (dict(row.prices) if row is not None else {}),
        daily_cap=cap,
        left_today=max(0, cap - sent),
        refusals=tuple(row.refusals.get("all", ())) if row is not None else (),
    )


def received_today(session: Session, performer_id: str) -> int:
    """Return how many questions came in the last 24 hours."""
    since = now_ms(session) - DAY_MS
    query = select(func.count()).where(
        Question.performer_id == performer_id, Question.made_at > since
    )
    return session.scalar(query) or 0


def save_offer(
    performer_id: str,
    *,
    is_open: bool,
    prices: Mapping[str, int],
    daily_cap: int,
    refusals: Sequence[str],
) -> Refusal | None:
    """Change what somebody takes, from the next question on; what was sent keeps its price."""
    values = settings(SLUG)
    if not all(0 <= prices.get(kind, -1) <= values.price_max for kind in KINDS):
        most = credits_text(values.price_max)
        return Refusal(
            "range", _("A price is between 0 and %(most)s. Nothing was saved.", most=most)
        )
    if not 1 <= daily_cap <= values.daily_cap:
        return Refusal(
            "cap",
            _("Take between 1 and %(most)s a day. Nothing was saved.", most=values.daily_cap),
        )
    ready = [" ".join(line.split())[:LONGEST_REFUSAL] for line in refusals if line.strip()]

    def act(session: Session) -> None:
        row = session.get(QuestionOffer, performer_id, with_for_update=True)
        if row is None:
            row = QuestionOffer(performer_id=performer_id)
            session.add(row)
        row.open, row.daily_cap = is_open, daily_cap
        row.prices = {kind: prices[kind] for kind in KINDS}
        row.refusals = {"all": ready[:MOST_REFUSALS]}

    return transaction(act)


def closed(offer: Offer) -> Refusal:
    """Return why nothing is taken now."""
    if not offer.open:
        reason = _("This %(role)s takes no questions at present.", role=label("performer"))
    else:
        reason = _("No more questions are taken today.")
    return Refusal("closed", f"{reason} {_('Nothing was sent and nothing was taken.')}")
