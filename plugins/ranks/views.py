"""The owner's page of ranks, and people's own rank."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import abort, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from markupsafe import Markup

from ppvcms.api import PluginBlueprint, current_actor, policy

from . import services
from .forms import RankForm

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from ppvcms.api import Actor

blueprint = PluginBlueprint("ranks", __name__, url_prefix="/ranks")
MANAGE = "ranks.manage"


@blueprint.get("/office")
@policy(who=MANAGE)
def office() -> ResponseReturnValue:
    """List the ranks."""
    return render_template("ranks/office.html", ranks=services.ranks())


@blueprint.route("/office/new", methods=["GET", "POST"])
@policy(who=MANAGE)
def new() -> ResponseReturnValue:
    """Make a rank."""
    return _edit(None, RankForm())


@blueprint.route("/office/<rank_id>", methods=["GET", "POST"])
@policy(who=MANAGE)
def edit(rank_id: str) -> ResponseReturnValue:
    """Change a rank."""
    rank = next((one for one in services.ranks() if one.id == rank_id), None)
    if rank is None:
        abort(404)
    return _edit(rank_id, RankForm(obj=rank))


@blueprint.post("/office/<rank_id>/remove")
@policy(who=MANAGE)
def remove(rank_id: str) -> ResponseReturnValue:
    """Take a rank away."""
    refusal = services.remove(rank_id, actor_id=current_actor().user_id)
    flash(str(refusal) if refusal else _("Removed."), "error" if refusal else "success")
    return redirect(url_for("ranks.office"))


def own_rank(actor: Actor) -> Markup | None:
    """Return how a client stands, for the client's own account."""
    if actor.user_id is None or not actor.can("show.request"):
        return None
    standing = services.standing_of(actor.user_id)
    if standing.rank is None and standing.next is None:
        return None
    return Markup(render_template("ranks/_own.html", standing=standing))  # noqa: S704 - ours escapes


def _edit(rank_id: str | None, form: RankForm) -> ResponseReturnValue:
    if form.validate_on_submit():
        draft = services.Draft(
            name=form.name.data or "",
            threshold=form.threshold.data or 0,
            bonus_percent=form.bonus_percent.data or 0,
            icon=form.icon.data,
            tone=form.tone.data,
        )
        refusal = services.save(rank_id, draft, actor_id=current_actor().user_id)
        if refusal is None:
            flash(_("Saved. It holds from now on."), "success")
            return redirect(url_for("ranks.office"))
        form.threshold.errors = (*form.threshold.errors, str(refusal))
    page = render_template("ranks/edit.html", form=form, rank_id=rank_id)
    return page, 422 if form.errors else 200
