"""The owner's own pages, below ``/p/``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, abort, flash, redirect, render_template
from flask_babel import gettext as _

from ppvcms.content import services
from ppvcms.content.audiences import door_of, may_read
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
    if actor.can("pages.manage") or may_read(found.audience, actor):
        return render_template("site/page.html", page=found)
    if actor.user_id is None:
        return ask_to_sign_in()
    door = door_of(found.audience)
    if not door:
        abort(403)
    flash(_("“%(page)s” is for others so far. Here you can become one of them.", page=found.title))
    return redirect(door)
