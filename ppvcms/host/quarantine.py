"""Putting a plugin aside that keeps failing; the count is shared by all processes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from sqlalchemy.exc import SQLAlchemyError

from ppvcms.accounts import audit
from ppvcms.db import in_transaction, now_ms, transaction
from ppvcms.host.generation import move_generation
from ppvcms.host.loading import failure_of
from ppvcms.host.models import PluginRow

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

LIMIT = 5
WINDOW_MS = 60_000
log = structlog.get_logger(__name__)


def strike(slug: str, error: BaseException, *, where: str) -> None:
    """Count a fault of a plugin; the fifth within a minute puts it aside. Never raises."""
    text = f"{where}: {failure_of(error)}"
    log.error("plugin_failed", plugin=slug, where=where, error=text, exc_info=error)
    _record(slug, text, at_once=False)


def put_aside(slug: str, reason: str) -> None:
    """Put a plugin aside at once, because it would fail the same way each time."""
    log.error("plugin_quarantined", plugin=slug, error=reason)
    _record(slug, reason, at_once=True)


def release(session: Session, row: PluginRow) -> None:
    """Forget the strikes of a plugin, so that it is tried again."""
    row.strikes, row.quarantined_at, row.last_error = {}, None, None
    move_generation(session)


def _record(slug: str, text: str, *, at_once: bool) -> None:
    if in_transaction():
        # The transaction belongs to a lifecycle job, which reports the fault itself.
        return

    def write(session: Session) -> None:
        row = session.get(PluginRow, slug, with_for_update=True)
        if row is None or row.quarantined_at is not None:
            return
        now = now_ms(session)
        recent = [at for at in (row.strikes or {}).get("at", []) if at > now - WINDOW_MS]
        recent.append(now)
        row.strikes, row.last_error = {"at": recent}, text
        if at_once or len(recent) >= LIMIT:
            row.quarantined_at = now
            move_generation(session)
            audit.record(session, None, "host.plugin.quarantined", slug, reason=text)

    try:
        transaction(write)
    except SQLAlchemyError as failure:
        log.exception("strike_not_written", plugin=slug, error=str(failure))
