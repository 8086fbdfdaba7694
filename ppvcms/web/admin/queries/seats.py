"""Shows and paid sessions, with the facts that billing and analysis need (AC-10, MT-14)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from sqlalchemy import exists, func, select
from sqlalchemy.orm import aliased

from ppvcms.accounts.models import User
from ppvcms.db import db
from ppvcms.ledger.models import Share, Transfer
from ppvcms.metering.models import Receipt, Seat
from ppvcms.rooms.models import Room, Show
from ppvcms.web.admin.queries.paging import Page, page_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import Row, Select

MOST_ROWS = 50_000
TIP = "tip"
Performer = aliased(User, name="performer")
Payer = aliased(User, name="payer")


class PlainState(StrEnum):
    """The states that an owner sees; every session has exactly one (AC-10)."""

    CONNECTING = "connecting"
    RUNNING = "running"
    PAUSED = "paused"
    OUT_OF_CREDITS = "out_of_credits"
    WAITING = "waiting"
    ENDED_BY_CLIENT = "ended_by_client"
    ENDED_BY_PERFORMER = "ended_by_performer"
    RAN_OUT = "ran_out"
    LINE_LOST = "line_lost"
    MOVED_ON = "moved_on"
    STOPPED = "stopped"
    NEVER_STARTED = "never_started"


@dataclass(frozen=True, slots=True)
class SeatFilters:
    """What a list of sessions is narrowed to; moments are epoch milliseconds."""

    since: int | None = None
    until: int | None = None
    mode: str = ""
    performer_id: str = ""
    client_id: str = ""
    state: str = ""
    room_id: str = ""
    show_id: str = ""


@dataclass(frozen=True, slots=True)
class SeatRow:
    """A paid session; amounts in minor units of credits, `rate` per minute."""

    id: str
    mode: str
    show_id: str
    room_slug: str
    room_title: str
    performer_id: str
    performer: str
    client_id: str
    client: str
    started_at: int
    ended_at: int | None
    counted_s: int
    paused_s: int
    rate: int
    total: int
    tips: int
    state: PlainState
    number: int | None


@dataclass(frozen=True, slots=True)
class ShowRow:
    """One broadcast or private show with what it brought, in minor units of credits."""

    id: str
    mode: str
    private: bool
    live: bool
    room_id: str
    room_slug: str
    room_title: str
    performer_id: str
    performer: str
    started_at: int
    ended_at: int | None
    end_reason: str | None
    seats: int
    counted_s: int
    total: int


_STATES: dict[str, PlainState] = {
    "secured": PlainState.CONNECTING,
    "live": PlainState.RUNNING,
    "paused": PlainState.PAUSED,
    "exhausted": PlainState.OUT_OF_CREDITS,
    "waiting": PlainState.WAITING,
    "break": PlainState.PAUSED,
    "void": PlainState.NEVER_STARTED,
}
_REASONS: dict[str, PlainState] = {
    "payer_ended": PlainState.ENDED_BY_CLIENT,
    "performer_ended": PlainState.ENDED_BY_PERFORMER,
    "went_off": PlainState.ENDED_BY_PERFORMER,
    "exhausted": PlainState.RAN_OUT,
    "not_connected": PlainState.NEVER_STARTED,
    "staff": PlainState.STOPPED,
    "private_began": PlainState.MOVED_ON,
    "mode_changed": PlainState.MOVED_ON,
    "not_continued": PlainState.MOVED_ON,
    "block_over": PlainState.RAN_OUT,
    "limit": PlainState.RAN_OUT,
    "left_break": PlainState.ENDED_BY_CLIENT,
    "break_over": PlainState.ENDED_BY_PERFORMER,
}


def plain_state(state: str, reason: str | None) -> PlainState:
    """Return the one plain state of a session; a closed one is named by how it ended."""
    if state == "settled":
        return _REASONS.get(reason or "", PlainState.LINE_LOST)
    return _STATES[state]


def seat_page(filters: SeatFilters, page: int = 1) -> Page[SeatRow]:
    """Return one page of the sessions that fit, the newest first."""
    return page_of(_seat_query(filters), _seat_rows, page)


def seat_sums(filters: SeatFilters) -> tuple[int, int]:
    """Return (counted seconds, posted minor units) of all sessions that fit."""
    inner = _seat_query(filters).order_by(None).subquery()
    sums = select(func.sum(inner.c.counted_ms), func.sum(inner.c.posted))
    counted, posted = db.session.execute(sums).one()
    return int(counted or 0) // 1000, int(posted or 0)


def all_seats(filters: SeatFilters) -> Iterator[SeatRow]:
    """Yield the sessions that fit for an export, the newest first, at most 50,000."""
    rows = db.session.execute(_seat_query(filters).limit(MOST_ROWS)).all()
    yield from _seat_rows(rows)


def latest_of(user_id: str, limit: int = 10) -> list[SeatRow]:
    """Return the newest sessions in which somebody paid or performed."""
    mine = (Seat.payer_id == user_id) | (Seat.performer_id == user_id)
    query = _seat_query(SeatFilters()).where(mine).limit(limit)
    return list(_seat_rows(db.session.execute(query).all()))


def _seat_query(filters: SeatFilters) -> Select[*tuple[Any, ...]]:
    query = (
        select(
            Seat.id,
            Seat.mode,
            Seat.show_id,
            Seat.state,
            Seat.close_reason,
            Seat.opened_at,
            Seat.started_at,
            Seat.closed_at,
            Seat.counted_ms,
            Seat.paused_ms,
            Seat.posted,
            Seat.terms,
            Room.slug,
            Room.title,
            Performer.id.label("performer_id"),
            Performer.display_name.label("performer"),
            Payer.id.label("client_id"),
            Payer.display_name.label("client"),
            Receipt.number,
        )
        .join(Room, Room.id == Seat.room_id)
        .join(Performer, Performer.id == Seat.performer_id)
        .join(Payer, Payer.id == Seat.payer_id)
        .outerjoin(Receipt, Receipt.seat_id == Seat.id)
        .order_by(Seat.opened_at.desc(), Seat.id.desc())
    )
    for condition in _conditions(filters):
        query = query.where(condition)
    return query


def _conditions(filters: SeatFilters) -> Iterator[Any]:
    if filters.since is not None:
        yield Seat.opened_at >= filters.since
    if filters.until is not None:
        yield Seat.opened_at < filters.until
    wanted: Mapping[Any, str] = {
        Seat.mode: filters.mode,
        Seat.performer_id: filters.performer_id,
        Seat.payer_id: filters.client_id,
        Seat.room_id: filters.room_id,
        Seat.show_id: filters.show_id,
    }
    for column, value in wanted.items():
        if value:
            yield column == value
    if filters.state:
        yield _state_condition(PlainState(filters.state))


def _state_condition(wanted: PlainState) -> Any:
    states = [name for name, plain in _STATES.items() if plain is wanted]
    reasons = [name for name, plain in _REASONS.items() if plain is wanted]
    closed = Seat.state == "settled"
    if wanted is PlainState.LINE_LOST:
        return closed & func.coalesce(Seat.close_reason, "").not_in(list(_REASONS))
    return Seat.state.in_(states) | (closed & Seat.close_reason.in_(reasons))


def _seat_rows(rows: Sequence[Row[*tuple[Any, ...]]]) -> list[SeatRow]:
    tips = _tips([row.id for row in rows])
    return [
        SeatRow(
            id=row.id,
            mode=row.mode,
            show_id=row.show_id,
            room_slug=row.slug,
            room_title=row.title,
            performer_id=row.performer_id,
            performer=row.performer,
            client_id=row.client_id,
            client=row.client,
            started_at=row.started_at or row.opened_at,
            ended_at=row.closed_at,
            counted_s=row.counted_ms // 1000,
            paused_s=row.paused_ms // 1000,
            rate=row.terms["rate_per_minute"],
            total=row.posted,
            tips=tips.get(row.id, 0),
            state=plain_state(row.state, row.close_reason),
            number=row.number,
        )
        for row in rows
    ]


def _tips(seat_ids: Sequence[str]) -> dict[str, int]:
    """Return what each payer tipped the performer while the session was open (R-46)."""
    mine, undone = aliased(Share), aliased(Transfer)
    query = (
        select(Seat.id, func.sum(Share.amount))
        .join(
            Transfer,
            (Transfer.kind == TIP)
            & (Transfer.actor_id == Seat.payer_id)
            & (Transfer.made_at >= Seat.opened_at)
            & (Seat.closed_at.is_(None) | (Transfer.made_at <= Seat.closed_at)),
        )
        .join(Share, Share.transfer_id == Transfer.id)
        .where(
            Seat.id.in_(seat_ids),
            exists().where(mine.transfer_id == Transfer.id, mine.party_id == Seat.performer_id),
            ~exists().where(undone.reverses == Transfer.id),
        )
        .group_by(Seat.id)
    )
    return {seat_id: int(amount) for seat_id, amount in db.session.execute(query)}


def show_page(*, room_id: str = "", live: bool = False, page: int = 1) -> Page[ShowRow]:
    """Return one page of shows, the newest first."""
    sums = (
        select(
            Seat.show_id,
            func.count().label("seats"),
            func.sum(Seat.counted_ms).label("counted_ms"),
            func.sum(Seat.posted).label("posted"),
        )
        .group_by(Seat.show_id)
        .subquery()
    )
    query = (
        select(Show, Room.slug, Room.title, Performer.display_name, sums)
        .join(Room, Room.id == Show.room_id)
        .join(Performer, Performer.id == Show.performer_id)
        .outerjoin(sums, sums.c.show_id == Show.id)
        .order_by(Show.started_at.desc(), Show.id.desc())
    )
    if room_id:
        query = query.where(Show.room_id == room_id)
    if live:
        query = query.where(Show.state == "live")
    return page_of(query, _show_rows, page)


def _show_rows(rows: Sequence[Row[*tuple[Any, ...]]]) -> list[ShowRow]:
    return [
        ShowRow(
            id=show.id,
            mode=show.mode,
            private=show.private,
            live=show.state == "live",
            room_id=show.room_id,
            room_slug=slug,
            room_title=title,
            performer_id=show.performer_id,
            performer=performer,
            started_at=show.started_at,
            ended_at=show.ended_at,
            end_reason=show.end_reason,
            seats=count or 0,
            counted_s=int(counted or 0) // 1000,
            total=int(posted or 0),
        )
        for show, slug, title, performer, _show_id, count, counted, posted in rows
    ]
