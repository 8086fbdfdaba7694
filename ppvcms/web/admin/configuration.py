"""The site's configuration as a file: taking it out, looking at one, bringing it in (BO-16)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from ppvcms.accounts import audit
from ppvcms.db import transaction
from ppvcms.web.admin.frame import blueprint
from ppvcms.web.admin.siteconfig import plan, waiting
from ppvcms.web.admin.siteconfig.document import MOST_BYTES, WrongFileError
from ppvcms.web.guards import client_address, current_actor, policy, require_recent_sign_in

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

OWNERS = "code.manage"
"""What the owner alone has: a file changes roles, prices and settings at once."""
PACE = "20 per hour"
SHOWN = 120


@blueprint.get("/settings/export")
@policy(who=OWNERS, rate=PACE)
@require_recent_sign_in
def config_export() -> ResponseReturnValue:
    """Send the configuration as a file."""
    data = plan.export()
    actor_id, address = current_actor().user_id, client_address()
    transaction(
        lambda session: audit.record(
            session, actor_id, "host.config.exported", "config", address=address
        )
    )
    sent = Response(data, mimetype="application/json")
    sent.headers["Content-Disposition"] = "attachment; filename=ppvcms-configuration.json"
    sent.headers["Cache-Control"] = "no-store"
    return sent


@blueprint.route("/settings/import", methods=["GET", "POST"])
@policy(who=OWNERS, rate=PACE)
@require_recent_sign_in
def config_import() -> ResponseReturnValue:
    """Take a file in and look into it; nothing is changed."""
    if request.method == "GET":
        return _choose()
    file = request.files.get("file")
    data = file.stream.read(MOST_BYTES + 1) if file is not None else b""
    try:
        plan.look_at(data)
    except WrongFileError as error:
        return _choose(error), 422
    return redirect(url_for("admin.config_review", sha256=waiting.keep(data)))


@blueprint.get("/settings/import/<sha256>")
@policy(who=OWNERS)
@require_recent_sign_in
def config_review(sha256: str) -> ResponseReturnValue:
    """Show what a file would change, before it is confirmed."""
    try:
        seen = plan.look_at(waiting.fetch(sha256))
    except WrongFileError as error:
        return _choose(error), 422
    return render_template(
        "admin/config_review.html", plan=seen, labels=plan.labels(), brief=_brief
    )


@blueprint.post("/settings/import/<sha256>/confirm")
@policy(who=OWNERS, rate=PACE)
@require_recent_sign_in
def config_confirm(sha256: str) -> ResponseReturnValue:
    """Bring in exactly the bytes that were shown."""
    if request.form.get("sha256") != sha256:
        abort(400)
    try:
        done = plan.bring_in(
            waiting.fetch(sha256), actor_id=current_actor().user_id, address=client_address()
        )
    except WrongFileError as error:
        return _choose(error), 422
    waiting.discard(sha256)
    words = ngettext("%(num)s entry was changed.", "%(num)s entries were changed.", done.changes)
    flash(words, "success")
    return redirect(url_for("admin.settings"))


@blueprint.post("/settings/import/<sha256>/discard")
@policy(who=OWNERS)
@require_recent_sign_in
def config_discard(sha256: str) -> ResponseReturnValue:
    """Forget a file that was not confirmed."""
    waiting.discard(sha256)
    flash(_("The file is gone. Nothing was changed."), "info")
    return redirect(url_for("admin.settings"))


def _choose(error: WrongFileError | None = None) -> str:
    faults = error.faults if error else ()
    return render_template("admin/config_import.html", faults=faults)


def _brief(value: Any) -> str:
    """Return the beginning of a value as the file has it."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
