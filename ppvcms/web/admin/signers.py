"""The keys that the owner knows: whose packages go in without a typed word."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _

from ppvcms.host import signers as keys
from ppvcms.host.snapshot import core_template
from ppvcms.web.admin.frame import blueprint, tell
from ppvcms.web.admin.packages import CODE, PACE, changes_code
from ppvcms.web.guards import current_actor, policy

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


@blueprint.get("/signers")
@policy(who=CODE)
def signers() -> ResponseReturnValue:
    """List the keys, and ask for another."""
    given = {"key": request.args.get("key", "")[:60]}
    return render_template(core_template("admin/signers.html"), signers=keys.known(), given=given)


@blueprint.post("/signers")
@policy(who=CODE, rate=PACE)
@changes_code
def signer_add() -> ResponseReturnValue:
    """Trust a key, or give one another name."""
    key, name = request.form.get("key", ""), request.form.get("name", "")
    refusal = keys.add(key, name, actor_id=current_actor().user_id)
    if refusal is not None:
        tell(refusal, "")
        given = {"key": key, "name": name}
        page = core_template("admin/signers.html")
        return render_template(page, signers=keys.known(), given=given), 422
    tell(None, _("%(name)s is known now.", name=name))
    return redirect(url_for("admin.signers"))


@blueprint.post("/signers/remove")
@policy(who=CODE, rate=PACE)
@changes_code
def signer_remove() -> ResponseReturnValue:
    """Trust a key no more."""
    refusal = keys.remove(request.form.get("key", ""), actor_id=current_actor().user_id)
    tell(refusal, _("The key is gone. What it signed goes on running."))
    return redirect(url_for("admin.signers"))
