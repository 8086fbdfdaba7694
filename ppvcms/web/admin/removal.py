"""Going back with a plugin, taking it out of use, and deleting all that it has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from ppvcms.host import installing, lifecycle, orders, removal, safe_switch
from ppvcms.host.orders import Order
from ppvcms.host.runtime import runtime
from ppvcms.host.snapshot import core_template
from ppvcms.host.states import State
from ppvcms.web.admin.frame import blueprint, tell
from ppvcms.web.admin.packages import CODE, PACE, changes_code
from ppvcms.web.admin.plugins import MANAGE, info_of
from ppvcms.web.guards import current_actor, policy

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


@blueprint.route("/plugins/<slug>/rollback", methods=["GET", "POST"])
@policy(who=CODE, rate=PACE)
@changes_code
def plugin_rollback(slug: str) -> ResponseReturnValue:
    """Say what going back costs, and order it."""
    plugin = info_of(slug)
    if request.method == "POST":
        return _ordered(Order(orders.ROLL_BACK, slug, current_actor().user_id))
    return render_template(
        core_template("admin/plugin_rollback.html"),
        plugin=plugin,
        lost=installing.lost_by_rollback(slug),
    )


@blueprint.post("/plugins/<slug>/uninstall")
@policy(who=MANAGE)
def plugin_uninstall(slug: str) -> ResponseReturnValue:
    """Take a plugin out of use; its data stays. A broken one is switched off first."""
    actor_id = current_actor().user_id
    plugin = info_of(slug)
    refusal = None
    if plugin.state in {State.QUARANTINED, State.MISSING, State.BLOCKED}:
        refusal = lifecycle.deactivate(slug, actor_id=actor_id)
    if refusal is None:
        refusal = removal.uninstall(slug, actor_id=actor_id)
    tell(refusal, _("%(name)s is uninstalled. Its data is kept.", name=plugin.name))
    return redirect(url_for("admin.plugins"))


@blueprint.route("/plugins/<slug>/purge", methods=["GET", "POST"])
@policy(who=CODE, rate=PACE)
@changes_code
def plugin_purge(slug: str) -> ResponseReturnValue:
    """Show what would be deleted, ask for the slug, ask once more, and order it."""
    plugin = info_of(slug)
    typed = request.form.get("word", "").strip()
    if request.method == "POST" and typed == slug and request.form.get("sure") == "yes":
        return _ordered(Order(orders.PURGE, slug, current_actor().user_id))
    wrong = request.method == "POST" and typed != slug
    page = render_template(
        core_template("admin/plugin_purge.html"),
        plugin=plugin,
        remains=removal.remains(slug),
        last=request.method == "POST" and not wrong,
        wrong=wrong,
    )
    return page, 422 if wrong else 200


@blueprint.post("/safe-mode")
@policy(who=MANAGE)
def safe_mode() -> ResponseReturnValue:
    """Turn safe mode on or off."""
    actor_id = current_actor().user_id
    if request.form.get("state") == "on":
        safe_switch.turn_on(actor_id=actor_id)
        flash(_("Safe mode is on: no plugin runs, and visitors see that you are busy."), "success")
    else:
        refusal = safe_switch.turn_off(actor_id=actor_id)
        tell(refusal, _("Safe mode is off. Plugins run again as soon as the server started anew."))
    return redirect(url_for("admin.plugins"))


def _ordered(order: Order) -> ResponseReturnValue:
    order_id = orders.place(runtime().config, order)
    return redirect(url_for("admin.order", order_id=order_id))
