"""The page behind the recovery link."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from ppvcms.host import recovery as links
from ppvcms.host import safe_switch, safemode
from ppvcms.host.runtime import runtime
from ppvcms.host.snapshot import core_template
from ppvcms.web.admin.frame import blueprint
from ppvcms.web.admin.packages import CODE, PACE
from ppvcms.web.guards import current_actor, policy, require_recent_sign_in

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


@blueprint.route("/recovery/<secret>", methods=["GET", "POST"])
@policy(who=CODE, rate=PACE)
@require_recent_sign_in
def recovery(secret: str) -> ResponseReturnValue:
    """Lead an owner into safe mode; opening the link changes nothing, as mail programs do it."""
    config, actor_id = runtime().config, current_actor().user_id
    if request.method == "GET" and links.is_open(config.instance, secret):
        return render_template(core_template("admin/recovery.html"))
    if request.method == "GET" or not links.take(config.instance, secret, actor_id=actor_id):
        abort(410, description=_("This link was used already, or is older than a day."))
    if not safemode.is_on(config):
        safe_switch.turn_on(actor_id=actor_id)
    flash(_("Safe mode is on. Switch off what changed last, then start normally."), "info")
    return redirect(url_for("admin.plugins"))
