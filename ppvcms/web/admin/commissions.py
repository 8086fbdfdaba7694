"""Commissions: who got which part of what people spent (CM-01 to CM-04)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import render_template, request, url_for

from ppvcms.db import db, now_ms
from ppvcms.ledger.books import credits_text
from ppvcms.web.admin.frame import blueprint, days_back, kept_args
from ppvcms.web.admin.queries.commissions import PERFORMER, STUDIO, by_kind, by_party
from ppvcms.web.dates import day_after, day_begins
from ppvcms.web.guards import policy
from ppvcms.web.sheets import csv_file

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

DAYS = 30


@blueprint.get("/commissions")
@policy(who="ledger.view")
def commissions() -> ResponseReturnValue:
    """Show how what was spent was divided, by kind, performer and studio."""
    period = _period()
    return render_template(
        "admin/commissions.html",
        kinds=by_kind(*period),
        performers=by_party(PERFORMER, *period),
        studios=by_party(STUDIO, *period),
        since=period[0],
        until=period[1] - 1,
        asked=request.args,
        export=url_for("admin.commissions_csv", **kept_args()),
    )


@blueprint.get("/commissions.csv")
@policy(who="ledger.view")
def commissions_csv() -> ResponseReturnValue:
    """Export what the page shows, a line for each kind, performer and studio."""
    period = _period()
    rows: list[tuple[object, ...]] = [
        ("kind", row.kind, row.charges, credits_text(row.gross), credits_text(row.site))
        for row in by_kind(*period)
    ]
    for party in (PERFORMER, STUDIO):
        rows += [
            (party, row.name, row.charges, credits_text(row.gross), credits_text(row.amount))
            for row in by_party(party, *period)
        ]
    return csv_file("commissions", ("of", "name", "charges", "spent", "part"), rows)


def _period() -> tuple[int, int]:
    """Return the period that the address asks for; the last thirty days without one."""
    session = db.session()
    since = day_begins(request.args.get("since", ""))
    until = day_after(request.args.get("until", ""))
    return (
        days_back(session, DAYS) if since is None else since,
        now_ms(session) + 1 if until is None else until,
    )
