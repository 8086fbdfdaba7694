"""Rooms with their prices, edited in place, and the shelves they stand on (BO-01 to BO-03)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from flask import flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, IntegerField, SelectField, StringField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from ppvcms.host.fields import minor_units
from ppvcms.host.labels import label
from ppvcms.ledger.books import credits_text
from ppvcms.results import Refusal
from ppvcms.rooms import office, rates, services
from ppvcms.web.admin.frame import blueprint, kept_args, page_number, page_url, tell
from ppvcms.web.admin.queries import rooms as read
from ppvcms.web.admin.queries.people import with_role
from ppvcms.web.dates import day_after
from ppvcms.web.guards import current_actor, policy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask.typing import ResponseReturnValue

    from ppvcms.rooms.models import Room

RATE = "rate:"


@dataclass(frozen=True, slots=True)
class Edited:
    """What came of a quick edit: a sentence for each cell that was refused."""

    errors: dict[str, str] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)


class RoomForm(FlaskForm):
    """Where a room belongs."""

    performer_id = SelectField(label="")
    category_id = SelectField(_l("Category"))
    listed = BooleanField(
        _l("Shown in the list"), description=_l("Off: only who knows the address finds it.")
    )


class BonusForm(FlaskForm):
    """A ratio for a time, which counts where it is higher than the usual one."""

    percent = IntegerField(_l("Ratio, percent"), [Optional(), NumberRange(0, 100)])
    last_day = StringField(_l("Last day"), [Optional(), Length(max=10)])


class CategoryForm(FlaskForm):
    """A shelf of the list."""

    name = StringField(_l("Name"), [InputRequired(), Length(max=64)])
    slug = StringField(
        _l("Address"), [Length(max=48)], description=_l("Left empty, it is made from the name.")
    )
    weight = IntegerField(
        _l("Place"),
        [Optional(), NumberRange(0, 999)],
        description=_l("Small numbers come first."),
        default=0,
    )


@blueprint.get("/rooms")
@policy(who="rooms.manage")
def rooms() -> ResponseReturnValue:
    """Show the table of rooms."""
    return _table()


@blueprint.post("/rooms/<room_id>/quick")
@policy(who="rooms.manage", rate="120 per minute")
def room_quick(room_id: str) -> ResponseReturnValue:
    """Save the cells of a row: one by script, or all of them by its button."""
    room = services.by_id(room_id)
    sent: Mapping[str, object] = request.get_json(silent=True) or {} if request.is_json else {}
    typed = {name: str(value)[:80] for name, value in (sent or request.form).items()}
    edited = _save(room, typed)
    if request.is_json:
        body = {"ok": not edited.errors, "errors": edited.errors, "values": edited.values}
        return jsonify(body), 422 if edited.errors else 200
    if edited.errors:
        return _table(room_id=room_id, typed=typed, errors=edited.errors), 422
    flash(_("%(room)s is saved; prices hold from the next show.", room=room.title), "success")
    return redirect(url_for("admin.rooms", page=page_number(), **kept_args()))


@blueprint.route("/rooms/<room_id>", methods=["GET", "POST"])
@policy(who="rooms.manage")
def room(room_id: str) -> ResponseReturnValue:
    """Show one room: whose it is, its shelf, its prices, its pictures."""
    found = services.by_id(room_id)
    form = RoomForm(
        performer_id=found.performer_id,
        category_id=found.category_id or "",
        listed=found.listed,
    )
    form.performer_id.label.text = label("performer")
    people = with_role("performer")
    if found.performer_id not in dict(people):
        people.insert(0, (found.performer_id, services.performer_name(found)))
    form.performer_id.choices = people
    shelves = [(one.id, one.name) for one in read.categories()]
    form.category_id.choices = [("", _("None")), *shelves]
    if form.validate_on_submit() and _place(found, form):
        return redirect(url_for("admin.room", room_id=room_id))
    bonus = BonusForm(formdata=None, percent=found.bonus_percent)
    return render_template(
        "admin/room.html", room=found, form=form, bonus=bonus, rates=rates.rate_rows(room_id)
    )


@blueprint.post("/rooms/<room_id>/bonus")
@policy(who="settings.manage")
def room_bonus(room_id: str) -> ResponseReturnValue:
    """Give a room a higher ratio until a day, or take it away with both fields empty (CM-02)."""
    form = BonusForm()
    until = day_after(form.last_day.data or "")
    refusal: Refusal | None = Refusal("bonus", _("Write a ratio and a day. Nothing was changed."))
    if form.validate() and (until is not None or not form.last_day.data):
        refusal = office.set_bonus(
            room_id, form.percent.data, until, actor_id=current_actor().user_id
        )
    tell(refusal, _("Saved. It holds for what comes in from now on."))
    return redirect(url_for("admin.room", room_id=room_id))


@blueprint.get("/categories")
@policy(who="rooms.manage")
def categories() -> ResponseReturnValue:
    """List the shelves, with a form for another one."""
    return render_template(
        "admin/categories.html", categories=read.categories(), form=CategoryForm(formdata=None)
    )


@blueprint.post("/categories")
@policy(who="rooms.manage")
def category_save() -> ResponseReturnValue:
    """Make a shelf, or save the one of a row."""
    form = CategoryForm()
    if form.validate():
        refusal = office.save_category(
            category_id=request.form.get("id") or None,
            name=form.name.data or "",
            slug=form.slug.data or "",
            weight=form.weight.data or 0,
            actor_id=current_actor().user_id,
        )
        if tell(refusal, _("The category is saved.")):
            return redirect(url_for("admin.categories"))
    page = render_template("admin/categories.html", categories=read.categories(), form=form)
    return page, 422


@blueprint.post("/categories/<category_id>/delete")
@policy(who="rooms.manage")
def category_delete(category_id: str) -> ResponseReturnValue:
    """Take a shelf away; its rooms stay."""
    office.delete_category(category_id, actor_id=current_actor().user_id)
    tell(None, _("The category is gone; what stood in it stays, without one."))
    return redirect(url_for("admin.categories"))


def _table(
    *,
    room_id: str = "",
    typed: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
) -> str:
    words = request.args.get("q", "").strip()[:80]
    category = request.args.get("category", "")[:48]
    return render_template(
        "admin/rooms.html",
        page=read.rooms(words=words, category=category, page=page_number()),
        url=page_url,
        modes=read.priced_modes(),
        asked={"q": words, "category": category},
        categories=read.categories(),
        kept=kept_args(),
        credits_text=credits_text,
        refused=room_id,
        typed=typed or {},
        errors=errors or {},
    )


def _save(room: Room, typed: Mapping[str, str]) -> Edited:
    """Save each cell by itself; what is refused keeps what stood there."""
    edited = Edited()
    for name, text in typed.items():
        refusal = _save_cell(room, name, text.strip())
        if isinstance(refusal, Refusal):
            edited.errors[name] = str(refusal)
        elif refusal is not None:
            edited.values[name] = refusal
    return edited


def _save_cell(room: Room, name: str, text: str) -> Refusal | str | None:
    """Return a refusal, what the cell says now, or None for what is no cell."""
    actor_id = current_actor().user_id
    if name.startswith(RATE):
        return _save_rate(room.id, name.removeprefix(RATE), text)
    if name == "slug":
        return office.set_address(room.id, text, actor_id=actor_id) or text.lower()
    if name not in {"ratio", "featured"}:
        return None
    if text and not (text.isascii() and text.isdigit() and len(text) < 4):  # noqa: PLR2004 - digits
        return Refusal("number", _("Write a whole number. Nothing was changed."))
    if name == "ratio":
        percent = int(text) if text else None
        return office.set_ratio(room.id, percent, actor_id=actor_id) or text
    return office.set_featured(room.id, int(text or 0), actor_id=actor_id) or (text or "0")


def _save_rate(room_id: str, mode: str, text: str) -> Refusal | str:
    if not text:
        office.clear_rate(room_id, mode, actor_id=current_actor().user_id)
        return ""
    rate = minor_units(text)
    if rate is None:
        return Refusal("number", _("Write an amount such as 2.50. Nothing was changed."))
    had = {row.mode: row for row in rates.rate_rows(room_id)}.get(mode)
    if had is None:
        return Refusal("mode", _("This kind of show has no price of its own."))
    if had.own_rate == rate:
        return credits_text(rate)
    saved = rates.set_rate(
        room_id, mode, current_actor(), rate=rate, minimum_minutes=had.minimum_minutes
    )
    return saved if isinstance(saved, Refusal) else credits_text(saved.rate)


def _place(found: Room, form: RoomForm) -> bool:
    actor_id = current_actor().user_id
    refusal = office.set_place(
        found.id,
        category_id=form.category_id.data or None,
        listed=bool(form.listed.data),
        actor_id=actor_id,
    )
    if refusal is None and form.performer_id.data != found.performer_id:
        refusal = office.assign(found.id, form.performer_id.data, actor_id=actor_id)
    return tell(refusal, _("Saved."))
