"""The balances of accounts that keep none: sums of entries up to a mark."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

from ppvcms.ledger.moves import serialise

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

# Ids do not commit in order on PostgreSQL: a sum up to an id would lose what commits
# late. Below the horizon every transaction has ended. SQLite has one writer.
_HORIZON = {
    "postgresql": "SELECT CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS text) AS bigint)",
    "sqlite": "SELECT coalesce(max(id), 0) + 1 FROM entry",
}
MARK = {"postgresql": "e.xid", "sqlite": "e.id"}


def rollup(session: Session) -> int:
    """Bring the sums up to what has surely committed; return how many accounts moved."""
    serialise(session, "rollup")
    dialect = session.get_bind().dialect.name
    horizon = int(session.execute(text(_HORIZON[dialect])).scalar_one())
    low = int(session.execute(text("SELECT coalesce(max(upto), 0) FROM rollup")).scalar_one())
    if horizon < low:
        # Transaction ids went back: restored from a dump into another cluster.
        session.execute(text("DELETE FROM rollup"))
        low = 0
    mark = MARK[dialect]
    result = session.execute(
        text(
            f"""
            INSERT INTO rollup (account_id, balance, upto)
            SELECT e.account_id, sum(e.amount), CAST(:horizon AS bigint)
            FROM entry e JOIN account a ON a.id = e.account_id
            WHERE a.floor IS NULL AND {mark} >= :low AND {mark} < :horizon
            GROUP BY e.account_id
            ON CONFLICT (account_id)
            DO UPDATE SET balance = rollup.balance + excluded.balance, upto = excluded.upto
            """  # noqa: S608 - our own column
        ),
        {"horizon": horizon, "low": low},
    )
    return int(result.rowcount)  # type: ignore[attr-defined]
