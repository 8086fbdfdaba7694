"""One paid session with all that is kept of it (MT-14)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from ppvcms.db import db
from ppvcms.errors import NotFoundError
from ppvcms.ledger.models import Hold
from ppvcms.metering.models import MediaLog, Seat, Segment, Span, Usage
from ppvcms.rooms.models import Room, ShowRequest
from ppvcms.web.admin.queries.seats import Payer, Performer, PlainState, plain_state

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Evidence:
    """A stretch of time in which one fact held; moments are epoch milliseconds."""

    kind: str
    starts_at: int
    ends_at: int

    @property
    def seconds(self) -> int:
        """How long it lasted."""
        return (self.ends_at - self.starts_at) // 1000


@dataclass(frozen=True, slots=True)
class SeatRecord:
    """A session with its terms, postings, evidence and the hold that secured it."""

    id: str
    show_id: str
    room_id: str
    room_slug: str
    room_title: str
    mode: str
    client_id: str
    client: str
    performer_id: str
    performer: str
    state: PlainState
    open: bool
    terms: dict[str, Any]
    opened_at: int
    started_at: int | None
    closed_at: int | None
    counted_s: int
    paused_s: int
    due: int
    posted: int
    secured: int
    requested_at: int | None
    note: str
    hold: Hold | None
    segments: Sequence[Segment]
    postings: Sequence[Usage]
    evidence: Sequence[Evidence]
    media: Sequence[MediaLog]

    @property
    def length_s(self) -> int:
        """How long it was open, until its end or its last evidence."""
        last = max((one.ends_at for one in self.evidence), default=self.opened_at)
        return max(0, (self.closed_at or last) - self.opened_at) // 1000


def seat_record(seat_id: str) -> SeatRecord:
    """Return a session with everything that was kept.

    Raises:
        NotFoundError: There is no such session.
    """
    found = db.session.execute(
        select(Seat, Room, Payer.display_name, Performer.display_name, Hold, ShowRequest)
        .join(Room, Room.id == Seat.room_id)
        .join(Payer, Payer.id == Seat.payer_id)
        .join(Performer, Performer.id == Seat.performer_id)
        .outerjoin(Hold, Hold.id == Seat.hold_id)
        .outerjoin(ShowRequest, ShowRequest.id == Seat.request_id)
        .where(Seat.id == seat_id)
        .execution_options(populate_existing=True)
    ).first()
    if found is None:
        raise NotFoundError(seat_id)
    seat, room, client, performer, hold, wish = found
    return SeatRecord(
        id=seat.id,
        show_id=seat.show_id,
        room_id=room.id,
        room_slug=room.slug,
        room_title=room.title,
        mode=seat.mode,
        client_id=seat.payer_id,
        client=client,
        performer_id=seat.performer_id,
        performer=performer,
        state=plain_state(seat.state, seat.close_reason),
        open=seat.state not in {"settled", "void"},
        terms=seat.terms,
        opened_at=seat.opened_at,
        started_at=seat.started_at,
        closed_at=seat.closed_at,
        counted_s=seat.counted_ms // 1000,
        paused_s=seat.paused_ms // 1000,
        due=seat.due,
        posted=seat.posted,
        secured=seat.secured,
        requested_at=wish.made_at if wish is not None else None,
        note=wish.note if wish is not None else "",
        hold=hold,
        segments=_all(select(Segment).where(Segment.seat_id == seat_id).order_by(Segment.nr)),
        postings=_all(select(Usage).where(Usage.seat_id == seat_id).order_by(Usage.seq)),
        evidence=_evidence(seat),
        media=_all(select(MediaLog).where(MediaLog.seat_id == seat_id).order_by(MediaLog.noted_at)),
    )


def _evidence(seat: Seat) -> list[Evidence]:
    query = (
        select(Span)
        .where(Span.scope_id.in_((seat.id, seat.show_id)), Span.ends_at >= seat.opened_at)
        .order_by(Span.kind, Span.starts_at)
    )
    if seat.closed_at is not None:
        query = query.where(Span.starts_at <= seat.closed_at)
    return [Evidence(row.kind, row.starts_at, row.ends_at) for row in db.session.scalars(query)]


def _all(query: Any) -> Sequence[Any]:
    return db.session.scalars(query).all()
