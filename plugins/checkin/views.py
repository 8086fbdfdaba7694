"""Pages of checking in: for who is asked, and for the room's own performer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import abort, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup

from ppvcms.api import PluginBlueprint, Refusal, current_actor, new_secret, policy, rooms_of

from . import actions, reading, services

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from ppvcms.api import RoomView, SlotContext

blueprint = PluginBlueprint("checkin", __name__, url_prefix="/checkin")
PERFORMS = "room.perform"
DONE = {"done": "success", "accepted": "success", "waiting": "success"}


@blueprint.get("/")
@policy(who=PERFORMS)
def index() -> ResponseReturnValue:
    """Show who asks me, where I am, and who is in my own room."""
    user_id = str(current_actor().user_id)
    room = _own_room(user_id)
    return render_template(
        "checkin/index.html",
        questions=reading.questions_for(user_id),
        guest_in=reading.guest_room(user_id),
        room=room,
        here=reading.here(room.id) if room is not None else (),
        question=reading.question_of(room) if room is not None else None,
        known=reading.known_to(user_id),
        me=user_id,
        key=new_secret(),
    )


@blueprint.get("/state.json")
@policy(who=PERFORMS)
def state() -> ResponseReturnValue:
    """Return what an open page compares: which questions wait, who is here."""
    user_id = str(current_actor().user_id)
    room, guest = _own_room(user_id), reading.guest_room(user_id)
    question = reading.question_of(room) if room is not None else None
    return jsonify(
        mine=[one.id for one in reading.questions_for(user_id)],
        guest=guest.id if guest is not None else None,
        here=[line.id for line in reading.here(room.id)] if room is not None else [],
        asked=[line.answer for line in question.lines] if question is not None else [],
    )


@blueprint.post("/ask")
@policy(who=PERFORMS, rate="20 per minute")
def ask() -> ResponseReturnValue:
    """Ask people into one's own room."""
    actor = current_actor()
    room = _own_room(str(actor.user_id)) or abort(404)
    form = request.form
    percents = {
        name.removeprefix("percent-"): int(value)
        for name, value in form.items()
        if name.startswith("percent-") and value.isascii() and value.isdigit()
    }
    name = form.get("name", "").strip()
    if name and form.get("percent_new", "").isdigit():
        percents[name] = int(form["percent_new"])
    data = {
        "guests": form.getlist("guest"),
        "names": [name] if name else [],
        "percents": percents if form.get("parts") == "percents" else None,
        "key": form.get("key", ""),
    }
    answer = actions.ask(room, actor, data)
    if isinstance(answer, Refusal):
        flash(str(answer), "danger")
    else:
        flash(_("They were asked. They have one minute to answer."), "success")
    return _back()


@blueprint.post("/<proposal_id>/answer")
@policy(who=PERFORMS)
def answer(proposal_id: str) -> ResponseReturnValue:
    """Say yes or no."""
    room = reading.room_of_question(proposal_id) or abort(404)
    yes = request.form.get("answer") == "yes"
    outcome = services.answer(proposal_id, current_actor(), room, yes=yes)
    if isinstance(outcome, Refusal):
        flash(str(outcome), "danger")
    elif not yes:
        flash(_("You said no. Nothing was changed."), "info")
    elif outcome == "accepted":
        flash(_("Agreed. You are in as soon as the room goes live."), "success")
    elif outcome == "waiting" and reading.guest_room(str(current_actor().user_id)) is None:
        flash(_("You said yes. It begins when the others have answered too."), "success")
    else:
        flash(_("You are in the show. What comes in from now on is shared with you."), "success")
    return _back()


@blueprint.post("/<proposal_id>/withdraw")
@policy(who=PERFORMS)
def withdraw(proposal_id: str) -> ResponseReturnValue:
    """Take a question back."""
    room = reading.room_of_question(proposal_id) or abort(404)
    refusal = services.withdraw(proposal_id, current_actor(), room)
    flash(str(refusal) if refusal else _("The question was taken back."), "info")
    return _back()


@blueprint.post("/check-out")
@policy(who=PERFORMS)
def check_out() -> ResponseReturnValue:
    """Leave the show of another, or take somebody out of one's own."""
    actor = current_actor()
    who = request.form.get("performer") or str(actor.user_id)
    mine = who == actor.user_id
    room = reading.guest_room(who) if mine else _own_room(str(actor.user_id))
    if room is None:
        flash(_("There is no show to leave. Nothing was changed."), "info")
        return _back()
    refusal = services.check_out(room, actor, who)
    done = _("Checked out. What was earned until now stays shared as it was.")
    flash(str(refusal) if refusal else done, "danger" if refusal else "success")
    return _back()


def panel(slot: str, context: SlotContext) -> Markup | None:
    """Return the names for the room, or the panel for the live page."""
    room = context.room
    if room is None:
        return None
    hosts = context.actor.user_id == room.performer_id
    if slot == "room.above_video":
        others = [one for one in reading.here(room.id) if one.id != room.performer_id]
        return _rendered("checkin/with.html", room=room, others=others)
    if slot == "guest.below_video":
        return _rendered("checkin/guest.html", room=room, here=reading.here(room.id))
    return _rendered("checkin/panel.html", room=room) if hosts else None


def _rendered(template: str, **values: object) -> Markup:
    return Markup(render_template(template, **values))  # noqa: S704 - our own template, which escapes


def _own_room(user_id: str) -> RoomView | None:
    found = rooms_of(user_id)
    live = [room for room in found if room.state != "offline"]
    return next(iter(live or found), None)


def _back() -> ResponseReturnValue:
    return redirect(url_for("checkin.index"))
