"""What is to be seen of checking in: who is here, who was asked, who may be asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from ppvcms.api import (
    db,
    now_ms,
    part_of,
    people,
    performers_in,
    room_of,
    room_shared_by,
    studio_parts,
)

from .models import Part, Proposal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ppvcms.api import RoomView

WHOLE = 100
MOST_KNOWN = 24


@dataclass(frozen=True, slots=True)
class Line:
    """One person: here now, or asked; `percent` of what comes in, exact to a hundredth."""

    id: str
    name: str
    percent: float
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """A proposal that waits or has just been accepted."""

    id: str
    room_id: str
    room: str
    host: str
    alike: bool
    state: str
    seconds_left: int
    lines: tuple[Line, ...]

    def line_of(self, user_id: str) -> Line | None:
        """Return somebody's line."""
        return next((line for line in self.lines if line.id == user_id), None)


def here(room_id: str) -> tuple[Line, ...]:
    """Return who performs in a room now; nobody while it is off."""
    present = performers_in(db.session(), room_id)
    known = people(one.performer_id for one in present)
    whole = sum(one.weight for one in present)
    return tuple(
        Line(
            one.performer_id,
            known[one.performer_id].name,
            round(WHOLE * one.weight / whole, 2),
        )
        for one in present
    )


def question_of(room: RoomView) -> Question | None:
    """Return the question that is open in a room, or was accepted and waits for the show."""
    query = (
        select(Proposal)
        .where(Proposal.room_id == room.id, Proposal.state.in_(("waiting", "accepted")))
        .order_by(Proposal.made_at.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    )
    proposal = db.session.scalar(query)
    shown = _shown(proposal, room) if proposal is not None else None
    return shown if shown is not None and shown.state != "expired" else None


def questions_for(user_id: str) -> list[Question]:
    """Return the questions that wait for somebody's answer."""
    query = (
        select(Proposal)
        .join(Part, Part.proposal_id == Proposal.id)
        .where(
            Proposal.state == "waiting",
            Proposal.expires_at > now_ms(db.session()),
            Part.performer_id == user_id,
            Part.answer == "waiting",
        )
        .execution_options(populate_existing=True)
    )
    found = []
    for proposal in db.session.scalars(query):
        room = room_of(proposal.room_id)
        if room is not None:
            found.append(_shown(proposal, room))
    return found


def room_of_question(proposal_id: str) -> RoomView | None:
    """Return the room that a question is about."""
    proposal = db.session.get(Proposal, proposal_id)
    return room_of(proposal.room_id) if proposal is not None else None


def guest_room(user_id: str) -> RoomView | None:
    """Return the room of somebody else in which a person performs now."""
    room_id = room_shared_by(user_id)
    room = room_of(room_id) if room_id is not None else None
    return room if room is not None and room.performer_id != user_id else None


def known_to(user_id: str) -> list[tuple[str, str]]:
    """Return whom somebody may pick from a list: earlier partners and the same studio's people."""
    mine = select(Part.proposal_id).where(Part.performer_id == user_id, Part.answer != "no")
    query = select(Part.performer_id).where(Part.proposal_id.in_(mine)).distinct()
    ids = set(db.session.scalars(query))
    part = part_of(user_id)
    if part is not None:
        now = now_ms(db.session())
        ids |= {one.performer_id for one in studio_parts(studio_id=part.studio_id, at=now)}
    found = people(ids - {user_id}).values()
    able = [(str(one.user_id), one.name) for one in found if one.can("room.perform")]
    return sorted(able, key=lambda pair: pair[1].casefold())[:MOST_KNOWN]


def _shown(proposal: Proposal, room: RoomView) -> Question:
    parts = _parts(proposal.id)
    known = people([*(part.performer_id for part in parts), proposal.host_id])
    whole = sum(part.weight for part in parts)
    now = now_ms(db.session())
    over = proposal.state == "waiting" and now >= proposal.expires_at
    return Question(
        id=proposal.id,
        room_id=room.id,
        room=room.title,
        host=known[proposal.host_id].name,
        alike=proposal.alike,
        state="expired" if over else proposal.state,
        seconds_left=max(0, (proposal.expires_at - now) // 1000),
        lines=tuple(
            Line(
                part.performer_id,
                known[part.performer_id].name,
                round(WHOLE * part.weight / whole, 2),
                part.answer,
            )
            for part in parts
        ),
    )


def _parts(proposal_id: str) -> Sequence[Part]:
    query = select(Part).where(Part.proposal_id == proposal_id).order_by(Part.place)
    return db.session.scalars(query.execution_options(populate_existing=True)).all()
