"""Which rank somebody has: by what they spent in 30 days, in minor units of credits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask_babel import gettext as _
from sqlalchemy import select

from ppvcms.api import ClientBadge, Refusal, audit, db, new_id, now_ms, spent_since, transaction

from .models import Rank

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

MONTH_MS = 30 * 86_400_000
FIRST = (
    ("Bronze", 2_000, 0, "award", ""),
    ("Silver", 10_000, 3, "award-fill", "info"),
    ("Gold", 50_000, 6, "trophy-fill", "warn"),
)


@dataclass(frozen=True, slots=True)
class Draft:
    """A rank as it shall be; `threshold` in minor units."""

    name: str
    threshold: int
    bonus_percent: int
    icon: str
    tone: str


@dataclass(frozen=True, slots=True)
class Standing:
    """Somebody's own rank, what they spent, and the next rank where there is one."""

    rank: Rank | None
    spent: int
    next: Rank | None


def begin(session: Session) -> None:
    """Make the first ranks of a site that has none."""
    if session.scalar(select(Rank.id).limit(1)) is None:
        for name, threshold, percent, icon, tone in FIRST:
            session.add(
                Rank(
                    id=new_id(),
                    name=name,
                    threshold=threshold,
                    bonus_percent=percent,
                    icon=icon,
                    tone=tone,
                )
            )


def ranks() -> Sequence[Rank]:
    """Return the ranks, the lowest first."""
    query = select(Rank).order_by(Rank.threshold)
    return db.session.scalars(query.execution_options(populate_existing=True)).all()


def rank_for(spent: int, among: Sequence[Rank]) -> Rank | None:
    """Return the highest rank that an amount reaches: pure."""
    return max(
        (rank for rank in among if rank.threshold <= spent),
        key=lambda rank: rank.threshold,
        default=None,
    )


def badges(user_ids: Sequence[str]) -> dict[str, ClientBadge]:
    """Return the badges of people who have a rank: its name, never the amount."""
    among = ranks()
    found = {}
    for user_id, spent in _spent(user_ids).items() if among else ():
        rank = rank_for(spent, among)
        if rank is not None:
            found[user_id] = ClientBadge(rank.name, rank.icon, rank.tone)
    return found


def bonus_of(user_id: str) -> int:
    """Return the percents of a pack that somebody gets on top."""
    rank = rank_for(_spent([user_id]).get(user_id, 0), ranks())
    return rank.bonus_percent if rank is not None else 0


def standing_of(user_id: str) -> Standing:
    """Return how somebody stands, for their own eyes."""
    spent, among = _spent([user_id]).get(user_id, 0), ranks()
    ahead = next((rank for rank in among if rank.threshold > spent), None)
    return Standing(rank_for(spent, among), spent, ahead)


def save(rank_id: str | None, draft: Draft, *, actor_id: str | None) -> Refusal | None:
    """Make a rank or change one; each threshold is there once."""

    def act(session: Session) -> Refusal | None:
        known = select(Rank.id).where(Rank.threshold == draft.threshold)
        taken = session.scalar(known)
        if taken is not None and taken != rank_id:
            return Refusal("threshold", _("Another rank begins there. Nothing was saved."))
        rank = session.get(Rank, rank_id) if rank_id else None
        if rank_id and rank is None:
            return _unknown()
        if rank is None:
            rank = Rank(id=new_id())
            session.add(rank)
        rank.name, rank.threshold = draft.name.strip(), draft.threshold
        rank.bonus_percent, rank.icon, rank.tone = draft.bonus_percent, draft.icon, draft.tone
        audit(session, actor_id, "ranks.rank.saved", f"rank:{rank.id}")
        return None

    return transaction(act)


def remove(rank_id: str, *, actor_id: str | None) -> Refusal | None:
    """Take a rank away; who had it has the one below at once."""

    def act(session: Session) -> Refusal | None:
        rank = session.get(Rank, rank_id)
        if rank is None:
            return _unknown()
        session.delete(rank)
        audit(session, actor_id, "ranks.rank.removed", f"rank:{rank_id}", data={"name": rank.name})
        return None

    return transaction(act)


def _spent(user_ids: Sequence[str]) -> dict[str, int]:
    return spent_since(user_ids, now_ms(db.session()) - MONTH_MS)


def _unknown() -> Refusal:
    return Refusal("not_found", _("There is no such rank. Nothing was changed."))
