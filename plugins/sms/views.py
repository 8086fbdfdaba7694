"""A person's own number, and what was kept where no service is set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup

from ppvcms.api import PluginBlueprint, current_actor, policy

from . import sender, services

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from ppvcms.api import Refusal, SlotContext

VIEW = "sms.view"
blueprint = PluginBlueprint("sms", __name__, url_prefix="/sms")


@blueprint.get("/")
@policy(who="signed_in")
def mine() -> ResponseReturnValue:
    """Show the reader's number, or how to give one."""
    return _page(None)


@blueprint.post("/code")
@policy(who="signed_in", rate="10 per hour")
def code() -> ResponseReturnValue:
    """Send a code to a number."""
    refusal = services.send_code(current_actor(), request.form.get("number", "")[:40])
    if refusal is not None:
        return _page(refusal), 422
    flash(_("The code is on its way."), "success")
    return redirect(url_for("sms.mine"))


@blueprint.post("/confirm")
@policy(who="signed_in", rate="30 per hour")
def confirm() -> ResponseReturnValue:
    """Take the code."""
    refusal = services.confirm(current_actor(), request.form.get("code", "")[:20])
    if refusal is not None:
        return _page(refusal), 422
    flash(_("This number is yours. Choose below what comes by SMS."), "success")
    return redirect(url_for("notices.settings"))


@blueprint.post("/remove")
@policy(who="signed_in", rate="10 per hour")
def remove() -> ResponseReturnValue:
    """Forget the number."""
    services.give_up(current_actor())
    flash(_("The number is forgotten. No more SMS will come."), "success")
    return redirect(url_for("sms.mine"))


@blueprint.get("/kept")
@policy(who=VIEW)
def desk() -> ResponseReturnValue:
    """List what a site without a service would have sent."""
    return render_template("sms/desk.html", rows=services.kept(), problem=sender.problem())


def card(context: SlotContext) -> Markup | None:
    """Return the way to SMS, above the choice of notices."""
    user_id = context.actor.user_id
    if user_id is None:
        return None
    mine = services.standing(user_id)
    if not mine.number and sender.problem():
        return None
    return Markup(render_template("sms/card.html", mine=mine))  # noqa: S704 - our own template


def _page(refusal: Refusal | None) -> str:
    return render_template(
        "sms/mine.html",
        mine=services.standing(str(current_actor().user_id)),
        refusal=refusal,
        typed=request.form.get("number", ""),
        closed=bool(sender.problem()),
    )
