"""Closing a seat and settling it, once, whoever asks and however often.

Post the rest, release the hold, divide the escrow, write the receipt: one
transaction, fenced by the seat's own row. Everything is computed from saved
evidence, so it does not matter who died before (R-27, R-33, R-47).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, text

from ppvcms.db import after_commit, transaction
from ppvcms.errors import NotFoundError
from ppvcms.events import SeatClosed
from ppvcms.faultpoints import faultpoint
from ppvcms.ids import new_id
from ppvcms.ledger.models import Transfer
from ppvcms.ledger.outbox import write_event
from ppvcms.ledger.store import lock_accounts, release_hold
from ppvcms.metering import dividing, meter, rows, tell
from ppvcms.metering.evidence import Fact, read_facts
from ppvcms.metering.figures import starts_of
from ppvcms.metering.models import Receipt, Segment
from ppvcms.metering.models import Span as Billed
from ppvcms.metering.spans import counted_spans, normal, within
from ppvcms.metering.state import Close, End, Part, Reason, Tick
from ppvcms.metering.terms import owed
from ppvcms.rooms import shows
from ppvcms.rooms.models import Show

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from ppvcms.metering.meter import Look
    from ppvcms.metering.spans import Span
    from ppvcms.metering.state import Denied, Event, Evidence, SeatState

RECEIPTS_LOCK = 0x72637074  # "rcpt": numbers follow each other without a gap


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of something that happened to a seat: closed by it, over before, or denied."""

    closed: bool = False
    over: bool = False
    denied: Denied | None = None


def end(seat_id: str, reason: Reason, *, by: str | None = None, now: int | None = None) -> bool:
    """End a seat for a reason and settle it; return whether this call did.

    Raises:
        NotFoundError: There is no such seat.
    """

    def ends(evidence: Evidence, _available: int) -> End:
        return End(reason, evidence)

    return act_on(seat_id, ends, by=by, now=now).closed


def look_at(seat_id: str, *, now: int | None = None) -> bool:
    """Look at one seat now, as the meter does; return whether it was closed."""
    return act_on(seat_id, Tick, now=now).closed


def act_on(
    seat_id: str,
    event: Callable[[Evidence, int], Event],
    *,
    by: str | None = None,
    now: int | None = None,
) -> Outcome:
    """Let something happen to one seat; what is denied has changed nothing.

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
) -> Outcome:
    faultpoint("settle.begin")
    row = rows.by_id(session, seat_id)
    if row is None:
        raise NotFoundError(f"There is no seat {seat_id}.")
    if row.state not in rows.OPEN_STATES:
        return Outcome(over=True)
    faultpoint("settle.locked")
    if session.get_one(Show, row.show_id).private:
        # Its end changes the room. Rooms come before wallets, as where a seat is opened.
        shows.lock(session, row.show_id)
    terms = rows.read_terms(session, [row.id])[row.id]
    lock_accounts(session, dividing.accounts_of(session, row, terms) | {row.wallet_id})
    one = meter.look(session, [row], event, now=now)[0]
    if one.denied is not None:
        return Outcome(denied=one.denied)
    if one.closes:
        close(session, one, by=by)
        after_commit(session, lambda: _tell(seat_id))
        return Outcome(closed=True)
    news = meter.write(session, [one])
    if one.hour_full:
        hours = dividing.divide_hours(session, one)
        rows.note_hours(session, row.id, hours)
    after_commit(session, lambda: tell.say(lambda: tell.tell(news)))
    return Outcome()


def _tell(seat_id: str) -> None:
    faultpoint("settle.commit_sent")
    tell.say(lambda: tell.tell_closed(seat_id))


def close(session: Session, one: Look, *, by: str | None) -> None:
    """Settle or void a seat that the clock has closed, in the transaction that locked it."""
    verdict = next(command for command in one.commands if isinstance(command, Close))
    one.posts = verdict.charge - one.before.posted
    meter.move_money(session, [one])
    faultpoint("settle.captured")
    meter.write_pauses(session, one)
    session.flush()
    timeline = _timeline(session, one)
    dividing.divide_rest(session, one, verdict.charge, timeline["counted"])
    faultpoint("settle.shared")
    if one.row.hold_id:
        release_hold(session, one.row.hold_id)
    faultpoint("settle.released")
    meter.write_turn(session, one, posted=verdict.charge, due=verdict.charge, ended_by=by)
    if not verdict.void:
        _write_receipt(session, one, verdict.charge, timeline)
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
    if session.get_one(Show, one.row.show_id).private:
        shows.end_private(session, one.row.show_id, reason=verdict.reason.value, ended_by=by)
    faultpoint("settle.outboxed")


def _write_receipt(
    session: Session, one: Look, charge: int, timeline: dict[str, tuple[Span, ...]]
) -> None:
    """Write why the seat cost what it cost, from the evidence that proves it (R-05)."""
    row, state = one.row, one.after
    for span in timeline["counted"]:
        session.add(
            Billed(scope_id=row.id, kind=Fact.BILLED.value, starts_at=span[0], ends_at=span[1])
        )
    _write_segments(session, one)
    usage = select(Transfer.id).where(Transfer.source == f"seat:{row.id}").order_by(Transfer.id)
    session.add(
        Receipt(
            seat_id=row.id,
            number=_next_number(session),
            amount=charge,
            currency=state.terms.currency,
            lines=_lines(one, charge),
            evidence={kind: [list(span) for span in spans] for kind, spans in timeline.items()},
            transfer_ids={"all": list(session.scalars(usage))},
            made_at=one.now,
        )
    )
    session.flush()


def _write_segments(session: Session, one: Look) -> None:
    state = one.after
    running = Part(state.role, state.rate, 0, state.running_ms)
    for nr, (part, start) in enumerate(
        zip((*state.parts, running), starts_of(state), strict=True), 1
    ):
        session.add(
            Segment(
                seat_id=one.row.id,
                nr=nr,
                role=part.role,
                rate_per_minute=part.rate_per_minute,
                starts_at=start,
                counted_ms=part.counted_ms,
            )
        )


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


def _lines(one: Look, charge: int) -> dict[str, Any]:
    """Return the numbers that the receipt's words are made of."""
    state, terms = one.after, one.after.terms
    free_s = min(state.counted_s, terms.grace_s)
    secured = state.secured + one.row.freed
    return {
        "rate": terms.rate_per_minute,
        "grace_s": terms.grace_s,
        "minimum": terms.minimum,
        "counted_s": state.counted_s,
        "free_s": free_s,
        "billed_s": state.counted_s - free_s,
        "due": state.due,
        "secured": secured,
        "released": secured - charge,
        "segments": _segment_lines(one.after),
        "block_s": terms.block_s,
        "block_price": terms.block_price,
    }


def _segment_lines(state: SeatState) -> list[dict[str, Any]]:
    """Return role, rate, seconds after the free ones and cost of each segment.

    A cost is what was due at its end less what was due at its start (R-20).
    """
    roles = [*(part.role for part in state.parts), state.role]
    free_s, before, found = state.terms.grace_s, 0, []
    for nr, (role, one) in enumerate(zip(roles, state.counted, strict=True), 1):
        used = min(free_s, one.seconds)
        free_s -= used
        cost = owed(state.terms, state.counted[:nr])
        found.append(
            {
                "role": role,
                "rate": one.rate_per_minute,
                "billed_s": one.seconds - used,
                "amount": cost - before,
            }
        )
        before = cost
    return found


def _next_number(session: Session) -> int:
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": RECEIPTS_LOCK})
    return int(session.scalar(select(func.coalesce(func.max(Receipt.number), 0))) or 0) + 1
