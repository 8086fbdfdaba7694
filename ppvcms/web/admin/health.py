"""The health page: each line says how a part is, and what to do when it is not well."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _

from ppvcms.jobs import outbox
from ppvcms.web.admin.frame import blueprint
from ppvcms.web.admin.queries import health as read
from ppvcms.web.guards import policy

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


@blueprint.get("/health")
@policy(who="health.view")
def health() -> ResponseReturnValue:
    """Show how the site is."""
    return render_template(
        "admin/health.html",
        findings=read.findings(),
        jobs=read.jobs(),
        processes=read.processes(),
        parked=outbox.parked(),
    )


@blueprint.post("/health/facts/<fact_id>/retry")
@policy(who="health.view")
def fact_retry(fact_id: str) -> ResponseReturnValue:
    """Tell a fact again that was given up."""
    outbox.retry(fact_id)
    flash(_("It is told again within a second."), "success")
    return redirect(url_for("admin.health"))
