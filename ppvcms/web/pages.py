"""The owner's own pages, below ``/p/``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, abort, render_template

from ppvcms.content import services
from ppvcms.web.guards import policy

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

blueprint = Blueprint("pages", __name__)


@blueprint.get("/p/<slug>")
@policy(who="public")
def page(slug: str) -> ResponseReturnValue:
    """Show a published page."""
    found = services.page(slug)
    if found is None:
        abort(404)
    return render_template("site/page.html", page=found)
