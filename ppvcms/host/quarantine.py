"""Putting a plugin aside that keeps failing; the count is shared by all processes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from ppvcms.accounts import audit
from ppvcms.db import in_transaction, now_ms, transaction
from ppvcms.host.generation import move_code_generation, move_generation
from ppvcms.host.loading import failure_of
from ppvcms.host.models import PluginRow

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

MOST_FAULTS, FAULTS_MS = 5, 60_000
MOST_STRIKES, STRIKES_MS = 20, 600_000
"""So many faults, or so many strikes of any kind, within so many ms put a plugin aside."""
PAUSES_MS = (5 * 60_000, 60 * 60_000)
"""After how long one that was put aside comes back by itself: the first time, the second."""
log = structlog.get_logger(__name__)


def strike(slug: str, error: BaseException, *, where: str) -> None:
    """Count a fault of a plugin; five within a minute put it aside for a while. Never raises."""
    text = f"{where}: {failure_of(error)}"
    log.error("plugin_failed", plugin=slug, where=where, error=text, exc_info=error)
    _record(slug, text, at_once=False)


def strike_slow(slug: str, text: str, *, where: str) -> None:
    """Count that a plugin was slow, which weighs less than a fault. Never raises."""
    log.warning("plugin_slow", plugin=slug, where=where, error=text)
    _record(slug, f"{where}: {text}", at_once=False, slow=True)


def put_aside(slug: str, reason: str, *, returns: bool = False) -> None:
    """Put a plugin aside at once: by hand only does it come back, unless it `returns`."""
    log.error("plugin_quarantined", plugin=slug, error=reason)
    _record(slug, reason, at_once=True, returns=returns)


def bring_back() -> None:
    """Try the plugins again that were put aside long enough; the third time nobody does."""
    transaction(_bring_back)


def release(session: Session, row: PluginRow) -> None:
    """Forget the strikes of a plugin, so that it is tried again."""
    row.strikes, row.quarantined_at, row.last_error = {}, None, None
    move_generation(session)


def _bring_back(session: Session) -> None:
    rows = session.scalars(
        select(PluginRow)
        .where(PluginRow.quarantined_at.is_not(None), PluginRow.uninstalled_at.is_(None))
        .order_by(PluginRow.slug)
        .with_for_update()
    )
    now = now_ms(session)
    for row in rows:
        times = int((row.strikes or {}).get("times", 0))
        since = now - (row.quarantined_at or now)
        if not 0 < times <= len(PAUSES_MS) or since < PAUSES_MS[times - 1]:
            continue
        row.strikes, row.quarantined_at, row.last_error = {"times": times}, None, None
        audit.record(session, None, "host.plugin.reenabled", row.slug, reason="pause over")
        # A process that began meanwhile has not imported it.
        move_code_generation(session)


def _record(
    slug: str, text: str, *, at_once: bool, returns: bool = True, slow: bool = False
) -> None:
    if in_transaction():
        # The transaction belongs to a lifecycle job, which reports the fault itself.
        return

    def write(session: Session) -> None:
        row = session.get(PluginRow, slug, with_for_update=True)
        if row is None or row.quarantined_at is not None:
            return
        now = now_ms(session)
        known = row.strikes or {}
        faults, slows = (
            [at for at in known.get(kind, []) if at > now - STRIKES_MS] for kind in ("at", "slow")
        )
        (slows if slow else faults).append(now)
        times = int(known.get("times", 0))
        row.strikes, row.last_error = {"at": faults, "slow": slows, "times": times}, text
        if at_once or _is_too_often(faults, slows, now):
            row.quarantined_at = now
            times = times + 1 if returns else len(PAUSES_MS) + 1
            row.strikes, row.last_error = {"times": times}, f"{text.rstrip('.')}. {_when(times)}"
            move_generation(session)
            audit.record(session, None, "host.plugin.quarantined", slug, reason=text)

    try:
        transaction(write)
    except SQLAlchemyError as failure:
        log.exception("strike_not_written", plugin=slug, error=str(failure))


def _is_too_often(faults: list[int], slows: list[int], now: int) -> bool:
    close = sum(at > now - FAULTS_MS for at in faults)
    return close >= MOST_FAULTS or len(faults) + len(slows) >= MOST_STRIKES


def _when(times: int) -> str:
    if times > len(PAUSES_MS):
        return "It stays aside until somebody tries it again."
    return f"It is tried again by itself after {PAUSES_MS[times - 1] // 60_000} minutes."
