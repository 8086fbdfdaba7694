"""What must hold of seats, their postings and their evidence (reliability.md 3).

The charge of every settled seat is computed again from its terms and its spans.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from ppvcms.ledger.check import Invariant, query
from ppvcms.metering.evidence import Fact
from ppvcms.metering.figures import charge_of, counted_by_part
from ppvcms.metering.models import Seat
from ppvcms.metering.models import Span as SpanRow
from ppvcms.metering.rows import state_of
from ppvcms.metering.spans import Span, counted_spans, subtract, within

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

STALE_MS = 60_000
SLACK_MS = 2_000
"""How long after the secured second the engine may still have sent (reliability.md 2)."""
_CHUNK = 500


def _find_charges(connection: Connection) -> list[str]:
    """Compute every settled seat again: what counts, what it costs, what it was secured with."""
    broken: list[str] = []
    for seats in _settled(connection):
        spans = _spans(connection, [one for seat in seats for one in (seat.id, seat.show_id)])
        broken += [seat.id for seat in seats if not _is_right(seat, spans)]
    return broken


def _is_right(seat: Any, spans: dict[tuple[str, str], list[Span]]) -> bool:
    state = state_of(seat)
    if state.reason is None or state.closed_at is None or state.started_at is None:
        return False
    billed = spans[seat.id, Fact.BILLED]
    proven = within(
        counted_spans(
            performer_media=spans[seat.show_id, Fact.PERFORMER_MEDIA],
            payer_media=spans[seat.id, Fact.PAYER_MEDIA],
            payer_beat=spans[seat.id, Fact.PAYER_BEAT],
            excluded=spans[seat.id, Fact.PAUSED],
        ),
        state.started_at,
        state.closed_at,
    )
    first = state.parts[0] if state.parts else None
    rate = state.rate if first is None else first.rate_per_minute
    return (
        rate == state.terms.rate_per_minute
        and counted_by_part(state, billed, state.closed_at)
        == [*(part.counted_ms for part in state.parts), state.running_ms]
        and not subtract(billed, proven)
        and charge_of(state, state.reason) == seat.due
        and seat.due <= seat.secured
    )


def _settled(connection: Connection) -> Iterator[list[Any]]:
    table = Seat.__table__
    last = ""
    while True:
        query_ = (
            select(table)
            .where(table.c.state == "settled", table.c.id > last)
            .order_by(table.c.id)
            .limit(_CHUNK)
        )
        seats = list(connection.execute(query_))
        if not seats:
            return
        yield seats
        last = seats[-1].id


def _spans(connection: Connection, scopes: list[str]) -> dict[tuple[str, str], list[Span]]:
    table = SpanRow.__table__
    found: dict[tuple[str, str], list[Span]] = defaultdict(list)
    columns = (table.c.scope_id, table.c.kind, table.c.starts_at, table.c.ends_at)
    rows = select(*columns).where(table.c.scope_id.in_(scopes)).order_by(table.c.starts_at)
    for scope, kind, start, end in connection.execute(rows):
        found[scope, kind].append(Span(start, end))
    return found


_DIVIDED = """
SELECT s.id FROM seat s WHERE s.state {state} AND s.posted {differs} (
    SELECT coalesce(sum(h.amount), 0) FROM transfer t JOIN share h ON h.transfer_id = t.id
    WHERE t.source = 'seat:' || s.id AND t.key LIKE 'seat:%')
