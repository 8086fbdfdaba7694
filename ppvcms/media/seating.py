"""Grants of those who pay in a public show, and of who looks in without a seat.

A payer's grant carries the seat's lease, whatever the role: it ends with the
secured second. The performer fetches each two-way camera by a grant of its own,
so that nobody else ever has that feed (MD-08).
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _
from sqlalchemy import select

from ppvcms.db import after_commit, db, now_ms, transaction
from ppvcms.media import services
from ppvcms.media.contract import MediaRole
from ppvcms.media.models import Grant
from ppvcms.results import Refusal

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from ppvcms.media.contract import Lease
    from ppvcms.media.services import Holder, Stage


def grant_for_seat(
    stage: Stage, holder: Holder, *, seat_id: str, role: MediaRole, feed: str | None = None
) -> dict[str, Any] | Refusal:
    """Return what a payer's page needs to be in a show; the newest page plays (R-08, R-30).

    With `feed`, a guest's, it is what the page needs to receive that camera beside
    the performer's: under the same lease, so that it ends with the same second.
    """

    def act(session: Session) -> tuple[Grant, Lease, str | None] | Refusal:
        source = services.source_of(session, stage, feed=feed)
        if source is None:
            return no_picture()
        grant = _of_seat(session, stage, seat_id, role, source.id)
        if grant is None:
            grant = services.new_grant(session, stage, holder, role, feeds=(source.id,))
            grant.seat_id = seat_id
        older = services.move(grant, holder)
        lease = services.seat_lease(session, grant)
        return services.gone() if lease is None else (grant, lease, older)

    found = transaction(act)
    if isinstance(found, Refusal):
        return found
    grant, lease, older = found
    services.tell_replaced(grant, older)
    return services.tell_engine(stage, grant, lease, publishers=2)


def _of_seat(
    session: Session, stage: Stage, seat_id: str, role: MediaRole, source_id: str
) -> Grant | None:
    """Return the seat's grant if it still fits; one of another role or source is ended.

    What the seat receives of the others who send into the show goes on beside it.
    """
    query = select(Grant).where(Grant.seat_id == seat_id, Grant.state == "active")
    others = {one.id for one in session.scalars(services.publishing(stage.show_id))} - {source_id}
    fitting = None
    for grant in session.scalars(query.order_by(Grant.made_at).with_for_update()):
        fits = (grant.show_id, grant.role) == (stage.show_id, role.value)
        if fits and services.feeds_of(grant) == (source_id,):
            fitting = grant
        if grant is fitting or others.issuperset(services.feeds_of(grant)):
            continue
        grant.state, grant.revoked_at, grant.reason = "revoked", now_ms(session), "role"
        after_commit(session, partial(services.revoke_at_engine, grant.provider, grant.id, "role"))
    return fitting


def grant_for_slot(stage: Stage, holder: Holder, seat_id: str) -> dict[str, Any] | Refusal:
    """Let the performer's page receive the camera of one two-way place."""

    def act(session: Session) -> tuple[Grant, Lease] | None:
        camera = session.scalar(
            select(Grant).where(
                Grant.show_id == stage.show_id,
                Grant.seat_id == seat_id,
                Grant.role == MediaRole.TWO_WAY.value,
                Grant.state == "active",
            )
        )
        return None if camera is None else services.watching(session, stage, holder, camera)

    found = transaction(act)
    return no_picture() if found is None else services.tell_engine(stage, *found, publishers=2)


def limit_viewers(session: Session, show_id: str, *, until: int | None) -> None:
    """Let those who watch a public show without a seat do so until a moment, or without end.

    In the caller's transaction; `tell_limits` tells the engine after it (MD-04).
    """
    for grant in session.scalars(_free(show_id).with_for_update()):
        grant.ends_at = until
        services.presence(session, grant)


def tell_limits(show_id: str) -> None:
    """Tell the engine until when those without a seat may watch."""
    now = now_ms(db.session())
    for grant in db.session.scalars(_free(show_id).execution_options(populate_existing=True)):
        services.set_presence(grant, now)


def watched_before(show_id: str, holder: Holder, moment: int) -> bool:
    """Whether a person, or a visitor's page, had a picture of a show before a moment."""
    mine = Grant.sid == holder.sid if holder.user_id is None else Grant.user_id == holder.user_id
    query = select(Grant.id).where(Grant.show_id == show_id, mine, Grant.made_at < moment)
    return db.session.scalar(query.limit(1)) is not None


def _free(show_id: str) -> Any:
    return select(Grant).where(
        Grant.show_id == show_id,
        Grant.role == MediaRole.VIEWER.value,
        Grant.seat_id.is_(None),
        Grant.state == "active",
    )


def no_picture() -> Refusal:
    """Return the refusal while nobody publishes."""
    return Refusal("offline", _("There is no picture yet."), _("It starts by itself."))
