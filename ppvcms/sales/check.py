"""What must hold of money that waits for what was promised (R-52 to R-54)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sqlalchemy import text

from ppvcms.ledger.books import parts_of
from ppvcms.ledger.check import Invariant, query
from ppvcms.sales.escrow import sharer_of

if TYPE_CHECKING:
    from sqlalchemy import Connection


def _find_divisions(connection: Connection) -> list[str]:
    """Compare the division of each paid escrow with the one that was locked."""
    rows = connection.execute(
        text(
            "SELECT e.id, e.kind, e.sharers, s.party_kind, s.party_id, s.numerator, s.denominator"
            " FROM escrow e LEFT JOIN share s ON s.transfer_id = e.end_transfer_id"
            " WHERE e.state = 'paid' ORDER BY e.id, s.nr"
        )
    )
    locked: dict[str, list[tuple[object, ...]]] = {}
    written: dict[str, list[tuple[object, ...]]] = {}
    for row in rows:
        if row.id not in locked:
            stored = json.loads(row.sharers) if isinstance(row.sharers, str) else row.sharers
            parts = parts_of([sharer_of(one) for one in stored["all"]], row.kind)
            locked[row.id] = [
                (p.party_kind, p.party_id, p.fraction.numerator, p.fraction.denominator)
                for p in parts
            ]
        written.setdefault(row.id, []).append(tuple(row)[3:])
    return [escrow_id for escrow_id, parts in locked.items() if parts != written[escrow_id]]


_moved = query(
    """
    SELECT x.id FROM escrow x WHERE x.amount <> (
        SELECT coalesce(sum(e.amount), 0) FROM entry e
        WHERE e.transfer_id = x.put_transfer_id AND e.account_id = x.account_id)
    """,
    """
    SELECT x.id FROM escrow x WHERE x.state <> 'open' AND x.amount <> -(
        SELECT coalesce(sum(e.amount), 0) FROM entry e
        WHERE e.transfer_id = x.end_transfer_id AND e.account_id = x.account_id)
    """,
    """
    SELECT x.id FROM escrow x LEFT JOIN transfer t ON t.id = x.end_transfer_id
    WHERE (x.state = 'open' AND x.end_transfer_id IS NOT NULL)
       OR (x.state = 'paid' AND (t.kind IS NULL OR t.kind <> x.kind))
       OR (x.state = 'refunded' AND (t.reverses IS NULL OR t.reverses <> x.put_transfer_id))
    """,
    """
    SELECT a.id FROM account a WHERE a.kind = 'escrow' AND a.owner_kind = 'escrow'
       AND (SELECT coalesce(sum(e.amount), 0) FROM entry e WHERE e.account_id = a.id)
        <> (SELECT coalesce(sum(x.amount), 0) FROM escrow x
            WHERE x.account_id = a.id AND x.state = 'open')
    """,
    """
    SELECT x.id FROM escrow x JOIN transfer t ON t.reverses = x.put_transfer_id
    WHERE x.state <> 'refunded'
    """,
)

INVARIANTS = [
    Invariant(
        "I25",
        "what waits is the sum of the open escrows; each ended once, whole, as it was locked",
        lambda connection: [*_moved(connection), *_find_divisions(connection)],
        needs=("escrow",),
    )
]
