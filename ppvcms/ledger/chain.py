"""The chain of blocks that a job seals committed transfers into (I6).

A job does it and not the writer: a head that every transfer updates would put
all commits in a queue. What commits late lands in a later block.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import exists, select

from ppvcms import bulk
from ppvcms.db import now_ms
from ppvcms.ledger.models import Block, BlockMember, Entry, Transfer
from ppvcms.ledger.moves import serialise, table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection
    from sqlalchemy.orm import Session

FIRST = "0" * 64
# No money transaction stays open for so long; older ones need not be looked for again.
LATE_MS = 3_600_000


def seal(session: Session, *, limit: int = 1_000) -> int:
    """Put committed transfers that are in no block yet into a new one; return how many."""
    serialise(session, "seal")
    head = session.execute(select(Block).order_by(Block.id.desc()).limit(1)).scalar()
    since = head.made_at - LATE_MS if head else 0
    ids = session.scalars(
        select(Transfer.id)
        .where(Transfer.made_at >= since, ~exists().where(BlockMember.transfer_id == Transfer.id))
        .order_by(Transfer.made_at)
        .limit(limit)
    ).all()
    if not ids:
        return 0
    number = (head.id if head else 0) + 1
    prev = head.hash if head else FIRST
    hashes = transfer_hashes(session.connection(), ids)
    now = now_ms(session)
    session.add(
        Block(id=number, prev_hash=prev, hash=block_hash(prev, hashes.values()), made_at=now)
    )
    session.flush()
    columns: bulk.Columns = {"transfer_id": list(ids), "block_id": [number] * len(ids)}
    bulk.insert(session, table(BlockMember), columns)
    return len(ids)


def block_hash(prev: str, hashes: Iterable[str]) -> str:
    """Return the hash of a block: the one before it, and its transfers in sorted order."""
    return hashlib.sha256("\n".join([prev, *sorted(hashes)]).encode()).hexdigest()


def transfer_hashes(connection: Connection, ids: Sequence[str]) -> dict[str, str]:
    """Return the hash of each transfer with its entries."""
    heads = {row.id: row for row in connection.execute(select(*_HEAD).where(Transfer.id.in_(ids)))}
    lines: dict[str, list[tuple[Any, ...]]] = {transfer_id: [] for transfer_id in heads}
    rows = connection.execute(
        select(Entry.transfer_id, *_LINE).where(Entry.transfer_id.in_(ids)).order_by(Entry.id)
    )
    for row in rows:
        lines[row.transfer_id].append(tuple(row[1:]))
    return {name: _digest([*head, *lines[name]]) for name, head in heads.items()}


_HEAD = (
    Transfer.id,
    Transfer.kind,
    Transfer.key,
    Transfer.source,
    Transfer.memo,
    Transfer.actor_id,
    Transfer.reverses,
    Transfer.made_at,
)
_LINE = (Entry.account_id, Entry.currency, Entry.amount, Entry.balance_after, Entry.version)


def _digest(content: list[Any]) -> str:
    plain = json.dumps(content, separators=(",", ":"), default=tuple)
    return hashlib.sha256(plain.encode()).hexdigest()
