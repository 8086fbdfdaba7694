"""The meter: looks at seats that are due, in batches, and moves what they owe.

The shape of money.md section 3: seats are locked by id, then wallets by id, then
the clock is read, pure Python decides, and few statements write. Every write
carries the `seq` that was read, so a late or doubled meter changes nothing.
Engines and pages are told after the commit.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ppvcms import bulk
from ppvcms.db import now_ms, transaction
from ppvcms.events import SeatExhausted, SeatPaused, SeatResumed
from ppvcms.faultpoints import faultpoint
from ppvcms.ids import new_id
from ppvcms.ledger.outbox import write_event
from ppvcms.ledger.store import HoldPosting, lock_accounts, place_hold, post_batch, release_hold
from ppvcms.metering import rows
from ppvcms.metering.clock import step
from ppvcms.metering.evidence import Fact, evidence_of, read_facts
from ppvcms.metering.figures import next_look
from ppvcms.metering.models import Seat, Span, Usage
from ppvcms.metering.state import (
    Close,
    Denied,
    Exhaust,
    Free,
    Hold,
    Pause,
    Resume,
    Secure,
    Start,
    Tick,
    Unbilled,
    Warn,
)
from ppvcms.metering.tell import Lease, News
from ppvcms.results import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

    from ppvcms.ledger.store import Locked
    from ppvcms.metering.state import Back, Command, Event, Evidence, SeatState, Wait
    from ppvcms.metering.terms import Terms

MOST_SEATS = {"postgresql": 1_000, "sqlite": 200}
"""How many seats one batch takes. A commit waits for the disk once, however many there
are; SQLite has one writer, and all others of the process wait for the batch to end."""
TURNS = (Start, Pause, Exhaust, Resume, Unbilled, Hold, Free, Close)
"""Commands that change more of a seat than its figures."""
HOUR_MS = 3_600_000


@dataclass(slots=True)
class Look:
    """One seat as the meter saw it, and what it becomes."""

    row: Row[Any]
    before: SeatState
    after: SeatState
    evidence: Evidence
    commands: tuple[Command, ...]
    now: int
    wallet: Locked | None
    turns: bool
    """Whether more than figures changes."""
    posts: int
    """What goes from the hold to the escrow, in minor units."""
    secures: int
    """What is held in addition, in minor units."""

    @property
    def closes(self) -> bool:
        """Whether the seat is over and has to be settled."""
        return any(isinstance(command, Close) for command in self.commands)

    @property
    def denied(self) -> Denied | None:
        """Why what was asked of the seat cannot be, or None."""
        return next((one for one in self.commands if isinstance(one, Denied)), None)

    @property
    def frees(self) -> int:
        """What is given back although the seat goes on, in minor units (R-39)."""
        return sum(one.amount for one in self.commands if isinstance(one, Free))

    @property
    def hour_full(self) -> bool:
        """Whether a counted hour has to be divided (R-38)."""
        return self.after.counted_ms // HOUR_MS > self.row.shared_hours and not self.closes

    @property
    def lease_changed(self) -> bool:
        """Whether the engine has to hear of a new secured second, a pause or a return."""
        old, new = self.before, self.after
        return (old.phase, old.secured_until) != (new.phase, new.secured_until)


@dataclass(slots=True)
class Batch:
    """What one look at the due seats came to: what to tell, and what to settle.

    `closing` are the seats that are over, and those with a full hour to divide.
    """

    looked: int = 0
    more: bool = False
    posted: int = 0
    news: list[News] = field(default_factory=list)
    closing: list[str] = field(default_factory=list)


def run_batch(*, now: int | None = None) -> Batch:
    """Look at the seats that are due, oldest first, and move what they owe.

    `now` stands for the database's clock in tests.
    """
    batch = transaction(lambda session: _batch(session, now))
    faultpoint("meter.commit_sent")
    return batch


def _batch(session: Session, now: int | None) -> Batch:
    faultpoint("meter.begin")
    most = MOST_SEATS[session.get_bind().dialect.name]
    due = rows.by_due(session, now=now_ms(session) if now is None else now, limit=most)
    if not due:
        return Batch()
    looks = look(session, due, Tick, now=now)
    # A seat that is over is settled in a transaction of its own, in another order of locks.
    going_on = [one for one in looks if not one.closes]
    news = write(session, going_on)
    return Batch(
        looked=len(looks),
        more=len(looks) == most,
        posted=sum(one.posts > 0 for one in going_on),
        news=news,
        closing=[one.row.id for one in looks if one.closes or one.hour_full],
    )


def look(
    session: Session,
    locked: Sequence[Row[Any]],
    event: Callable[[Evidence, int], Event],
    *,
    now: int | None = None,
) -> list[Look]:
    """Return what locked seats become; seats that share a wallet see what the others took."""
    wallets = lock_accounts(session, {row.wallet_id for row in locked})
    faultpoint("meter.locked")
    # Read after the locks: the transaction may have begun long ago.
    moment = now_ms(session) if now is None else now
    terms = rows.read_terms(session, [row.id for row in locked])
    facts = read_facts(session, [scope for row in locked for scope in (row.id, row.show_id)])
    left = {wallet_id: wallet.available for wallet_id, wallet in wallets.items()}
    looks = []
    for row in locked:
        evidence = evidence_of(facts, seat_id=row.id, show_id=row.show_id)
        wallet = wallets[row.wallet_id]
        happens = event(evidence, left[row.wallet_id])
        if isinstance(happens, Tick) and wallet.available < wallet.funds:
            happens = replace(happens, limited=True)
        looks.append(_look(row, terms[row.id], evidence, happens, wallet, moment))
        left[row.wallet_id] -= looks[-1].secures
    faultpoint("meter.checked")
    return looks


def _look(
    row: Row[Any], terms: Terms, evidence: Evidence, event: Event, wallet: Locked | None, now: int
) -> Look:
    before = rows.state_of(row, terms)
    after, commands = step(before, event, now)
    turns = bool(after.parts) or (before.phase, before.cause, before.role, before.rate) != (
        after.phase,
        after.cause,
        after.role,
        after.rate,
    )
    return Look(
        row,
        before,
        after,
        evidence,
        commands,
        now,
        wallet,
        turns or any(isinstance(command, TURNS) for command in commands),
        posts=after.posted - before.posted,
        secures=sum(one.amount for one in commands if isinstance(one, Secure)),
    )


def look_without_money(
    session: Session,
    locked: Sequence[Row[Any]],
    event: Callable[[Evidence], Wait | Back],
    *,
    now: int | None = None,
) -> list[Look]:
    """Return what locked seats become by an event that moves no money; no wallet is locked."""
    moment = now_ms(session) if now is None else now
    terms = rows.read_terms(session, [row.id for row in locked])
    facts = read_facts(session, [scope for row in locked for scope in (row.id, row.show_id)])
    looks = []
    for row in locked:
        evidence = evidence_of(facts, seat_id=row.id, show_id=row.show_id)
        looks.append(_look(row, terms[row.id], evidence, event(evidence), None, moment))
    return looks


def write(session: Session, looks: Sequence[Look]) -> list[News]:
    """Write what seats became, by few statements, and return what there is to tell."""
    move_money(session, looks)
    faultpoint("meter.held")
    _write_figures(session, [one for one in looks if not one.turns])
    for one in looks:
        if one.turns:
            write_turn(session, one)
    faultpoint("meter.secured")
    for one in looks:
        if one.turns:
            write_pauses(session, one)
            _write_facts(session, one)
    faultpoint("meter.outboxed")
    return [news_of(one) for one in looks]


def move_money(session: Session, looks: Sequence[Look]) -> None:
    """Bring what is due from the holds to the escrows, extend the holds, give back or renew."""
    moving = [one for one in looks if one.row.hold_id and (one.posts or one.secures)]
    locked = {one.row.wallet_id: one.wallet for one in moving if one.wallet is not None}
    done = post_batch(session, [_posting(one) for one in moving], locked=locked)
    short = [one for one in moving if done.granted[one.row.id] != one.secures]
    if short:
        raise rows.StaleSeatError(f"The wallet of seat {short[0].row.id} moved under its lock.")
    for one in looks:
        if one.frees and one.row.hold_id:
            release_hold(session, one.row.hold_id)
            faultpoint("wait.freed")
    posting = [one for one in moving if one.posts]
    if posting:
        bulk.insert(
            session,
            Usage.__table__,  # type: ignore[arg-type] # a mapped class has a Table
            {
                "seat_id": [one.row.id for one in posting],
                "seq": [one.row.seq + 1 for one in posting],
                "counted_ms": [one.after.counted_ms for one in posting],
                "amount": [one.posts for one in posting],
                "transfer_id": [done.transfer_ids[one.row.id] for one in posting],
                "made_at": [one.now for one in posting],
            },
        )


def _posting(one: Look) -> HoldPosting:
    # The seq of the posting names it; an extension alone moves nothing that a key could repeat.
    return HoldPosting(
        seat_id=one.row.id,
        hold_id=one.row.hold_id,
        wallet_id=one.row.wallet_id,
        escrow_id=one.row.escrow_id,
        amount=one.posts,
        extend_by=one.secures,
        key=f"seat:{one.row.id}:{one.row.seq + 1}",
        source=f"seat:{one.row.id}",
        memo=f"{one.after.counted_ms // 1000} s counted",
        at=one.now,
    )


def _seq_after(one: Look) -> int:
    return int(one.row.seq) + (one.posts > 0)


def _lease_seq_after(one: Look) -> int:
    return int(one.row.lease_seq) + one.lease_changed


def _write_figures(session: Session, looks: Sequence[Look]) -> None:
    """Write the seats of which nothing but figures changed, in one statement."""
    if not looks:
        return
    columns: bulk.Columns = {
        "id": [one.row.id for one in looks],
        "seen": [one.row.seq for one in looks],
        "seq": [_seq_after(one) for one in looks],
        "lease_seq": [_lease_seq_after(one) for one in looks],
        "counted_ms": [one.after.counted_ms for one in looks],
        "due": [one.after.due for one in looks],
        "posted": [one.after.posted for one in looks],
        "posted_at": [one.after.posted_at for one in looks],
        "secured": [one.after.secured for one in looks],
        "secured_until": [one.after.secured_until for one in looks],
        "warned": [one.after.warned for one in looks],
        "due_at": [next_look(one.after, one.evidence, now=one.now) for one in looks],
        "beat_at": [one.now for one in looks],
    }
    table = Seat.__table__
    written = bulk.update(session, table, "id", columns, where={"seq": "seen"})  # type: ignore[arg-type]
    if written != len(looks):
        raise rows.StaleSeatError(f"{len(looks) - written} seats were moved by somebody else.")


def write_turn(session: Session, one: Look, **more: Any) -> None:
    """Write a seat of which more than figures changed."""
    if one.frees:
        more |= {"hold_id": None, "freed": one.row.freed + one.frees}
    elif one.secures and not one.row.hold_id:
        more |= {"hold_id": _hold_anew(session, one)}
    values = rows.values_of(one.after) | {
        "seq": _seq_after(one),
        "lease_seq": _lease_seq_after(one),
        "due_at": next_look(one.after, one.evidence, now=one.now),
        "beat_at": one.now,
    }
    rows.store(session, one.row.id, seen_seq=one.row.seq, values=values | more)


def _hold_anew(session: Session, one: Look) -> str:
    """Hold what a seat without a hold is secured with: after a wait, or a free segment."""
    hold = place_hold(
        session,
        one.row.wallet_id,
        one.secures,
        key=f"seat:{one.row.id}:again:{one.row.lease_seq}",
        source=f"seat:{one.row.id}",
        seat_id=one.row.id,
    )
    if isinstance(hold, Refusal):
        raise rows.StaleSeatError(f"The wallet of seat {one.row.id} moved under its lock.")
    faultpoint("wait.held")
    return hold.id


def write_pauses(session: Session, one: Look) -> None:
    """Write the stretches that no late evidence may bill."""
    for command in one.commands:
        if isinstance(command, Unbilled):
            session.add(
                Span(
                    scope_id=one.row.id,
                    kind=Fact.PAUSED.value,
                    starts_at=command.start,
                    ends_at=command.end,
                )
            )


def _write_facts(session: Session, one: Look) -> None:
    about = {"seat_id": one.row.id, "show_id": one.row.show_id, "room_id": one.row.room_id}
    for command in one.commands:
        if isinstance(command, Pause):
            cause = command.cause.value
            write_event(session, SeatPaused(id=new_id(), at=one.now, cause=cause, **about))
            faultpoint("pause.written")
        elif isinstance(command, Resume):
            write_event(session, SeatResumed(id=new_id(), at=one.now, **about))
            faultpoint("resume.written")
        elif isinstance(command, Exhaust):
            write_event(session, SeatExhausted(id=new_id(), at=one.now, **about))
            faultpoint("exhaust.written")


def news_of(one: Look) -> News:
    """Return what there is to tell about a seat after the commit."""
    lease = Lease.EXTEND if one.lease_changed else Lease.KEEP
    warn_s = None
    for command in one.commands:
        if isinstance(command, Pause | Exhaust | Hold):
            lease = Lease.PAUSE
        elif isinstance(command, Resume):
            lease = Lease.RESUME
        elif isinstance(command, Warn):
            warn_s = command.seconds_left
    began = any(isinstance(command, Start) for command in one.commands)
    return News(one.row.id, lease, warn_s, began=began)
