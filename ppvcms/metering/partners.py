"""Several performers in one show: who is in it from now on, and until when (MD-16, R-48).

A change is one transaction: the times of those who came and went, and a new
period of every open seat, so that what was counted before is shared as before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import gettext as _
from sqlalchemy import select

from ppvcms.accounts.models import User
from ppvcms.db import after_commit, db, now_ms
from ppvcms.ids import new_id
from ppvcms.media import services as media
from ppvcms.metering import periods
from ppvcms.metering.sharing import Present, present_in
from ppvcms.results import Refusal
from ppvcms.rooms import shows
from ppvcms.rooms.models import Room, Show, ShowPerformer
from ppvcms.rooms.services import push_state

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

MOST = 12
HEAVIEST = 1_000_000
AWAY = "away"
"""Why somebody is out who sent nothing for too long (R-15); the room's own performer may be."""
LEFT = "checked_out"
"""Why the media of somebody ends who is not in the show any more."""


def performers_in(session: Session, room_id: str) -> tuple[Present, ...]:
    """Return who performs in a room now, in the order of checking in; nobody while it is off."""
    room = session.get(Room, room_id, populate_existing=True)
    if room is None or room.show_id is None:
        return ()
    return present_in(session, room.show_id)


def room_shared_by(user_id: str) -> str | None:
    """Return the room in whose running show somebody is checked in, or None."""
    query = (
        select(Show.room_id)
        .join(ShowPerformer, ShowPerformer.show_id == Show.id)
        .where(ShowPerformer.present == user_id)
    )
    return db.session.scalar(query)


def change_performers(
    session: Session,
    room_id: str,
    wanted: Sequence[Present],
    *,
    reason: str,
    now: int | None = None,
) -> Refusal | None:
    """Let these performers be in a room's show from now on, in the caller's transaction.

    The first is the room's own performer, unless they were away too long (R-15).
    Who is left out has left for `reason`, and their camera with them; what they
    earned until now stays theirs (R-50). Nothing is written when it is refused: the
    room is off, or somebody is in another show ("busy"). `now` stands for the
    database's clock in tests.

    Raises:
        ValueError: The room's own performer is there and not the first, or is left
            out; somebody comes twice, or a weight is out of 1 to a million.
    """
    room = session.get(Room, room_id)
    show = _whole_show(session, room)
    if room is None or show is None:
        return Refusal("closed", _("The room is not live any more. Nothing was changed."))
    _require_sense(wanted)
    shows_here = _live_shows(session, show)
    periods.lock(session, shows_here)
    shows.lock(session, show.id)
    session.refresh(show)
    if show.state != "live":
        return Refusal("closed", _("The room is not live any more. Nothing was changed."))
    before = present_in(session, show.id)
    if tuple(wanted) == before:
        return None
    _require_host(show, before, wanted, reason)
    refusal = _refusal_to_join(session, show, before, wanted)
    if refusal is not None:
        return refusal
    moment = now_ms(session) if now is None else now
    _write(session, show, wanted, reason, moment)
    for show_id in shows_here:
        periods.begin(session, show_id, now=moment)
    staying = {one.performer_id for one in wanted}
    gone = [one.performer_id for one in before if one.performer_id not in staying]
    after_commit(session, lambda: _after(show, gone))
    return None


def _after(show: Show, gone: Sequence[str]) -> None:
    """End what the guests who left send and receive, and tell the pages who is there."""
    for person in gone:
        if person != show.performer_id:
            media.revoke_person_in(show.id, person, reason=LEFT)
    push_state(show.room_id)


def _write(session: Session, show: Show, wanted: Sequence[Present], reason: str, now: int) -> None:
    """End the times that change and begin the new ones; who stays as before goes on."""
    query = select(ShowPerformer).where(
        ShowPerformer.show_id == show.id, ShowPerformer.until_at.is_(None)
    )
    running = {row.performer_id: row for row in session.scalars(query)}
    places = {one.performer_id: place for place, one in enumerate(wanted)}
    going_on = set()
    for one in wanted:
        row = running.get(one.performer_id)
        if row is not None and row.weight == one.weight:
            going_on.add(one.performer_id)
            row.place = places[one.performer_id]
    for person, row in running.items():
        if person not in going_on:
            row.until_at, row.present = now, None
            row.left_reason = "shares" if person in places else reason[:32]
    # The unique mark of who left is free before somebody takes it anew.
    session.flush()
    session.add_all(
        ShowPerformer(
            id=new_id(),
            show_id=show.id,
            performer_id=one.performer_id,
            present=one.performer_id,
            place=places[one.performer_id],
            weight=one.weight,
            from_at=now,
        )
        for one in wanted
        if one.performer_id not in going_on
    )
    session.flush()


def _refusal_to_join(
    session: Session, show: Show, before: Sequence[Present], wanted: Sequence[Present]
) -> Refusal | None:
    """Return why somebody cannot join: live in a room of their own, or in another show."""
    here = {one.performer_id for one in before}
    new = [one.performer_id for one in wanted if one.performer_id not in here]
    # Two shows that want one person at once: the second one waits here and looks again.
    session.execute(select(User.id).where(User.id.in_(new)).order_by(User.id).with_for_update())
    own = select(Show.performer_id).where(
        Show.performer_id.in_(new), Show.state == "live", Show.id != show.id
    )
    elsewhere = select(ShowPerformer.performer_id).where(
        ShowPerformer.present.in_(new), ShowPerformer.show_id != show.id
    )
    busy = session.scalar(own.limit(1)) or session.scalar(elsewhere.limit(1))
    if busy is None:
        return None
    name = session.get_one(User, busy).display_name
    return Refusal("busy", _("%(name)s is in another show now. Nothing was changed.", name=name))


def _require_host(
    show: Show, before: Sequence[Present], wanted: Sequence[Present], reason: str
) -> None:
    places = [one.performer_id for one in wanted]
    was_here = any(one.performer_id == show.performer_id for one in before)
    if show.performer_id in places[1:]:
        message = "a show has its own performer first"
        raise ValueError(message)
    if show.performer_id not in places and was_here and reason != AWAY:
        message = "a show's own performer is out only when they were away too long"
        raise ValueError(message)


def _require_sense(wanted: Sequence[Present]) -> None:
    people = [one.performer_id for one in wanted]
    if not 1 <= len(people) <= MOST or len(set(people)) != len(people):
        message = "a show has nobody twice, and between one and 12 people"
        raise ValueError(message)
    if not all(1 <= one.weight <= HEAVIEST for one in wanted):
        message = "a weight is between 1 and a million"
        raise ValueError(message)


def _whole_show(session: Session, room: Room | None) -> Show | None:
    """Return the public show that a room is in, also while a private one interrupts it."""
    show = session.get(Show, room.show_id) if room is not None and room.show_id else None
    if show is not None and show.private and show.parent_id is not None:
        show = session.get(Show, show.parent_id)
    return show


def _live_shows(session: Session, show: Show) -> list[str]:
    """Return the show and the private ones inside it that run."""
    inside = select(Show.id).where(Show.parent_id == show.id, Show.state == "live")
    return [show.id, *session.scalars(inside.order_by(Show.id))]
