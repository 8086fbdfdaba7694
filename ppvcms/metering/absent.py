"""Who of several performers has been away too long, and who is back (R-15).

Their side is up while anybody's media is up. Who sent, and has been down past the
resume window while somebody else sent on, is checked out; so is the room's own
performer, who is in again with the part of before as soon as they send again.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import exists, func, or_, select

from ppvcms.accounts.models import User
from ppvcms.db import db, now_ms, transaction
from ppvcms.host.settings import site
from ppvcms.media.contract import MediaRole
from ppvcms.media.models import Grant
from ppvcms.metering.feeds import OFF
from ppvcms.metering.partners import AWAY, LEFT, change_performers
from ppvcms.metering.sharing import Present, present_in
from ppvcms.notices.services import send_notice
from ppvcms.rooms.models import Room, Show, ShowPerformer

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sqlalchemy.orm import Session

ENDED_BY_US = (OFF, LEFT, "private", "mode")
"""Whose camera was ended for one of these is not away."""
BACK = "back"


def too_long(signs: Mapping[str, int | None], *, now: int, window_ms: int) -> set[str]:
    """Return who was down past the window while somebody else sent on.

    `signs` are the last moments (epoch milliseconds) at which each one's own media
    arrived, None for who stands before another's camera. When nobody's comes any
    more the whole side is down, and R-26 decides.
    """
    latest = max((at for at in signs.values() if at is not None), default=0)
    return {
        person
        for person, at in signs.items()
        if at is not None and at < latest and now - at > window_ms
    }


def look() -> int:
    """Check out who was away too long, in every public show that several share, and let in again.

    Returns in how many shows somebody came or went. Repeating it changes nothing.
    """
    shared = exists().where(ShowPerformer.show_id == Show.id)
    query = (
        select(Show.id)
        .join(Room, Room.show_id == Show.id)
        .where(Show.state == "live", Show.private.is_(False), shared)
        .order_by(Show.id)
    )
    found = list(db.session.scalars(query))
    db.session.rollback()
    return sum(transaction(partial(_look_at, show_id)) for show_id in found)


def _look_at(show_id: str, session: Session) -> bool:
    show, present = session.get_one(Show, show_id), present_in(session, show_id)
    signs = _signs(session, show_id)
    window_ms = site().resume_window_s * 1000
    here = {one.performer_id: signs.get(one.performer_id) for one in present}
    away = too_long(here, now=now_ms(session), window_ms=window_ms)
    if away:
        return _let_out(session, show, present, away)
    if show.performer_id in here:
        return False
    left_at, weight = _last_time(session, show_id, show.performer_id)
    if (signs.get(show.performer_id) or 0) <= left_at:
        return False
    wanted = [Present(show.performer_id, weight), *present]
    return change_performers(session, show.room_id, wanted, reason=BACK) is None


def _let_out(
    session: Session, show: Show, present: Sequence[Present], away: Collection[str]
) -> bool:
    staying = [one for one in present if one.performer_id not in away]
    if change_performers(session, show.room_id, staying, reason=AWAY) is not None:
        return False
    _tell(session, show, away, [one.performer_id for one in staying])
    return True


def _signs(session: Session, show_id: str) -> dict[str, int | None]:
    """Return when each performer's own media last arrived in a show."""
    query = (
        select(Grant.user_id, func.max(Grant.evidence_at))
        .where(
            Grant.show_id == show_id,
            Grant.role == MediaRole.PUBLISHER.value,
            or_(Grant.reason.is_(None), Grant.reason.not_in(ENDED_BY_US)),
        )
        .group_by(Grant.user_id)
    )
    return {str(person): at for person, at in session.execute(query)}


def _last_time(session: Session, show_id: str, performer_id: str) -> tuple[int, int]:
    """Return when somebody was last checked out of a show, and the weight they had."""
    row = session.execute(
        select(ShowPerformer.until_at, ShowPerformer.weight)
        .where(ShowPerformer.show_id == show_id, ShowPerformer.performer_id == performer_id)
        .order_by(ShowPerformer.from_at.desc(), ShowPerformer.id.desc())
        .limit(1)
    ).first()
    return (row.until_at or 0, row.weight) if row is not None else (0, 1)


def _tell(session: Session, show: Show, away: Collection[str], staying: Collection[str]) -> None:
    room = session.get_one(Room, show.room_id)
    link = f"/rooms/{room.slug}"
    for person in sorted(away):
        values = {"name": session.get_one(User, person).display_name, "room": room.title}
        send_notice(session, person, "core.checked_out", values=values, link=link)
        for other in sorted(staying):
            send_notice(session, other, "core.partner_out", values=values, link=link)
