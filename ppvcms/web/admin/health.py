"""The health page: each line says how a part is, and what to do when it is not well."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import render_template

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
    )
