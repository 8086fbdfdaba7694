"""What both sides see of a seat: figures of this moment, by the bill's own functions (R-51)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from ppvcms.db import db, now_ms
from ppvcms.errors import NotFoundError
from ppvcms.ledger.limits import left_of, spendable
from ppvcms.ledger.models import Account
from ppvcms.metering.clock import seen
from ppvcms.metering.evidence import evidence_of, read_facts
from ppvcms.metering.figures import block_offered, blocks_taken, silence_ms, time_left_s
from ppvcms.metering.models import Receipt, Seat
from ppvcms.metering.rows import state_of
from ppvcms.metering.state import Evidence, Phase
from ppvcms.rooms.models import Room, Show

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from ppvcms.ledger.limits import Left
    from ppvcms.metering.state import SeatState


@dataclass(frozen=True, slots=True)
class Line:
    """One side's connection: ``up``, ``down`` or ``waiting`` for its first sign."""

    state: str
    last: int | None


@dataclass(frozen=True, slots=True)
class SegmentView:
    """A part of a seat at one rate a minute (R-09)."""

    role: str
    rate: int
    counted_s: int


@dataclass(frozen=True, slots=True)
class BlockView:
    """Time that is sold in blocks, and whether the next one may be taken (PS-12)."""

    seconds: int
    price: int
    taken: int
    offered: bool


@dataclass(frozen=True, slots=True)
class SeatView:
    """A seat at `now`. Times are epoch milliseconds or ``_s`` seconds, amounts minor units."""

    id: str
    room_id: str
    room_slug: str
    show_id: str
    payer_id: str
    performer_id: str
    mode: str
    private: bool
    state: str
    role: str
    cause: str | None
    rate_per_minute: int
    segments: tuple[SegmentView, ...]
    block: BlockView | None
    currency: str
    grace_s: int
    grace_left_s: int
    minimum: int
    opened_at: int
    started_at: int | None
    closed_at: int | None
    elapsed_s: int
    counted_s: int
    cost: int
    balance: int
    held: int
    available: int
    limited: bool
    """Whether a limit of spending leaves less than there is (WL-16)."""
    secured_until: int
    time_left_s: int
    performer_line: Line
    payer_line: Line
    paused_since: int | None
    resume_deadline: int | None
    resume_after: int | None
    uncounted_s: int
    waiting_since: int | None
    back_at: int | None
    must_continue: bool
    continue_by: int | None
    warnings: int
    close_reason: str | None
    receipt: bool
    now: int

    @property
    def over(self) -> bool:
        """Whether the seat is closed."""
        return Phase(self.state).over

    @property
    def counting(self) -> bool:
        """Whether time passes into the bill at this moment."""
        both = self.performer_line.state == self.payer_line.state == "up"
        return self.state == Phase.LIVE and both

    def as_json(self, *, for_payer: bool) -> dict[str, Any]:
        """Return the shape `Seat` of docs/realtime.md; the balance is the payer's alone."""
        exhausted = self.state == Phase.EXHAUSTED
        shown: dict[str, Any] = {
            "seat": self.id,
            "room": self.room_slug,
            "mode": self.mode,
            "private": self.private,
            "state": self.state,
            "role": self.role,
            "segments": [asdict(one) for one in self.segments],
            "block": asdict(self.block) if self.block is not None else None,
            "waiting_since": self.waiting_since,
            "must_continue": self.must_continue,
            "continue_by": self.continue_by,
            "rate": self.rate_per_minute,
            "currency": self.currency,
            "grace_s": self.grace_s,
            "grace_left_s": self.grace_left_s,
            "minimum": self.minimum,
            "opened_at": self.opened_at,
            "started_at": self.started_at,
            "elapsed_s": self.elapsed_s,
            "counted_s": self.counted_s,
            "cost": self.cost,
            "secured_until": self.secured_until,
            "time_left_s": self.time_left_s,
            "counting": self.counting,
            "performer_line": self.performer_line.state,
            "payer_line": self.payer_line.state,
            "pause_cause": self.cause,
            "resume_until": None if exhausted else self.resume_deadline,
            "exhausted_until": self.resume_deadline if exhausted else None,
            "close_reason": self.close_reason,
            "receipt": self.receipt,
            "server_now": self.now,
        }
        if for_payer:
            shown["limited"] = self.limited
            shown["balance"] = {"available": self.available, "held": self.held}
        return shown


def seat_view(seat_id: str, *, now: int | None = None) -> SeatView:
    """Return a seat as it is now, or as it was at the moment `now` of a test.

    Raises:
        NotFoundError: There is no such seat.
    """
    found = seat_views(db.session(), [seat_id], now=now)
    if not found:
        raise NotFoundError(f"There is no seat {seat_id}.")
    return found[0]


