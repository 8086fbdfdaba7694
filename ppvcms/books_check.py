"""``check-books``: every part's invariants in one read-only look at the database."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ppvcms.accounts import audit
from ppvcms.db import db, transaction
from ppvcms.ledger.check import INVARIANTS as LEDGER
from ppvcms.ledger.check import Report, check
from ppvcms.metering.check import INVARIANTS as METERING
from ppvcms.payments.check import INVARIANTS as PAYMENTS
from ppvcms.sales.check import INVARIANTS as SALES

if TYPE_CHECKING:
    from flask import Flask


def check_all(app: Flask, *, only: str | None = None) -> Report:
    """Check what applies and return what is broken, by number, count and first ids."""
    with app.app_context():
        return check(db.engine, [*LEDGER, *METERING, *PAYMENTS, *SALES], only=only)


def note(report: Report, *, actor_id: str | None) -> None:
    """Write to the audit log that all books were checked, and what came of it."""
    facts = {"ok": report.ok, "problems": len(report.problems)}
    transaction(
        lambda session: audit.record(session, actor_id, "ledger.books.checked", "books", data=facts)
    )
