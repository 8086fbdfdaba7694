"""The books check: invariants as queries that return what is broken (reliability.md 3).

One read-only snapshot, so it runs beside traffic. It never repairs.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from sqlalchemy import inspect, text

from ppvcms.ledger import triggers
from ppvcms.ledger.books import Part, split
from ppvcms.ledger.chain import FIRST, block_hash, transfer_hashes
from ppvcms.ledger.errors import LedgerError, NotBalancedError
from ppvcms.ledger.keys import hash_of
from ppvcms.ledger.rollups import MARK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy import Connection, Engine

SHOWN = 20
"""How many ids of a broken invariant are named."""
SEAL_WITHIN_MS = 60_000
_CHUNK = 1_000


@dataclass(frozen=True, slots=True)
class Invariant:
    """Something that must hold; `find` returns the ids of what breaks it.

    It is left out, and the report says so, where a table of `needs` does not
    exist or the database is not `only_on`.
    """

    number: str
    name: str
    find: Callable[[Connection], list[str]]
    needs: tuple[str, ...] = ()
    only_on: str | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """One broken invariant."""

    number: str
    name: str
    ids: tuple[str, ...]

    def __str__(self) -> str:
        """Return number, what should hold, how often it does not, and where."""
        shown = ", ".join(self.ids[:SHOWN])
        more = ", ..." if len(self.ids) > SHOWN else ""
        found = f"{self.number} is broken, {len(self.ids)} found. Must hold: {self.name}."
        return f"{found} See {shown}{more}"


@dataclass(frozen=True, slots=True)
class Report:
    """What a check found."""

    problems: tuple[Problem, ...]
    held: tuple[str, ...]
    left_out: tuple[tuple[str, str], ...]
    took_ms: int

    @property
    def ok(self) -> bool:
        """Whether everything that was looked at holds."""
        return not self.problems

    def as_text(self) -> str:
        """Return the lines for a terminal."""
        lines = [str(problem) for problem in self.problems]
        if self.problems:
            lines.append(
                "Payouts stop until this is understood. Nothing was changed. Read the rows named "
                "above in the back office, under Ledger, and docs/books.md, 'When a check fails'."
            )
        else:
            lines.append(f"The books hold: {', '.join(self.held)} ({self.took_ms} ms).")
        lines += [f"{number} was left out: {why}" for number, why in self.left_out]
        return "\n".join(lines)

    def as_json(self) -> dict[str, Any]:
        """Return the same for programs; `ids` are all of them."""
        return {
            "ok": self.ok,
            "held": list(self.held),
            "problems": [
                {"number": p.number, "name": p.name, "count": len(p.ids), "ids": list(p.ids)}
                for p in self.problems
            ],
            "left_out": dict(self.left_out),
            "took_ms": self.took_ms,
        }


def check(engine: Engine, invariants: Sequence[Invariant], *, only: str | None = None) -> Report:
    """Look at everything in one snapshot and report what does not hold.

    Raises:
        LedgerError: `only` names no invariant that is known.
    """
    ordered = sorted(invariants, key=lambda one: int(one.number[1:]))
    wanted = [one for one in ordered if only is None or one.number.lower() == only.lower()]
    if not wanted:
        known = ", ".join(one.number for one in ordered)
        raise LedgerError(f"There is no invariant '{only}' here. Use one of {known}.")
    began = time.monotonic()
    problems, held, left_out = [], [], []
    for connection in _snapshot(engine):
        tables = set(inspect(connection).get_table_names())
        for one in wanted:
            if why := _why_not(one, connection.dialect.name, tables):
                left_out.append((one.number, why))
            elif ids := one.find(connection):
                problems.append(Problem(one.number, one.name, tuple(sorted(set(ids)))))
            else:
                held.append(one.number)
    took_ms = round((time.monotonic() - began) * 1_000)
    return Report(tuple(problems), tuple(held), tuple(left_out), took_ms)


def query(*statements: str | dict[str, str]) -> Callable[[Connection], list[str]]:
    """Return a finder of the first column of every row that the statements return.

    `:now` is the database's clock in epoch milliseconds. A statement that
    differs between the databases is given by dialect.
    """

    def find(connection: Connection) -> list[str]:
        values = {"now": now_of(connection)}
        dialect = connection.dialect.name
        plain = [one if isinstance(one, str) else one[dialect] for one in statements]
        return [
            str(row[0])
            for statement in plain
            for row in connection.execute(text(statement), values if ":now" in statement else {})
        ]

    return find


def now_of(connection: Connection) -> int:
    """Return the database's clock in epoch milliseconds."""
    if connection.dialect.name == "sqlite":
        return time.time_ns() // 1_000_000
    moment = text("SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint)")
    return int(connection.execute(moment).scalar_one())