def seat_views(session: Session, seat_ids: list[str], *, now: int | None = None) -> list[SeatView]:
    """Return several seats as they are now, by few statements, in the order of their ids."""
    rows = session.execute(
        select(Seat, Account, Room.slug, Show.private, Receipt.seat_id)
        .join(Account, Account.id == Seat.wallet_id)
        .join(Room, Room.id == Seat.room_id)
        .join(Show, Show.id == Seat.show_id)
        .outerjoin(Receipt, Receipt.seat_id == Seat.id)
        .where(Seat.id.in_(seat_ids))
        .order_by(Seat.id)
        .execution_options(populate_existing=True)
    ).all()
    facts = read_facts(session, [scope for seat, *_ in rows for scope in (seat.id, seat.show_id)])
    moment = now_ms(session) if now is None else now
    limits = left_of(session, {wallet.id: wallet.held for _seat, wallet, *_ in rows})
    return [
        _view(
            seat,
            wallet,
            slug,
            evidence_of(facts, seat_id=seat.id, show_id=seat.show_id),
            limit=limits.get(wallet.id),
            private=private,
            receipt=receipt is not None,
            now=moment,
        )
        for seat, wallet, slug, private, receipt in rows
    ]


def _view(
    seat: Seat,
    wallet: Account,
    slug: str,
    evidence: Evidence,
    *,
    limit: Left | None,
    private: bool,
    receipt: bool,
    now: int,
) -> SeatView:
    state = seen(state_of(seat), evidence, now)
    terms, counted_s = state.terms, state.counted_s
    must_continue = state.lapsed and state.back_at is not None
    started, funds = state.started_at, wallet.balance - wallet.held
    available = spendable(funds, limit)
    return SeatView(
        id=seat.id,
        room_id=seat.room_id,
        room_slug=slug,
        show_id=seat.show_id,
        payer_id=seat.payer_id,
        performer_id=seat.performer_id,
        mode=seat.mode,
        private=private,
        state=state.phase.value,
        role=state.role,
        cause=seat.pause_cause,
        rate_per_minute=state.rate,
        segments=_segments(state),
        block=_block(state, now) if terms.block_s else None,
        currency=terms.currency,
        grace_s=terms.grace_s,
        grace_left_s=max(0, terms.grace_s - counted_s),
        minimum=terms.minimum,
        opened_at=seat.opened_at,
        started_at=started,
        closed_at=seat.closed_at,
        elapsed_s=((seat.closed_at or now) - started) // 1000 if started is not None else 0,
        counted_s=counted_s,
        cost=seat.posted if state.phase.over else state.due,
        balance=wallet.balance,
        held=wallet.held,
        available=available,
        limited=available < funds,
        secured_until=seat.secured_until,
        time_left_s=0 if state.phase.over else time_left_s(state, available=available, now=now),
        performer_line=_line(state, evidence.performer_last, now),
        payer_line=_line(state, _payer_last(state, evidence), now),
        paused_since=seat.paused_at,
        resume_deadline=None if state.phase is Phase.WAITING else seat.resume_by,
        resume_after=seat.resume_after,
        uncounted_s=seat.uncounted_ms // 1000,
        waiting_since=state.waiting_since,
        back_at=state.back_at,
        must_continue=must_continue,
        continue_by=state.resume_by if must_continue else None,
        warnings=seat.warned,
        close_reason=seat.close_reason,
        receipt=receipt,
        now=now,
    )


def _segments(state: SeatState) -> tuple[SegmentView, ...]:
    roles = [*(part.role for part in state.parts), state.role]
    return tuple(
        SegmentView(role, counted.rate_per_minute, counted.seconds)
        for role, counted in zip(roles, state.counted, strict=True)
    )


def _block(state: SeatState, now: int) -> BlockView:
    terms = state.terms
    return BlockView(
        terms.block_s, terms.block_price, blocks_taken(state), block_offered(state, now=now)
    )


def _payer_last(state: SeatState, evidence: Evidence) -> int | None:
    """Return the payer's last sign: where no picture flows, the word of the page is enough."""
    flowing = state.phase in {Phase.SECURED, Phase.LIVE}
    return evidence.payer_last if flowing else evidence.payer_here


def _line(state: SeatState, last: int | None, now: int) -> Line:
    if last is None:
        return Line("waiting", None)
    up = now - last < silence_ms(state.terms) and not state.phase.over
    return Line("up" if up else "down", last)
