"""Rooms of a studio: made, given to people, and taken for work (CM-06, RM-15)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask_babel import gettext as _
from sqlalchemy import func, select

from ppvcms.api import (
    Refusal,
    assign_room,
    db,
    label,
    make_room,
    now_ms,
    people,
    room_of,
    rooms_of,
    settings,
    transaction,
)

from . import contracts
from .log import note
from .models import RoomSeat, Studio, StudioRoom

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from ppvcms.api import Actor, RoomView

SLUG = "studios"


@dataclass(frozen=True, slots=True)
class Line:
    """A room of the studio, who works in it now, and who may."""

    room: RoomView
    worker: str
    given: tuple[tuple[str, str], ...]


def rooms(studio_id: str) -> list[Line]:
    """Return the rooms of a studio."""
    query = select(StudioRoom.room_id).where(StudioRoom.studio_id == studio_id)
    found = [room_of(one) for one in db.session.scalars(query.order_by(StudioRoom.made_at))]
    return [_line(room) for room in found if room is not None]


def make(studio: Actor, title: str, performer_id: str) -> str | Refusal:
    """Make a room that belongs to the studio, for one of its people to begin with."""
    studio_id = str(studio.user_id)
    refusal = _refusal_to_give(studio_id, performer_id, None)
    if refusal is not None:
        return refusal

    def act(session: Session) -> str | Refusal:
        # Two rooms at once: the second one counts behind the first.
        session.get_one(Studio, studio_id, with_for_update=True)
        full = _refusal_of_number(session, studio_id)
        if full is not None:
            return full
        room, now = make_room(performer_id, title), now_ms(session)
        session.add(StudioRoom(room_id=room.id, studio_id=studio_id, made_at=now))
        session.add(RoomSeat(room_id=room.id, performer_id=performer_id, given_at=now))
        note(session, studio_id, studio_id, "room.made", f"room:{room.id}")

        return str(room.id)

    return transaction(act)


def give(studio: Actor, room_id: str, performer_ids: Sequence[str]) -> Refusal | None:
    """Say who may work in a room; whoever works there now and is left out has to stop first."""
    studio_id = str(studio.user_id)
    view = own_room(studio_id, room_id)
    if view is None:
        return Refusal("not_found", _("This is not your room. Nothing was changed."))
    wanted = dict.fromkeys(performer_ids)
    if view.performer_id not in wanted and view.state != "offline":
        return Refusal("busy", _("Somebody is live there. Nothing was changed."))
    for one in wanted:
        refusal = _refusal_to_give(studio_id, one, room_id)
        if refusal is not None:
            return refusal

    def act(session: Session) -> None:
        query = select(RoomSeat).where(RoomSeat.room_id == room_id).with_for_update()
        before = {row.performer_id: row for row in session.scalars(query)}
        for one, row in before.items():
            if one not in wanted:
                session.delete(row)
        now = now_ms(session)
        session.add_all(
            RoomSeat(room_id=room_id, performer_id=one, given_at=now)
            for one in wanted
            if one not in before
        )
        note(
            session,
            studio_id,
            studio_id,
            "room.given",
            f"room:{room_id}",
            data={"before": sorted(before), "after": sorted(wanted)},
        )

    transaction(act)
    if view.performer_id not in wanted and wanted:
        return assign_room(room_id, next(iter(wanted)), actor_id=studio_id)
    return None


def take(actor: Actor, room_id: str) -> Refusal | None:
    """Work in a room that one was given, while nobody is live in it (RM-15)."""
    performer_id = str(actor.user_id)
    if room_id not in {room.id for room in given_to(performer_id)}:
        return Refusal("not_found", _("This room was not given to you. Nothing was changed."))
    room = room_of(room_id)
    if room is not None and room.performer_id == performer_id:
        return None
    return assign_room(room_id, performer_id, actor_id=performer_id)


def note_price(studio_id: str, room_id: str, text: str) -> None:
    """Write into the studio's log which price was set in a room."""
    about = {"note": text}
    transaction(
        lambda session: note(
            session, studio_id, studio_id, "room.priced", f"room:{room_id}", data=about
        )
    )


def given_to(performer_id: str) -> list[RoomView]:
    """Return the studio's rooms that somebody may work in now."""
    studios = {one.studio_id for one in contracts.running(performer_id=performer_id)}
    query = (
        select(RoomSeat.room_id)
        .join(StudioRoom, StudioRoom.room_id == RoomSeat.room_id)
        .where(RoomSeat.performer_id == performer_id, StudioRoom.studio_id.in_(studios))
        .order_by(RoomSeat.given_at)
    )
    found = [room_of(one) for one in db.session.scalars(query)]
    return [room for room in found if room is not None]


def own_room(studio_id: str, room_id: str) -> RoomView | None:
    """Return a room of the studio, or None for everybody else's."""
    row = db.session.get(StudioRoom, room_id, populate_existing=True)
    return room_of(room_id) if row is not None and row.studio_id == studio_id else None


def adopt(room_id: str, studio_id: str, *, by: Actor) -> Refusal | None:
    """Let a room belong to a studio: an act of the business (BO-08)."""
    room = room_of(room_id)
    if room is None:
        return Refusal("not_found", _("There is no such room. Nothing was changed."))

    def act(session: Session) -> None:
        row = session.get(StudioRoom, room_id, with_for_update=True)
        before = row.studio_id if row is not None else None
        if row is None:
            row = StudioRoom(room_id=room_id, studio_id=studio_id, made_at=now_ms(session))
            session.add(row)
        row.studio_id = studio_id
        if session.get(RoomSeat, (room_id, room.performer_id)) is None:
            seat = RoomSeat(
                room_id=room_id, performer_id=room.performer_id, given_at=now_ms(session)
            )
            session.add(seat)
        note(
            session,
            studio_id,
            by.user_id,
            "room.adopted",
            f"room:{room_id}",
            data={"before": before, "after": studio_id},
        )

    transaction(act)
    return None


def _line(room: RoomView) -> Line:
    query = select(RoomSeat.performer_id).where(RoomSeat.room_id == room.id)
    ids = list(db.session.scalars(query.order_by(RoomSeat.given_at)))
    known = people([*ids, room.performer_id])
    return Line(
        room,
        known[room.performer_id].name,
        tuple((one, known[one].name) for one in ids if one in known),
    )


def _refusal_of_number(session: Session, studio_id: str) -> Refusal | None:
    query = select(func.count()).select_from(StudioRoom).where(StudioRoom.studio_id == studio_id)
    most = settings(SLUG).rooms
    if int(session.scalar(query) or 0) < most:
        return None
    words = _("You have %(most)s rooms, and there may not be more. None was made.", most=most)
    return Refusal("title", words)


def _refusal_to_give(studio_id: str, performer_id: str, room_id: str | None) -> Refusal | None:
    running = contracts.running(studio_id=studio_id, performer_id=performer_id)
    if not running:
        words = _("Give rooms to your own people alone. Nothing was changed.")
        return Refusal("not_found", words)
    query = select(func.count()).where(
        RoomSeat.performer_id == performer_id, RoomSeat.room_id != (room_id or "")
    )
    studios = int(db.session.scalar(query) or 0)
    own = [one for one in rooms_of(performer_id) if own_room(studio_id, one.id) is None]
    most = settings(SLUG).rooms_per_performer
    if studios + len(own) < most:
        return None
    words = _(
        "A %(role)s has at most %(most)s rooms. Nothing was changed.",
        role=label("performer"),
        most=most,
    )
    return Refusal("full", words)
