"""The favourites, and the act behind every heart."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import abort, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _

from ppvcms.api import (
    PluginBlueprint,
    Refusal,
    current_actor,
    names_of,
    policy,
    room_cards,
    room_named,
)

from . import services

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from ppvcms.api import RoomView

blueprint = PluginBlueprint("follow", __name__, url_prefix="/follow")


@blueprint.get("/")
@policy(who="signed_in")
def favourites() -> ResponseReturnValue:
    """Show whom the reader follows, who is here first."""
    rooms = services.favourite_rooms(str(current_actor().user_id))
    return render_template("follow/favourites.html", cards=room_cards(rooms))


@blueprint.post("/<slug>")
@policy(who="signed_in", rate="120 per hour")
def toggle(slug: str) -> ResponseReturnValue:
    """Follow who performs in a room, or not any more."""
    room = room_named(slug)
    if room is None:
        abort(404)
    actor = current_actor()
    answer = services.follow(actor, room, on=not services.follows(actor, room.performer_id))
    if request.accept_mimetypes.best == "application/json":
        if isinstance(answer, Refusal):
            return jsonify(error={"code": answer.code, "reason": answer.reason}), 409
        return jsonify(followed=answer, text=_said(room, on=answer))
    if isinstance(answer, Refusal):
        flash(str(answer), "error")
    else:
        flash(_said(room, on=answer), "success")
    return redirect(_back(slug))


def _said(room: RoomView, *, on: bool) -> str:
    name = names_of([room.performer_id]).get(room.performer_id, room.title)
    if on:
        return str(_("You follow %(name)s and hear when there is something new.", name=name))
    return str(_("You do not follow %(name)s any more.", name=name))


def _back(slug: str) -> str:
    """Return the page of ours from which the button was pressed."""
    came = urlsplit(request.referrer or "")
    if came.netloc == request.host and came.path.startswith("/") and "\\" not in came.path:
        return f"/{came.path.lstrip('/')}"
    return url_for("site.profile", slug=slug)
