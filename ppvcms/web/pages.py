"""The owner's own pages, below ``/p/``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, abort, render_template

from ppvcms.content import services
from ppvcms.content.audiences import admits
from ppvcms.web.guards import ask_to_sign_in, current_actor, policy

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

blueprint = Blueprint("pages", __name__)


@blueprint.get("/p/<slug>")
@policy(who="public")
def page(slug: str) -> ResponseReturnValue:
    """Show a page that is out to whom it is for, and to who writes the pages."""
    found, actor = services.page(slug), current_actor()
    if found is None:
        abort(404)
    if not admits(found.audience, actor) and not actor.can("pages.manage"):
        if actor.user_id is None:
            return ask_to_sign_in()
        abort(403)
    return render_template("site/page.html", page=found)
