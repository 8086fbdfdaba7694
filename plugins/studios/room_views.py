"""The rooms of a studio: who may work in them, and what a minute costs there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from ppvcms.api import Refusal, credits_text, current_actor, policy, rate_rows, set_price

from . import people, rooms
from .forms import PriceForm, RoomForm
from .pages import MANAGE, blueprint, me, show_refusal, tell

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


@blueprint.route("/rooms", methods=["GET", "POST"])
@policy(who=MANAGE)
def rooms_index() -> ResponseReturnValue:
    """Show the studio's rooms, and make one."""
    form = RoomForm()
    if form.validate_on_submit():
        answer = rooms.make(
            current_actor(), form.title.data or "", request.form.get("performer", "")
        )
        if not isinstance(answer, Refusal):
            flash(_("The room was made."), "success")
            return redirect(url_for("studios.rooms_index"))
        form.title.errors = [*form.title.errors, str(answer)]
    crew = [one for one in people.roster(me()) if one.contract is not None]
    return render_template("studios/rooms.html", rooms=rooms.rooms(me()), form=form, crew=crew)


@blueprint.post("/rooms/<room_id>/give")
@policy(who=MANAGE)
def give(room_id: str) -> ResponseReturnValue:
    """Say who may work in a room."""
    refusal = rooms.give(current_actor(), room_id, request.form.getlist("performer"))
    tell(refusal, _("Saved."))
    return redirect(url_for("studios.rooms_index"))


@blueprint.route("/rooms/<room_id>/prices", methods=["GET", "POST"])
@policy(who=MANAGE)
def prices(room_id: str) -> ResponseReturnValue:
    """Set what a minute costs in a room of the studio."""
    room = rooms.own_room(me(), room_id) or abort(404)
    sent = request.form.get("mode", "")
    rows = {row.mode: row for row in rate_rows(room_id)}
    forms = {
        mode: PriceForm(request.form if mode == sent else None, data={"rate": row.rate})
        for mode, row in rows.items()
    }
    if sent in forms and forms[sent].validate_on_submit():
        answer = set_price(
            room_id,
            sent,
            current_actor(),
            rate=forms[sent].rate.data or 0,
            minimum_minutes=rows[sent].minimum_minutes,
        )
        if not isinstance(answer, Refusal):
            rooms.note_price(
                me(), room_id, f"{rows[sent].label}: {credits_text(forms[sent].rate.data or 0)}"
            )
            flash(_("Saved. The new price is for the next show."), "success")
            return redirect(url_for("studios.prices", room_id=room_id))
        show_refusal(forms[sent], answer)
    shown = [(row, forms[mode]) for mode, row in rows.items()]
    return render_template("studios/prices.html", room=room, forms=shown)
