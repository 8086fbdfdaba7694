"""What a payer had: the list of sessions, and what was paid beside their minutes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import exists, func, select
from sqlalchemy.orm import aliased

from ppvcms.accounts.models import User
from ppvcms.db import db
from ppvcms.ledger.models import Share, Transfer
from ppvcms.metering.models import Receipt, Seat
from ppvcms.rooms.models import Room

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import ColumnElement

SEAT = "seat"


@dataclass(frozen=True, slots=True)
class Session:
    """One session of a payer; amounts in minor units, moments in epoch milliseconds."""

    seat_id: str
    number: int | None
    at: int
    mode: str
    performer: str
    room_slug: str
    room_title: str
    counted_s: int
    rate: int
    amount: int
    state: str
    reason: str | None
    cause: str | None


@dataclass(frozen=True, slots=True)
class Extra:
    """Something the payer paid the performer while the session ran, such as a tip."""

    kind: str
    memo: str
    amount: int
    at: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which sessions are asked for; empty fields leave everything in."""

    performer_id: str = ""
    since: int = 0
    charged_only: bool = False


def sessions_of(payer_id: str, wanted: Wanted, *, limit: int, offset: int = 0) -> Sequence[Session]:
    """Return a payer's sessions, newest first."""
    query = (
        select(Seat, User.display_name, Room.slug, Room.title, Receipt.number)
        .join(User, User.id == Seat.performer_id)
        .join(Room, Room.id == Seat.room_id)
        .outerjoin(Receipt, Receipt.seat_id == Seat.id)
        .where(*_conditions(payer_id, wanted))
        .order_by(Seat.opened_at.desc(), Seat.id.desc())
        .limit(limit)
        .offset(offset)
    )
    return [
        Session(
            seat_id=seat.id,
            number=number,
            at=seat.opened_at,
            mode=seat.mode,
            performer=name,
            room_slug=slug,
            room_title=title,
            counted_s=seat.counted_ms // 1000,
            rate=seat.terms["rate_per_minute"],
            amount=seat.posted,
            state=seat.state,
            reason=seat.close_reason,
            cause=seat.pause_cause,
        )
        for seat, name, slug, title, number in db.session.execute(query)
    ]


def total_of(payer_id: str, wanted: Wanted) -> tuple[int, int]:
    """Return how many sessions fit and what they cost together, in minor units."""
    query = select(func.count(), func.coalesce(func.sum(Seat.posted), 0))
    count, amount = db.session.execute(query.where(*_conditions(payer_id, wanted))).one()
    return int(count), int(amount)


def partners_of(payer_id: str) -> Sequence[tuple[str, str]]:
    """Return with whom a payer had sessions: ids and names."""
    query = (
        select(User.id, User.display_name)
        .where(exists().where(Seat.payer_id == payer_id, Seat.performer_id == User.id))
        .order_by(User.display_name)
    )
    return [(user_id, name) for user_id, name in db.session.execute(query)]


def names_of_seats(seat_ids: Collection[str]) -> dict[str, tuple[str, str]]:
    """Return the kind of show and the performer's name of each seat."""
    query = (
        select(Seat.id, Seat.mode, User.display_name)
        .join(User, User.id == Seat.performer_id)
        .where(Seat.id.in_(seat_ids))
    )
    return {seat_id: (mode, name) for seat_id, mode, name in db.session.execute(query)}


def extras_of(seat_id: str) -> Sequence[Extra]:
    """Return what the payer paid the performer besides the minutes while a seat was open (R-46).

    Amounts are minor units; what was taken back is left out.
    """
    seat = db.session.get_one(Seat, seat_id)
    mine, undone = aliased(Share), aliased(Transfer)
    query = (
        select(Transfer.kind, Transfer.memo, Transfer.made_at, func.sum(Share.amount))
        .join(Share, Share.transfer_id == Transfer.id)
        .where(
            Transfer.actor_id == seat.payer_id,
            Transfer.kind != SEAT,
            Transfer.made_at >= seat.opened_at,
            exists().where(mine.transfer_id == Transfer.id, mine.party_id == seat.performer_id),
            ~exists().where(undone.reverses == Transfer.id),
        )
        .group_by(Transfer.id, Transfer.kind, Transfer.memo, Transfer.made_at)
        .order_by(Transfer.made_at)
    )
    if seat.closed_at is not None:
        query = query.where(Transfer.made_at <= seat.closed_at)
    return [
        Extra(kind, memo, int(amount), at) for kind, memo, at, amount in db.session.execute(query)
    ]


def _conditions(payer_id: str, wanted: Wanted) -> list[ColumnElement[bool]]:
    found = [Seat.payer_id == payer_id, Seat.opened_at >= wanted.since]
    if wanted.performer_id:
        found.append(Seat.performer_id == wanted.performer_id)
    if wanted.charged_only:
        found.append(Seat.posted > 0)
    return found