"""

_sums = query(
    """
    SELECT s.id FROM seat s WHERE s.state IN ('settled', 'void') AND (
        s.due <> (SELECT coalesce(sum(u.amount), 0) FROM usage u WHERE u.seat_id = s.id)
        OR s.due <> (SELECT coalesce(sum(h.captured), 0) FROM hold h WHERE h.seat_id = s.id)
        OR s.secured + s.freed <>
           (SELECT coalesce(sum(h.amount), 0) FROM hold h WHERE h.seat_id = s.id)
        OR s.posted <> s.due
    )
    """,
    """
    SELECT s.id FROM seat s WHERE s.state NOT IN ('settled', 'void') AND (
        s.posted <> (SELECT coalesce(sum(u.amount), 0) FROM usage u WHERE u.seat_id = s.id)
        OR s.secured + s.freed <>
           (SELECT coalesce(sum(h.amount), 0) FROM hold h WHERE h.seat_id = s.id)
        OR s.posted > s.secured
    )
    """,
    """
    SELECT s.id FROM seat s WHERE s.state = 'settled' AND s.counted_ms <>
        (SELECT coalesce(sum(g.counted_ms), 0) FROM segment g WHERE g.seat_id = s.id)
    """,
    """
    SELECT p.seat_id FROM period p JOIN seat s ON s.id = p.seat_id
    WHERE s.state = 'settled' GROUP BY p.seat_id, s.due
    HAVING sum(p.amount) <> s.due OR min(p.amount) < 0 OR sum(p.shared) <> s.due
    """,
    """
    SELECT s.id FROM seat s LEFT JOIN receipt r ON r.seat_id = s.id
    WHERE (s.state = 'settled' AND (r.amount IS NULL OR r.amount <> s.due))
       OR (s.state <> 'settled' AND r.seat_id IS NOT NULL)
    """,
    "SELECT id FROM seat WHERE state = 'void' AND due <> 0",
    _DIVIDED.format(state="= 'settled'", differs="<>"),
    _DIVIDED.format(state="NOT IN ('settled', 'void')", differs="<"),
)

INVARIANTS = [
    Invariant(
        "I7",
        "the postings of a seat are numbered 1 to n, none is negative, and the seat knows n",
        query(
            """
            SELECT seat_id FROM usage GROUP BY seat_id
            HAVING min(seq) <> 1 OR max(seq) <> count(*) OR count(DISTINCT seq) <> count(*)
                OR min(amount) < 0
            """,
            """
            SELECT s.id FROM seat s
            WHERE s.seq <> (SELECT count(*) FROM usage u WHERE u.seat_id = s.id)
            """,
        ),
    ),
    Invariant(
        "I8",
        "the charge of a seat is what its terms and its evidence say, posted, secured and divided",
        lambda connection: [*_sums(connection), *_find_charges(connection)],
    ),
    Invariant(
        "I9",
        "nothing is billed before the start, after the end, or inside a pause",
        query(
            """
            SELECT p.scope_id FROM span p JOIN seat s ON s.id = p.scope_id
            WHERE p.kind = 'billed' AND (
                s.bill_from IS NULL OR p.starts_at < s.bill_from OR p.ends_at > s.closed_at
                OR EXISTS (
                    SELECT 1 FROM span q WHERE q.scope_id = p.scope_id AND q.kind = 'paused'
                       AND q.starts_at < p.ends_at AND p.starts_at < q.ends_at
                )
            )
            """
        ),
    ),
    Invariant(
        "I10",
        "no media after the secured second, as the engine itself reports",
        query(
            "SELECT seat_id FROM media_log"  # noqa: S608 - a constant of ours
            f" WHERE last_packet_at > secured_until + {SLACK_MS}"
        ),
    ),
    Invariant(
        "I23",
        "every open seat is looked at, every closed one has closed its hold",
        query(
            "SELECT id FROM seat WHERE state NOT IN ('settled', 'void')"  # noqa: S608 - as above
            f" AND beat_at < :now - {STALE_MS}",
            """
            SELECT s.id FROM seat s JOIN hold h ON h.seat_id = s.id
            WHERE s.state IN ('settled', 'void') AND h.state = 'open'
            """,
            """
            SELECT h.id FROM hold h LEFT JOIN seat s ON s.id = h.seat_id
            WHERE h.seat_id IS NOT NULL AND s.id IS NULL
            """,
        ),
    ),
]
