"""The audit log: who did what, to whom and why; it can be read and never changed (BO-15)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from flask import render_template, request, url_for
from flask_babel import gettext as _

from ppvcms.web.admin.audit_words import facts_of, role_names, subjects_in
from ppvcms.web.admin.frame import blueprint, kept_args, page_number, page_url
from ppvcms.web.admin.queries.care import (
    SYSTEM,
    AuditFilters,
    actors,
    acts,
    audit_page,
    audit_rows,
    subject_names,
)
from ppvcms.web.dates import day_after, day_begins, iso_utc
from ppvcms.web.guards import policy
from ppvcms.web.sheets import csv_file

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


@blueprint.get("/audit")
@policy(who="audit.view")
def audit() -> ResponseReturnValue:
    """Show the log, narrowed by person, act, day and words."""
    page = audit_page(_filters(), page_number())
    roles = role_names()
    named = subject_names(subjects_in(page.items))
    named |= {f"role:{key}": name for key, name in roles.items()}
    return render_template(
        "admin/audit.html",
        page=page,
        names=named,
        facts={row.id: facts_of(row, named, roles) for row in page.items},
        url=page_url,
        asked=request.args,
        acts=acts(),
        actors=[(SYSTEM, _("system")), *actors()],
        export=url_for("admin.audit_csv", **kept_args()),
    )


@blueprint.get("/audit.csv")
@policy(who="audit.view")
def audit_csv() -> ResponseReturnValue:
    """Export what the page shows."""
    head = ("id", "at_utc", "who", "action", "subject", "reason", "data", "address")
    rows = (
        (
            row.id,
            iso_utc(row.at),
            row.actor_name or "system",
            row.action,
            row.subject,
            row.reason,
            json.dumps(row.data, sort_keys=True),
            row.address,
        )
        for row in audit_rows(_filters())
    )
    return csv_file("audit", head, rows)


def _filters() -> AuditFilters:
    asked = request.args
    return AuditFilters(
        words=asked.get("q", "").strip()[:80],
        action=asked.get("act", "")[:64],
        actor_id=asked.get("who", "")[:26],
        subject=asked.get("subject", "")[:120],
        since=day_begins(asked.get("since", "")),
        until=day_after(asked.get("until", "")),
    )
