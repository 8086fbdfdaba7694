"""Letting the reader's browser in and out, and the worker that shows what comes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from flask import Response, jsonify, render_template, request
from markupsafe import Markup

from ppvcms.api import PluginBlueprint, current_actor, policy

from . import services
from .keys import public_text

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from ppvcms.api import SlotContext

WORKER = Path(__file__).parent / "static" / "worker.js"
blueprint = PluginBlueprint("web_push", __name__, url_prefix="/web-push")


@blueprint.get("/worker.js")
@policy(who="public")
def worker() -> ResponseReturnValue:
    """Serve the worker at an address that never changes: it rules what lies below."""
    answer = Response(WORKER.read_text(encoding="utf-8"), mimetype="text/javascript")
    answer.headers["Cache-Control"] = "no-cache"
    return answer


@blueprint.post("/in")
@policy(who="signed_in", rate="30 per hour")
def let_in() -> ResponseReturnValue:
    """Let the reader's browser in."""
    refusal = services.let_in(current_actor(), request.get_json(silent=True))
    if refusal is not None:
        return jsonify(error=str(refusal)), 422
    return jsonify(devices=services.count_of(str(current_actor().user_id)))


@blueprint.post("/out")
@policy(who="signed_in", rate="30 per hour")
def let_out() -> ResponseReturnValue:
    """Forget this browser, or all of the reader's."""
    asked = request.get_json(silent=True)
    endpoint = asked.get("endpoint") if isinstance(asked, dict) else None
    services.let_out(current_actor(), endpoint if isinstance(endpoint, str) else "")
    return jsonify(devices=services.count_of(str(current_actor().user_id)))


def card(context: SlotContext) -> Markup | None:
    """Return the button that lets this browser in, above the choice of notices."""
    user_id = context.actor.user_id
    if user_id is None:
        return None
    html = render_template(
        "web_push/card.html", key=public_text(), devices=services.count_of(user_id)
    )
    return Markup(html)  # noqa: S704 - rendered by our own template, which escapes
