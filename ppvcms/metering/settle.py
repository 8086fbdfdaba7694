"""Closing a seat and settling it, once, whoever asks and however often.

Post the rest, release the hold, divide the escrow, write the receipt: one
transaction, fenced by the seat's own row. Everything is computed from saved
evidence, so it does not matter who died before (R-27, R-33, R-47).
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, text

from ppvcms.db import after_commit, transaction
from ppvcms.errors import NotFoundError
from ppvcms.events import SeatClosed
from ppvcms.faultpoints import faultpoint
from ppvcms.ids import new_id
from ppvcms.ledger import books
from ppvcms.ledger.models import Transfer
from ppvcms.ledger.outbox import write_event
from ppvcms.ledger.store import Posted, lock_accounts, post, release_hold, shares_for
from ppvcms.metering import meter, rows, tell
from ppvcms.metering.evidence import Fact, read_facts
from ppvcms.metering.models import Receipt, Segment
from ppvcms.metering.models import Span as Billed
from ppvcms.metering.spans import counted_spans, normal, within
from ppvcms.metering.state import Close, End, Reason, Tick
from ppvcms.rooms import shows
from ppvcms.rooms.models import Room, Show

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

    from ppvcms.metering.meter import Look
    from ppvcms.metering.spans import Span
    from ppvcms.metering.state import Event, Evidence, SeatState
    from ppvcms.metering.terms import Terms

RECEIPTS_LOCK = 0x72637074  # "rcpt": numbers follow each other without a gap


def end(seat_id: str, reason: Reason, *, by: str | None = None, now: int | None = None) -> bool:
    """End a seat for a reason and settle it; return whether this call did.

    Raises:
        NotFoundError: There is no such seat.
    """
    return act_on(seat_id, lambda evidence, _available: End(reason, evidence), by=by, now=now)


def look_at(seat_id: str, *, now: int | None = None) -> bool:
    """Look at one seat now, as the meter does; return whether it was closed."""
    return act_on(seat_id, Tick, now=now)


def act_on(
    seat_id: str,
    event: Callable[[Evidence, int], Event],
    *,
    by: str | None = None,
    now: int | None = None,
) -> bool:
    """Let something happen to one seat; return whether it is closed by it.

    Raises:
        NotFoundError: There is no such seat.
    """
    return transaction(lambda session: _act(session, seat_id, event, by, now))


def _act(
    session: Session,
    seat_id: str,
    event: Callable[[Evidence, int], Event],
    by: str | None,
    now: int | None,
) -> bool:
    faultpoint("settle.begin")
    row = rows.by_id(session, seat_id)
    if row is None:
        raise NotFoundError(f"There is no seat {seat_id}.")
    if row.state not in rows.OPEN_STATES:
        return False
    faultpoint("settle.locked")
    # Rooms come before wallets in the order of locks, as where a seat is opened.
    session.get(Show, row.show_id, with_for_update=True)
    session.get(Room, row.room_id, with_for_update=True)
    _lock_money(session, row)
    one = meter.look(session, [row], event, now=now)[0]
    if not one.closes:
        news = meter.write(session, [one])
        after_commit(session, lambda: tell.say(lambda: tell.tell(news)))
        return False
    close(session, one, by=by)
    after_commit(session, lambda: _tell(seat_id))
    return True


def _tell(seat_id: str) -> None:
    faultpoint("settle.commit_sent")
    tell.say(lambda: tell.tell_closed(seat_id))


def _lock_money(session: Session, row: Row[Any]) -> None:
    """Lock every account that a settlement may touch, in one go and in order."""
    terms = rows.read_terms(session, [row.id])[row.id]
    earning = {share.account_id for share in _shares(session, terms, 0)}
    lock_accounts(session, earning | {row.wallet_id})


def close(session: Session, one: Look, *, by: str | None) -> None:
    """Settle or void a seat that the clock has closed, in the transaction that locked it."""
    verdict = next(command for command in one.commands if isinstance(command, Close))
    one.posts = verdict.charge - one.before.posted
    meter.move_money(session, [one])
    faultpoint("settle.captured")
    transfer_ids = _divide(session, one, verdict.charge)
    faultpoint("settle.shared")
    release_hold(session, one.row.hold_id)
    faultpoint("settle.released")
    meter.write_turn(session, one, posted=verdict.charge, due=verdict.charge, ended_by=by)
    meter.write_pauses(session, one)
    if not verdict.void:
        _write_receipt(session, one, verdict.charge, transfer_ids)
    write_event(
        session,
        SeatClosed(
            id=new_id(),
            at=one.now,
            actor_id=by,
            seat_id=one.row.id,
            show_id=one.row.show_id,
            room_id=one.row.room_id,
            reason=verdict.reason.value,
            amount=verdict.charge,
        ),
    )
    shows.end_private(session, one.row.show_id, reason=verdict.reason.value, ended_by=by)
    faultpoint("settle.outboxed")


def _divide(session: Session, one: Look, charge: int) -> list[str]:
    """Bring the charge from the escrow to those who share it (R-47, R-49)."""
    row, terms = one.row, one.after.terms
    usage = select(Transfer.id).where(Transfer.source == f"seat:{row.id}").order_by(Transfer.id)
    transfer_ids = list(session.scalars(usage))
    if not charge:
        return transfer_ids
    shares = _shares(session, terms, charge)
    per_minute = f"{terms.rate_per_minute // 100}.{terms.rate_per_minute % 100:02}"
    draft = books.Draft(
        kind=terms.mode[:32],
        key=f"seat:{row.id}:settle",
        source=f"seat:{row.id}",
        memo=f"{one.after.counted_ms // 1000} s at {per_minute} a minute",
        lines=(
            books.Line(row.escrow_id, terms.currency, -charge),
            *books.lines_of(shares, terms.currency),
        ),
        shares=shares,
    )
    posted = post(session, draft)
    if not isinstance(posted, Posted):
        raise rows.StaleSeatError(f"Seat {row.id} cannot be settled: {posted}")
    return [*transfer_ids, posted.transfer_id]


def _shares(session: Session, terms: Terms, charge: int) -> tuple[books.Share, ...]:
    sharers = [
        books.Sharer(
            performer_id=sharer.performer_id,
            fraction=Fraction(sharer.numerator, sharer.denominator),
            ratio=Fraction(sharer.ratio_percent, 100),
            studio_id=sharer.studio_id,
            studio_fraction=Fraction(sharer.studio_percent, 100),
        )
        for sharer in terms.sharers
    ]
    return shares_for(session, charge, sharers, site=terms.mode)


def _write_receipt(session: Session, one: Look, charge: int, transfer_ids: list[str]) -> None:
    """Write why the seat cost what it cost, from the evidence that proves it (R-05)."""
    row, state, terms = one.row, one.after, one.after.terms
    timeline = _timeline(session, one)
    for span in timeline["counted"]:
        session.add(
            Billed(scope_id=row.id, kind=Fact.BILLED.value, starts_at=span[0], ends_at=span[1])
        )
    session.add(
        Segment(
            seat_id=row.id,
            nr=1,
            role=terms.role,
            rate_per_minute=terms.rate_per_minute,
            starts_at=state.started_at,
            counted_ms=state.counted_ms,
        )
    )
    session.add(
        Receipt(
            seat_id=row.id,
            number=_next_number(session),
            amount=charge,
            currency=terms.currency,
            lines=_lines(state, charge),
            evidence={kind: [list(span) for span in spans] for kind, spans in timeline.items()},
            transfer_ids={"all": transfer_ids},
            made_at=one.now,
        )
    )
    session.flush()


def _timeline(session: Session, one: Look) -> dict[str, tuple[Span, ...]]:
    """Return when each fact held while the seat was open, and what of it was counted."""
    row, state = one.row, one.after
    facts = read_facts(session, [row.id, row.show_id])
    start, end = state.started_at or state.opened_at, state.closed_at or one.now
    shown = {
        "performer_media": facts.get((row.show_id, Fact.PERFORMER_MEDIA), ()),
        "payer_media": facts.get((row.id, Fact.PAYER_MEDIA), ()),
        "payer_beat": facts.get((row.id, Fact.PAYER_BEAT), ()),
    }
    paused = facts.get((row.id, Fact.PAUSED), ())
    # A seat that was never paused again was billed up to its secured second at most.
    until = end if state.paused_at is not None else min(end, state.secured_until)
    counted = within(counted_spans(**shown, excluded=paused), start, until)
    timeline = {kind: within(spans, start, end) for kind, spans in shown.items()}
    return timeline | {"paused": normal(paused), "counted": counted}


def _lines(state: SeatState, charge: int) -> dict[str, int]:
    """Return the numbers that the receipt's words are made of."""
    terms, counted_s = state.terms, state.counted_ms // 1000
    free_s = min(counted_s, terms.grace_s)
    return {
        "rate": terms.rate_per_minute,
        "grace_s": terms.grace_s,
        "minimum": terms.minimum,
        "counted_s": counted_s,
        "free_s": free_s,
        "billed_s": counted_s - free_s,
        "due": state.due,
        "secured": state.secured,
        "released": state.secured - charge,
    }


def _next_number(session: Session) -> int:
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": RECEIPTS_LOCK})
    return int(session.scalar(select(func.coalesce(func.max(Receipt.number), 0))) or 0) + 1