def _snapshot(engine: Engine) -> Iterator[Connection]:
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection = connection.execution_options(  # noqa: PLW2901 - the same connection
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
        with connection.begin():
            yield connection


def _why_not(one: Invariant, dialect: str, tables: set[str]) -> str | None:
    if one.only_on not in (None, dialect):
        return f"it is a promise of {one.only_on} only."
    if missing := [name for name in one.needs if name not in tables]:
        return f"this site has no table {', '.join(missing)} yet."
    return None


def _find_shares(connection: Connection) -> list[str]:
    """Recompute the division of every shared charge (R-47).

    Transfers of a seat whose keys differ after an ``@`` alone divide one amount in
    steps (R-38): one charge, rounded when its last step, without ``@``, is there.
    """
    charges: dict[str, dict[int, Any]] = {}
    steps: dict[str, str] = {}
    for row in connection.execute(text(_SHARES)):
        in_steps = row.key.startswith("seat:") and "@" in row.key
        whole = row.key.partition("@")[0] if in_steps else row.key
        if not in_steps:
            steps[whole] = row.transfer_id
        kept = charges.setdefault(whole, {})
        before = kept[row.nr][-1] if row.nr in kept else 0
        kept[row.nr] = (*row[2:6], before + int(row.amount))
    return [
        transfer_id
        for whole, transfer_id in steps.items()
        if not _divides([shares for _nr, shares in sorted(charges[whole].items())])
    ]


_SHARES = """
SELECT t.key, s.transfer_id, s.party_kind, s.party_id, s.numerator, s.denominator, s.amount, s.nr
FROM share s JOIN transfer t ON t.id = s.transfer_id ORDER BY s.transfer_id, s.nr
"""


def _divides(shares: Sequence[tuple[str, str, int, int, int]]) -> bool:
    parts = [
        Part(kind, party_id, Fraction(numerator, denominator or 1))
        for kind, party_id, numerator, denominator, _amount in shares
    ]
    amounts = [amount for *_part, amount in shares]
    try:
        return split(sum(amounts), parts) == amounts
    except NotBalancedError:
        return False


def _find_answers(connection: Connection) -> list[str]:
    """Recompute the digest of every kept answer."""
    rows = connection.execute(text("SELECT key, answer, answer_hash FROM idem"))
    return [row.key for row in rows if _digest_of(row.answer) != row.answer_hash]


def _digest_of(answer: Any) -> str:
    return hash_of(json.loads(answer) if isinstance(answer, str) else answer)


def _find_chain(connection: Connection) -> list[str]:
    """Recompute every block from the transfers that are in it."""
    broken, prev, number = [], FIRST, 0
    members: dict[int, list[str]] = {}
    for row in connection.execute(text("SELECT block_id, transfer_id FROM block_member")):
        members.setdefault(row.block_id, []).append(row.transfer_id)
    for block in connection.execute(text("SELECT id, prev_hash, hash FROM block ORDER BY id")):
        number += 1
        ids = members.pop(block.id, [])
        hashes = transfer_hashes(connection, ids)
        made = block_hash(block.prev_hash, hashes.values())
        whole = (block.id, block.prev_hash, block.hash) == (number, prev, made)
        if not whole or len(hashes) != len(ids) or not ids:
            broken.append(f"block {block.id}")
        prev, number = block.hash, block.id
    return broken + [f"block {orphan}" for orphan in members] + _find_passed_by(connection)


def _find_passed_by(connection: Connection) -> list[str]:
    """Find transfers that the sealer left out although it went on after them."""
    rows = connection.execute(
        text(
            "SELECT t.id FROM transfer t LEFT JOIN block_member m ON m.transfer_id = t.id"
            " WHERE m.transfer_id IS NULL AND t.made_at < (SELECT max(made_at) FROM block) - :wait"
        ),
        {"wait": SEAL_WITHIN_MS},
    )
    return [row.id for row in rows]


def _find_triggers(connection: Connection) -> list[str]:
    """Compare the triggers that refuse changes with those that should be there."""
    if connection.dialect.name == "sqlite":
        rows = connection.execute(
            text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        )
        there = {row.name: _words(row.sql) for row in rows}
        wanted = {name: _words(sql) for (_, name), sql in triggers.SQLITE_TRIGGERS.items()}
        return [name for name, sql in wanted.items() if there.get(name) != sql]
    found = connection.execute(
        text(
            "SELECT t.tgname, t.tgenabled, p.prosrc, p.proname FROM pg_trigger t"
            " JOIN pg_proc p ON p.oid = t.tgfoid JOIN pg_class c ON c.oid = t.tgrelid"
            " WHERE NOT t.tgisinternal AND c.relnamespace = current_schema()::regnamespace"
        )
    ).all()
    good = {row.tgname for row in found if row.tgenabled in {"O", "A"} and _is_ours(row)}
    broken = [name for _, name in triggers.POSTGRESQL_TRIGGERS if name not in good]
    if connection.execute(text("SHOW session_replication_role")).scalar_one() == "replica":
        broken.append("session_replication_role")
    return broken


def _is_ours(row: Any) -> bool:
    source = triggers.POSTGRESQL_FUNCTIONS.get(row.proname, "")
    return _words(row.prosrc) in _words(source)


def _words(sql: str) -> str:
    return " ".join(sql.split())


_rolled_up = {
    dialect: f"""
        SELECT r.account_id FROM rollup r WHERE r.balance <> (
            SELECT coalesce(sum(e.amount), 0) FROM entry e
            WHERE e.account_id = r.account_id AND {mark} < r.upto)
        """  # noqa: S608 - our own column
    for dialect, mark in MARK.items()
}
_shares_sum = query(
    """
    SELECT s.transfer_id FROM share s GROUP BY s.transfer_id
    HAVING sum(s.amount) <> (SELECT coalesce(sum(e.amount), 0) FROM entry e
                             WHERE e.transfer_id = s.transfer_id AND e.amount > 0)
    """,
    """
    SELECT s.transfer_id FROM share s GROUP BY s.transfer_id, s.account_id
    HAVING sum(s.amount) <> (
        SELECT coalesce(sum(e.amount), 0) FROM entry e
        WHERE e.transfer_id = s.transfer_id AND e.account_id = s.account_id AND e.amount > 0)
    """,
    """
    SELECT s.transfer_id FROM share s JOIN account a ON a.id = s.account_id
    WHERE (a.owner_kind <> s.party_kind OR a.owner_id <> s.party_id)
      AND NOT (s.party_kind = 'performer' AND a.owner_kind = 'studio' AND EXISTS (
        SELECT 1 FROM share o WHERE o.transfer_id = s.transfer_id
           AND o.party_kind = 'studio' AND o.party_id = a.owner_id))
    """,
)

INVARIANTS = [
    Invariant(
        "I1",
        "per currency all entries sum to 0",
        query("SELECT currency FROM entry GROUP BY currency HAVING sum(amount) <> 0"),
    ),
    Invariant(
        "I2",
        "each transfer has two entries or more, sums to 0 per currency, in its accounts' currency",
        query(
            """
            SELECT t.id FROM transfer t LEFT JOIN entry e ON e.transfer_id = t.id
            GROUP BY t.id, e.currency HAVING coalesce(sum(e.amount), 1) <> 0 OR count(*) < 2
            """,
            """
            SELECT e.transfer_id FROM entry e JOIN account a ON a.id = e.account_id
            WHERE a.currency <> e.currency
            """,
            """
            SELECT e.transfer_id FROM entry e LEFT JOIN transfer t ON t.id = e.transfer_id
            WHERE t.id IS NULL
            """,
        ),
    ),
    Invariant(
        "I3",
        "a stored balance is the sum of its entries, held is the open part of its holds, "
        "every change has its version",
        query(
            """
            SELECT a.id FROM account a WHERE a.floor IS NOT NULL AND (
                a.balance <> (SELECT coalesce(sum(e.amount), 0) FROM entry e
                              WHERE e.account_id = a.id)
                OR a.held <> (SELECT coalesce(sum(amount - captured - released - expired), 0)
                              FROM hold h WHERE h.account_id = a.id)
                OR a.version <> (SELECT count(*) FROM account_version v WHERE v.account_id = a.id)
                OR a.version <> (SELECT coalesce(max(v.version), 0) FROM account_version v
                                 WHERE v.account_id = a.id)
            )
            """,
            """
            SELECT a.id FROM account a JOIN account_version v
                ON v.account_id = a.id AND v.version = a.version
            WHERE v.balance <> a.balance OR v.held <> a.held
            """,
            "SELECT id FROM account WHERE floor IS NULL AND (balance <> 0 OR held <> 0)",
            """
            SELECT v.account_id FROM account_version v LEFT JOIN account_version p
                ON p.account_id = v.account_id AND p.version = v.version - 1
            LEFT JOIN (SELECT account_id, version, sum(amount) AS moved FROM entry
                       WHERE version IS NOT NULL GROUP BY account_id, version) m
                ON m.account_id = v.account_id AND m.version = v.version
            WHERE v.balance <> coalesce(p.balance, 0) + coalesce(m.moved, 0)
            """,
            """
            SELECT e.account_id FROM entry e JOIN account a ON a.id = e.account_id
            LEFT JOIN account_version v ON v.account_id = e.account_id AND v.version = e.version
            WHERE a.floor IS NOT NULL AND v.version IS NULL
            """,
            """
            SELECT e.account_id FROM (SELECT max(id) AS id FROM entry WHERE version IS NOT NULL
                                      GROUP BY account_id, version) l
            JOIN entry e ON e.id = l.id JOIN account_version v
                ON v.account_id = e.account_id AND v.version = e.version
            WHERE e.balance_after <> v.balance
            """,
            _rolled_up,
        ),
    ),
    Invariant(
        "I4",
        "balance minus held was at or above the floor at every version",
        query(
            """
            SELECT v.account_id FROM account_version v JOIN account a ON a.id = v.account_id
            WHERE v.balance - v.held < a.floor OR v.held < 0
            """,
            "SELECT id FROM account WHERE balance - held < floor OR held < 0",
            """
            SELECT id FROM account WHERE kind IN ('wallet', 'promo', 'earning', 'earning_hold')
               AND (floor IS NULL OR floor < 0)
            """,
        ),
    ),
    Invariant("I5", "the triggers that refuse every change stand and are on", _find_triggers),
    Invariant("I6", "the chain of blocks is unbroken and leaves nothing out", _find_chain),
    Invariant(
        "I11",
        "the shares of a charge are its largest-remainder division, sum to it, and each is on "
        "its party's account or on that of the studio that shares and collects",
        lambda connection: [*_shares_sum(connection), *_find_shares(connection)],
    ),
    Invariant("I13", "a key has one answer, the one that was given", _find_answers),
    Invariant(
        "I14",
        "a hold ends once, whole, and never gives more than it has",
        query(
            """
            SELECT id FROM hold WHERE captured + released + expired > amount
               OR captured < 0 OR released < 0 OR expired < 0 OR state NOT IN ('open', 'ended')
               OR (state = 'ended' AND captured + released + expired <> amount)
               OR (state = 'open' AND released + expired <> 0)
            """
        ),
    ),
    Invariant(
        "I18",
        "access exists if and only if its debit does",
        query(
            """
            SELECT t.id FROM transfer t LEFT JOIN access x ON x.transfer_id = t.id
            WHERE t.kind IN ('item', 'rental', 'unlock', 'ticket')
            GROUP BY t.id HAVING count(x.id) <> 1
            """,
            """
            SELECT x.id FROM access x JOIN transfer r ON r.reverses = x.transfer_id
            WHERE NOT x.revoked
            """,
            """
            SELECT s.id FROM sale s LEFT JOIN access x ON x.sale_id = s.id AND x.parent_id IS NULL
            GROUP BY s.id, s.transfer_id, s.price HAVING count(x.id) <> 1
                OR (s.price > 0) <> (s.transfer_id IS NOT NULL)
            """,
            """
            SELECT x.id FROM access x JOIN sale s ON s.id = x.sale_id
            LEFT JOIN access p ON p.id = x.parent_id
            WHERE x.revoked <> (s.undone_at IS NOT NULL)
               OR (x.parent_id IS NULL AND x.transfer_id IS NOT NULL
                   AND x.transfer_id <> s.transfer_id)
               OR p.sale_id <> x.sale_id
            """,
        ),
        needs=("access", "sale"),
    ),
    Invariant(
        "I21",
        "no plugin's role may write tables of the books or of people",
        query(
            """
            SELECT grantee || ' ' || privilege_type || ' ' || table_name
            FROM information_schema.role_table_grants
            WHERE grantee LIKE 'ppvcms\\_plugin\\_%' AND privilege_type <> 'SELECT'
              AND table_name NOT LIKE '%\\_\\_%'
            """
        ),
        only_on="postgresql",
    ),
]
