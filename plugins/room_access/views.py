"""The pages of the door: what it asks of who comes, and what its performer says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup

from ppvcms.api import (
    PluginBlueprint,
    Refusal,
    current_actor,
    new_id,
    policy,
    room_named,
    rooms_of,
    settings,
    wallet,
)

from .forms import SLUG, DoorForm
from .services import Wanted, asked_of, door_of, entries_of, pay, read_entries, save, say_word

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from ppvcms.api import RoomView, SlotContext

    from .models import Door

LONGEST_KEY = 64
blueprint = PluginBlueprint(SLUG, __name__, url_prefix="/room-access")


@blueprint.route("/", methods=["GET", "POST"])
@policy(who="room.perform")
def mine() -> ResponseReturnValue:
    """Show and change what one's room asks."""
    actor = current_actor()
    room = next(iter(rooms_of(str(actor.user_id))), None)
    if room is None:
        abort(404)
    door = door_of(room.id)
    form = DoorForm(data=_values(room, door))
    if form.validate_on_submit() and _save(room, form):
        flash(_("Saved. It counts for who comes in from now on."), "success")
        return redirect(url_for("room_access.mine"))
    page = render_template("room_access/mine.html", form=form, door=door, room=room, actor=actor)
    return page, 422 if form.is_submitted() else 200


@blueprint.get("/<slug>")
@policy(who="public")
def door(slug: str) -> ResponseReturnValue:
    """Show what a room asks, or lead into it."""
    room, actor = _room_or_404(slug), current_actor()
    asked = asked_of(room, actor)
    if asked is None:
        return redirect(f"/rooms/{slug}")
    available = wallet(actor.user_id).available if actor.user_id else 0
    return render_template(
        "room_access/door.html",
        room=room,
        asked=asked,
        key=new_id(),
        available=available,
        signed_in=actor.user_id is not None,
    )


@blueprint.post("/<slug>/password")
@policy(who="signed_in", rate="10 per 15 minutes")
def password(slug: str) -> ResponseReturnValue:
    """Take a password."""
    room = _room_or_404(slug)
    refusal = say_word(room, current_actor(), request.form.get("password", "")[:100])
    if refusal is not None:
        flash(str(refusal), "error")
    return redirect(url_for("room_access.door", slug=slug))


@blueprint.post("/<slug>/pay")
@policy(who="signed_in", rate="20 per minute")
def buy(slug: str) -> ResponseReturnValue:
    """Take the price and open the door."""
    room, form = _room_or_404(slug), request.form
    price, key = form.get("price", ""), form.get("key", "")
    if not price.isdigit() or not 0 < len(key) <= LONGEST_KEY:
        abort(400)
    answer = pay(room, current_actor(), price=int(price), key=key)
    if isinstance(answer, Refusal):
        flash(str(answer), "error")
    else:
        flash(_("You are in. The receipt is in your account."), "success")
    return redirect(url_for("room_access.door", slug=slug))


def notice(context: SlotContext) -> Markup | None:
    """Return what the door asks, for above the picture; nothing for who may come in."""
    room = context.room
    asked = asked_of(room, context.actor) if room is not None else None
    if room is None or asked is None:
        return None
    html = render_template("room_access/notice.html", room=room, asked=asked)
    return Markup(html)  # noqa: S704 - rendered by our own template, which escapes


def _save(room: RoomView, form: DoorForm) -> bool:
    entries = read_entries(form.entries.data or "")
    if isinstance(entries, Refusal):
        form.entries.errors = [str(entries)]
        return False
    word = "" if form.no_password.data else form.password.data or None
    wanted = Wanted(
        price=form.price.data or 0,
        hours=form.hours.data or 0,
        password=word,
        entries=entries,
        only_list=bool(form.only_list.data),
        covers=bool(form.covers.data),
    )
    refusal = save(room, current_actor(), wanted)
    if refusal is not None:
        form.form_errors.append(str(refusal))
    return refusal is None


def _values(room: RoomView, door: Door | None) -> dict[str, object]:
    if door is None:
        return {"hours": settings(SLUG).hours}
    return {
        "price": door.price or None,
        "hours": door.hours,
        "only_list": door.only_list,
        "covers": door.covers,
        "entries": "\n".join(entries_of(room.id)),
    }


def _room_or_404(slug: str) -> RoomView:
    room = room_named(slug)
    if room is None:
        abort(404)
    return room
