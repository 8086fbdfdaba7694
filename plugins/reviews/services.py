"""Writing, answering and removing reviews, and what they say together.

A rating is in hundredths of a star, from 100 to 500.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import bindparam, func, select
from sqlalchemy.exc import IntegrityError

from ppvcms.api import (
    CardFacts,
    Refusal,
    audit,
    db,
    had_together,
    names_of,
    new_id,
    now_ms,
    room_of,
    send_notice,
    settings,
    transaction,
)

from .models import Review

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy.orm import Session

    from ppvcms.api import Actor, RoomView

SLUG = "reviews"
MODERATE = "reviews.moderate"
MOST_STARS = 5
FEW_STARS = 2
ALERT_MS = 30 * 86_400_000
PER_PAGE = 20
_STARS = (
    select(Review.room_id, func.sum(Review.stars), func.count())
    .where(Review.room_id.in_(bindparam("ids", expanding=True)), Review.removed_at.is_(None))
    .group_by(Review.room_id)
)


@dataclass(frozen=True, slots=True)
class Rating:
    """What the reviews of a room say together, with how many gave 5, 4, 3, 2 and 1 stars."""

    hundredths: int
    count: int
    spread: tuple[tuple[int, int], ...] = ()

    @property
    def shown(self) -> str:
        """The rating as people read it, such as ``4.6``."""
        tenths = (self.hundredths + 5) // 10
        return f"{tenths // 10}.{tenths % 10}"


def reasons() -> dict[str, str]:
    """Return the reasons for which a review may be removed: there is no other."""
    return {
        "insult": _("It insults or threatens somebody"),
        "private": _("It tells private things about somebody"),
        "advert": _("It is an advertisement"),
        "unrelated": _("It is not about the show"),
        "unlawful": _("It is against the law"),
    }


# --- Who may -------------------------------------------------------------------------------


def refusal_to_write(room: RoomView, actor: Actor) -> Refusal | None:
    """Return why somebody may not review a room, if so."""
    nothing = _("Nothing was written.")
    if actor.user_id is None:
        return Refusal("sign_in", _("You are not signed in."), _("Sign in to write."))
    if actor.user_id == room.performer_id:
        return Refusal("forbidden", _("Nobody reviews themselves."), nothing)
    known = review_of(room.id, actor.user_id)
    if known is not None and known.removed_at is not None:
        return Refusal("removed", _("Your review was removed and stays so."), nothing)
    had = had_together(actor.user_id, room.performer_id)
    least = settings(SLUG).least_seconds
    if known is None and had.counted_s < least and not had.purchases:
        text = _(
            "You can write after %(least)s seconds of a paid show, or a purchase.", least=least
        )
        return Refusal("too_early", text, nothing)
    return None


# --- Writing -------------------------------------------------------------------------------


def write(room: RoomView, actor: Actor, *, stars: int, text: str) -> Review | Refusal:
    """Write a review or change one's own; each person has one for each room."""
    refusal = refusal_to_write(room, actor)
    if refusal is not None:
        return refusal
    if not 1 <= stars <= MOST_STARS:
        return Refusal("stars", _("Choose 1 to 5 stars. Nothing was written."))
    user_id, words = str(actor.user_id), text.strip()

    def act(session: Session) -> Review:
        row = _own_row(session, room, user_id)
        row.stars, row.text, row.changed_at = stars, words, now_ms(session)
        send_notice(
            session,
            room.performer_id,
            "reviews.written",
            values={"who": actor.name, "stars": stars, "room": room.title},
            link="/reviews/mine",
            key=f"review:{row.id}",
        )
        return row

    return transaction(act)


def _own_row(session: Session, room: RoomView, user_id: str) -> Review:
    """Return the one review of a person for a room, locked; two clicks at once find the same."""
    own = select(Review).where(Review.room_id == room.id, Review.user_id == user_id)
    if session.scalar(own) is None:
        now = now_ms(session)
        fresh = Review(
            id=new_id(),
            room_id=room.id,
            performer_id=room.performer_id,
            user_id=user_id,
            stars=MOST_STARS,
            made_at=now,
            changed_at=now,
        )
        with contextlib.suppress(IntegrityError), session.begin_nested():
            session.add(fresh)
    locked = own.with_for_update().execution_options(populate_existing=True)
    return session.scalars(locked).one()


def reply(review_id: str, actor: Actor, text: str) -> Refusal | None:
    """Answer a review of one's room, once."""

    def act(row: Review, session: Session) -> Refusal | None:
        if row.performer_id != actor.user_id:
            return _unknown()
        if row.replied_at is not None or row.removed_at is not None:
            return Refusal("done", _("You replied already. Nothing was changed."))
        row.reply, row.replied_at = text.strip(), now_ms(session)
        room = room_of(row.room_id)
        send_notice(
            session,
            row.user_id,
            "reviews.replied",
            values={"who": actor.name, "reply": row.reply},
            link=f"/reviews/{room.slug}" if room else "",
            key=f"reply:{row.id}",
        )
        return None

    return _change(review_id, act)


