"""The tip buttons of a page, the owner's amounts, and each performer's menus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup

from ppvcms.api import (
    PluginBlueprint,
    Refusal,
    credits_text,
    current_actor,
    names_of,
    performers_of,
    policy,
    public_link,
    settings,
)

from . import choices
from .choices import SLUG
from .forms import MenuForm, OptionForm
from .services import NOTE_MAX

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from ppvcms.api import RoomView, SlotContext

    from .models import TipOption

MANAGE = "tips.manage"
blueprint = PluginBlueprint(SLUG, __name__, url_prefix="/tips")


def buttons(slot: str, context: SlotContext) -> Markup | None:
    """Return the buttons for one place of a page; who performs there gets none."""
    room, actor = context.room, context.actor
    if room is None or actor.user_id in {room.performer_id, *performers_of(room)}:
        return None
    private = room.seat_id is not None
    if slot != ("live.sidebar" if private else "room.below_video"):
        return None
    return Markup(  # noqa: S704 - rendered by our own template, which escapes
        render_template(
            "tips/buttons.html",
            values=settings(SLUG, room=room),
            looks=choices.looks(),
            menu=choices.menu_of(room.performer_id, "private" if private else "public"),
            people=_people(room),
            note_max=NOTE_MAX,
            room=room,
            actor=actor,
        )
    )


@blueprint.get("/amounts")
@policy(who=MANAGE)
def options() -> ResponseReturnValue:
    """List the ready amounts."""
    return render_template(
        "tips/options.html",
        options=choices.options(),
        sounds=_sounds(),
        colours=_colours(),
        picture=public_link,
        most=choices.MOST_OPTIONS,
    )


@blueprint.route("/amounts/new", methods=["GET", "POST"])
@policy(who=MANAGE)
def option_new() -> ResponseReturnValue:
    """Add a ready amount."""
    return _edit(None, _form())


@blueprint.route("/amounts/<option_id>", methods=["GET", "POST"])
@policy(who=MANAGE)
def option(option_id: str) -> ResponseReturnValue:
    """Change a ready amount."""
    found = next((one for one in choices.options() if one.id == option_id), None)
    if found is None:
        abort(404)
    return _edit(found, _form(found))


@blueprint.post("/amounts/<option_id>/remove")
@policy(who=MANAGE)
def option_remove(option_id: str) -> ResponseReturnValue:
    """Take a ready amount away."""
    choices.remove_option(option_id)
    flash(_("The amount is gone from the list."), "success")
    return redirect(url_for("tips.options"), 303)


@blueprint.route("/menu", methods=["GET", "POST"])
@policy(who="room.perform")
def menu() -> ResponseReturnValue:
    """Write what is done for which tip."""
    performer_id = str(current_actor().user_id)
    form = MenuForm(**{place: _as_text(performer_id, place) for place in choices.PLACES})
    if form.validate_on_submit():
        read = {place: choices.read_menu(form[place].data or "") for place in choices.PLACES}
        menus = {place: lines for place, lines in read.items() if not isinstance(lines, Refusal)}
        for place, lines in read.items():
            if isinstance(lines, Refusal):
                form[place].errors = [str(lines)]
        if len(menus) == len(read):
            choices.save_menus(performer_id, menus)
            flash(_("Your tip menus are saved."), "success")
            return redirect(url_for("tips.menu"), 303)
    page = render_template("tips/menu.html", form=form, most=choices.MOST_LINES)
    return page, 422 if form.is_submitted() else 200


def _edit(found: TipOption | None, form: OptionForm) -> ResponseReturnValue:
    if form.validate_on_submit():
        look = choices.Look(
            form.amount.data or 0,
            (form.label.data or "").strip(),
            form.sound.data or "",
            form.colour.data or "",
        )
        picture = request.files.get("image")
        refusal = choices.save_option(
            found.id if found is not None else None,
            look=look,
            picture=picture.stream if picture else None,
            drop_picture=bool(form.no_image.data),
        )
        if refusal is None:
            flash(_("The amount is saved."), "success")
            return redirect(url_for("tips.options"), 303)
        flash(str(refusal), "error")
    image = public_link(found.image_id) if found is not None and found.image_id else ""
    page = render_template("tips/option.html", form=form, option=found, image=image)
    return page, 422 if form.is_submitted() else 200


def _form(found: TipOption | None = None) -> OptionForm:
    form = OptionForm(obj=found)
    form.sound.choices = list(_sounds().items())
    form.colour.choices = list(_colours().items())
    return form


def _sounds() -> dict[str, str]:
    return {
        "": _("None"),
        "chime": _("Chime"),
        "bell": _("Bell"),
        "fanfare": _("Fanfare"),
        "drum": _("Drum"),
    }


def _colours() -> dict[str, str]:
    return {
        "": _("Plain"),
        "gold": _("Gold"),
        "rose": _("Rose"),
        "sky": _("Sky"),
        "leaf": _("Leaf"),
        "violet": _("Violet"),
    }


def _people(room: RoomView) -> list[tuple[str, str]]:
    """Return who can be named, where more than one performs."""
    here = performers_of(room)
    names = names_of(here)
    return [(one, names.get(one, "")) for one in here] if len(here) > 1 else []


def _as_text(performer_id: str, place: str) -> str:
    lines = choices.menu_of(performer_id, place)
    return "\n".join(
        f"{credits_text(line.amount).removesuffix('.00')} {line.text}" for line in lines
    )
