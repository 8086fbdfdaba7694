"""What is live at this moment: rooms, open seats, money per minute, evidence (BO-07)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from ppvcms.accounts.models import LoginSession
from ppvcms.db import db, now_ms
from ppvcms.media.models import Grant
from ppvcms.metering.models import Seat
from ppvcms.metering.rows import OPEN_STATES
from ppvcms.metering.view import seat_views
from ppvcms.rooms.listing import viewer_counts
from ppvcms.rooms.models import Room, Show
from ppvcms.web.admin.queries.people import names_of
from ppvcms.web.admin.queries.seats import PlainState, plain_state

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class LiveRoom:
    """A room on air; `evidence_age_s` is how long ago its picture was last proven."""

    show_id: str
    room_id: str
    slug: str
    title: str
    performer_id: str
    performer: str
    mode: str
    private: bool
    since: int
    viewers: int
    seats: int
    per_minute: int
    evidence_age_s: int | None
    address: str
    engine: str


@dataclass(frozen=True, slots=True)
class OpenSeat:
    """A seat that is being metered; amounts in minor units of credits."""

    id: str
    show_id: str
    slug: str
    client_id: str
    client: str
    performer: str
    mode: str
    state: PlainState
    counting: bool
    rate: int
    counted_s: int
    cost: int
    time_left_s: int
    performer_age_s: int | None
    client_age_s: int | None
    address: str


@dataclass(frozen=True, slots=True)
class Board:
    """The live monitor at one moment."""

    now: int
    rooms: tuple[LiveRoom, ...]
    seats: tuple[OpenSeat, ...]

    @property
    def per_minute(self) -> int:
        """What a minute brings now: the rates of all seats whose time counts."""
        return sum(seat.rate for seat in self.seats if seat.counting)


def board() -> Board:
    """Return what is live now, by a number of queries that never grows."""
    session = db.session()
    session.rollback()
    open_ids = list(
        session.scalars(select(Seat.id).where(Seat.state.in_(OPEN_STATES)).order_by(Seat.id))
    )
    views = seat_views(session, open_ids)
    shows = session.execute(
        select(Show, Room)
        .join(Room, Room.id == Show.room_id)
        .where(Show.state == "live")
        .order_by(Show.started_at)
    ).all()
    people = {view.payer_id for view in views} | {view.performer_id for view in views}
    people |= {show.performer_id for show, _room in shows}
    names, addresses = names_of({*people}), _addresses(people)
    seats = tuple(
        OpenSeat(
            id=view.id,
            show_id=view.show_id,
            slug=view.room_slug,
            client_id=view.payer_id,
            client=names.get(view.payer_id, ""),
            performer=names.get(view.performer_id, ""),
            mode=view.mode,
            state=plain_state(view.state, view.close_reason),
            counting=view.counting,
            rate=view.rate_per_minute,
            counted_s=view.counted_s,
            cost=view.cost,
            time_left_s=view.time_left_s,
            performer_age_s=_age(view.performer_line.last, view.now),
            client_age_s=_age(view.payer_line.last, view.now),
            address=addresses.get(view.payer_id, ""),
        )
        for view in views
    )
    now = now_ms(session)
    return Board(now, _rooms(shows, seats, names, addresses, now), seats)


def _rooms(
    shows: Iterable[tuple[Show, Room]],
    seats: tuple[OpenSeat, ...],
    names: dict[str, str],
    addresses: dict[str, str],
    now: int,
) -> tuple[LiveRoom, ...]:
    pairs = list(shows)
    viewers = viewer_counts([room.id for _show, room in pairs])
    evidence = _evidence([show.id for show, _room in pairs])
    found = []
    for show, room in pairs:
        inside = [seat for seat in seats if seat.show_id == show.id]
        found.append(
            LiveRoom(
                show_id=show.id,
                room_id=room.id,
                slug=room.slug,
                title=room.title,
                performer_id=show.performer_id,
                performer=names.get(show.performer_id, ""),
                mode=show.mode,
                private=show.private,
                since=show.started_at,
                viewers=0 if show.private else viewers.get(room.id, 0),
                seats=len(inside),
                per_minute=sum(seat.rate for seat in inside if seat.counting),
                evidence_age_s=_age(evidence.get(show.id), now),
                address=addresses.get(show.performer_id, ""),
                engine=show.media_provider,
            )
        )
    return tuple(found)


def _evidence(show_ids: list[str]) -> dict[str, int]:
    """Return the newest sign of life of each show's own picture."""
    query = (
        select(Grant.show_id, func.max(Grant.evidence_at))
        .where(
            Grant.show_id.in_(show_ids),
            Grant.role.in_(("publisher", "two_way")),
            Grant.seat_id.is_(None),
        )
        .group_by(Grant.show_id)
    )
    return {show_id: at for show_id, at in db.session.execute(query) if at is not None}


def _addresses(user_ids: set[str]) -> dict[str, str]:
    """Return the address from which each person was seen last."""
    query = (
        select(LoginSession.user_id, LoginSession.address)
        .where(LoginSession.user_id.in_(user_ids), LoginSession.revoked_at.is_(None))
        .order_by(LoginSession.seen_at)
    )
    return dict(db.session.execute(query).all())


def _age(at: int | None, now: int) -> int | None:
    return None if at is None else max(0, now - at) // 1000