def remove(review_id: str, actor: Actor, reason: str) -> Refusal | None:
    """Take a review off the site for a listed reason; it is logged and its writer told."""
    words = reasons().get(reason)
    if not actor.can(MODERATE):
        return Refusal("forbidden", _("You may not remove reviews. Nothing was changed."))
    if words is None:
        return Refusal("reason", _("Choose one of the reasons. Nothing was changed."))

    def act(row: Review, session: Session) -> Refusal | None:
        if row.removed_at is not None:
            return None
        row.removed_at, row.removed_by = now_ms(session), actor.user_id
        row.removed_for = reason
        subject = f"review:{row.id}"
        audit(session, actor.user_id, "reviews.review.removed", subject, reason=words)
        room = room_of(row.room_id)
        send_notice(
            session,
            row.user_id,
            "reviews.removed",
            values={"room": room.title if room else "", "reason": words},
            key=f"removed:{row.id}",
        )
        return None

    return _change(review_id, act)


def _change(review_id: str, act: Callable[[Review, Session], Refusal | None]) -> Refusal | None:
    def locked(session: Session) -> Refusal | None:
        row = session.get(Review, review_id, with_for_update=True, populate_existing=True)
        return act(row, session) if row is not None else _unknown()

    return transaction(locked)


def _unknown() -> Refusal:
    return Refusal("not_found", _("There is no such review. Nothing was changed."))


# --- Reading -------------------------------------------------------------------------------


def review_of(room_id: str, user_id: str) -> Review | None:
    """Return what somebody wrote of a room."""
    query = select(Review).where(Review.room_id == room_id, Review.user_id == user_id)
    return db.session.scalar(query.execution_options(populate_existing=True))


def reviews_of(room_id: str, *, limit: int = PER_PAGE, offset: int = 0) -> Sequence[Review]:
    """Return the reviews of a room that are shown, the newest first."""
    query = select(Review).where(Review.room_id == room_id, Review.removed_at.is_(None))
    order = (Review.changed_at.desc(), Review.id.desc())
    return db.session.scalars(query.order_by(*order).limit(limit).offset(offset)).all()


def written_about(performer_id: str, *, limit: int = 100) -> Sequence[Review]:
    """Return what is said of a performer, those without a reply first."""
    query = select(Review).where(Review.performer_id == performer_id, Review.removed_at.is_(None))
    order = (Review.replied_at.is_not(None), Review.changed_at.desc())
    return db.session.scalars(query.order_by(*order).limit(limit)).all()


def latest(*, removed: bool, limit: int = 100) -> Sequence[Review]:
    """Return the newest reviews of the site, or those that were removed."""
    gone = Review.removed_at.is_not(None)
    query = select(Review).where(gone if removed else ~gone).order_by(Review.changed_at.desc())
    return db.session.scalars(query.limit(limit)).all()


def rating_of(room_id: str) -> Rating | None:
    """Return what the reviews of a room say together, or None without any."""
    query = (
        select(Review.stars, func.count())
        .where(Review.room_id == room_id, Review.removed_at.is_(None))
        .group_by(Review.stars)
    )
    found: dict[int, int] = {row[0]: row[1] for row in db.session.execute(query)}
    count = sum(found.values())
    if not count:
        return None
    total = sum(stars * number for stars, number in found.items())
    spread = tuple((stars, found.get(stars, 0)) for stars in range(MOST_STARS, 0, -1))
    return Rating(mean(total, count), count, spread)


def card_facts_of(room_ids: Sequence[str]) -> dict[str, CardFacts]:
    """Return the stars of rooms for their cards, in one query."""
    rows = db.session.connection().execute(_STARS, {"ids": room_ids}).all()
    return {
        room_id: CardFacts(rating=mean(int(total), count), reviews=count)
        for room_id, total, count in rows
    }


def alerts(performer_ids: Sequence[str]) -> dict[str, list[str]]:
    """Return who got few stars in the last 30 days and has not replied, as sentences (CM-09)."""
    since = now_ms(db.session()) - ALERT_MS
    query = (
        select(Review.performer_id, func.count())
        .where(
            Review.performer_id.in_(performer_ids),
            Review.stars <= FEW_STARS,
            Review.changed_at >= since,
            Review.replied_at.is_(None),
            Review.removed_at.is_(None),
        )
        .group_by(Review.performer_id)
    )
    return {
        performer_id: [
            ngettext(
                "%(num)d review with few stars waits for a reply.",
                "%(num)d reviews with few stars wait for a reply.",
                count,
            )
        ]
        for performer_id, count in db.session.execute(query)
    }


def mean(total: int, count: int) -> int:
    """Return the mean of stars in hundredths, rounded half up: pure."""
    return (200 * total + count) // (2 * count)


def names(rows: Sequence[Review]) -> dict[str, str]:
    """Return the names of who wrote reviews."""
    return names_of({row.user_id for row in rows})
