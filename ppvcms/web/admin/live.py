"""The live monitor: who is on, what a minute brings, how fresh the evidence is (BO-07)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _

from ppvcms.db import db
from ppvcms.errors import NotFoundError
from ppvcms.metering import office
from ppvcms.rooms import services
from ppvcms.rooms.models import Show
from ppvcms.rooms.office import note_visit
from ppvcms.web.admin.frame import blueprint, tell
from ppvcms.web.admin.queries.live import board
from ppvcms.web.guards import client_address, current_actor, policy

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


@blueprint.get("/live")
@policy(who="shows.manage")
def live() -> ResponseReturnValue:
    """Show what is live; the page reads the board again every few seconds."""
    return render_template("admin/live.html", board=board())


@blueprint.get("/live/board")
@policy(who="shows.manage")
def live_board() -> ResponseReturnValue:
    """Return the board alone, for the page that shows it."""
    return render_template("admin/_board.html", board=board())


@blueprint.post("/live/rooms/<room_id>/enter")
@policy(who="shows.manage")
def live_enter(room_id: str) -> ResponseReturnValue:
    """Go and see a room as staff: unbilled, and written down (R-16)."""
    room = services.by_id(room_id)
    note_visit(room_id, actor_id=current_actor().user_id, address=client_address())
    return redirect(url_for("site.visit", slug=room.slug))


@blueprint.route("/live/rooms/<room_id>/message", methods=["GET", "POST"])
@policy(who="shows.manage")
def live_message(room_id: str) -> ResponseReturnValue:
    """Ask for a message, then show it to everybody in a room."""
    room = services.by_id(room_id)
    text = request.form.get("text", "")
    if request.method == "POST":
        refusal = office.message_room(room_id, current_actor(), text=text)
        if tell(refusal, _("The message was sent.")):
            return redirect(url_for("admin.live"))
    title = _("Message to %(room)s", room=room.title)
    return render_template("admin/message.html", title=title, text=text)


@blueprint.route("/live/shows/<show_id>/stop", methods=["GET", "POST"])
@policy(who="shows.manage")
def show_stop(show_id: str) -> ResponseReturnValue:
    """Ask for the reason, then end a show with every session in it."""
    show = db.session.get(Show, show_id)
    if show is None:
        raise NotFoundError(show_id)
    if request.method == "POST":
        refusal = office.stop_show(show_id, current_actor(), reason=request.form.get("reason", ""))
        if tell(refusal, _("The show was stopped. What was counted is settled.")):
            return redirect(url_for("admin.live"))
    title = _("Stop the show in %(room)s", room=services.by_id(show.room_id).title)
    return render_template("admin/stop.html", title=title, reason=request.form.get("reason", ""))
