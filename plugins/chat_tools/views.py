"""The page on which a room's chat is kept in order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import abort, flash, redirect, render_template, url_for
from flask_babel import gettext as _

from ppvcms.api import PluginBlueprint, Refusal, current_actor, policy, room_named, rooms_of

from . import services
from .forms import RoomForm
from .words import as_text, read_words

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from ppvcms.api import RoomView

blueprint = PluginBlueprint("chat_tools", __name__, url_prefix="/chat-tools")


@blueprint.get("")
@policy(who="room.perform")
def mine() -> ResponseReturnValue:
    """Lead to the chat of one's own room."""
    room = next(iter(rooms_of(str(current_actor().user_id))), None)
    if room is None:
        return render_template("chat_tools/none.html")
    return redirect(url_for("chat_tools.room", slug=room.slug))


@blueprint.route("/<slug>", methods=["GET", "POST"])
@policy(who="signed_in")
def room(slug: str) -> ResponseReturnValue:
    """Show and change how a room's chat is kept, to those who keep it."""
    found = _kept_by_reader(slug)
    slow_s, words = services.kept(found.id)
    form = RoomForm(slow_s=slow_s, words=as_text(words))
    if form.validate_on_submit():
        refusal = services.keep(
            found,
            current_actor(),
            slow_s=form.slow_s.data or 0,
            words=read_words(form.words.data or ""),
        )
        if _tell(refusal, _("Saved. It holds from the next line.")):
            return redirect(url_for("chat_tools.room", slug=slug), 303)
    page = render_template(
        "chat_tools/room.html",
        form=form,
        room=found,
        standing=services.standing(found.id),
        own=found.performer_id == current_actor().user_id,
        kinds=_kinds(),
    )
    return page, 422 if form.is_submitted() else 200


@blueprint.post("/<slug>/lift/<measure_id>")
@policy(who="signed_in")
def lift(slug: str, measure_id: str) -> ResponseReturnValue:
    """End a measure."""
    refusal = services.lift(_kept_by_reader(slug), current_actor(), measure_id)
    _tell(refusal, _("It is lifted."))
    return redirect(url_for("chat_tools.room", slug=slug), 303)


def _kept_by_reader(slug: str) -> RoomView:
    found = room_named(slug)
    if found is None or not services.may_moderate(found, current_actor()):
        abort(404)
    return found


def _tell(refusal: Refusal | None, done: str) -> bool:
    flash(done if refusal is None else str(refusal), "success" if refusal is None else "error")
    return refusal is None


def _kinds() -> dict[str, str]:
    return {"mute": _("muted"), "kick": _("kicked"), "ban": _("banned")}
