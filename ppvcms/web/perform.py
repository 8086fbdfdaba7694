"""The performer's dashboard: going live, the room, prices and earnings."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from flask import (
    Blueprint,
    abort,
    flash,
    g,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, FileField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import Length, NumberRange, Optional

from ppvcms.host import registry
from ppvcms.host.fields import CreditsField
from ppvcms.host.labels import label
from ppvcms.host.settings import site
from ppvcms.host.snapshot import current
from ppvcms.metering import earnings as earned
from ppvcms.metering import feeds
from ppvcms.results import Refusal
from ppvcms.rooms import images, listing, rates, services
from ppvcms.rooms.questions import LONGEST_ANSWER, questions
from ppvcms.web import earnings, words
from ppvcms.web.cards import language_name
from ppvcms.web.guards import current_actor, policy
from ppvcms.web.menus import MenuItem, added_items
from ppvcms.web.people import choices
from ppvcms.web.site import meter_figures, modules
from ppvcms.web.ways import live_modes

if TYPE_CHECKING:
    from flask.blueprints import BlueprintSetupState
    from flask.typing import ResponseReturnValue
    from wtforms import Field

    from ppvcms.accounts.fields import ProfileField
    from ppvcms.rooms.models import Room

blueprint = Blueprint("perform", __name__, url_prefix="/perform")

PERFORMS = "room.perform"
DAY_MS = 86_400_000
LANGUAGES = tuple("en de es fr it pt nl pl sv tr ar hi ja ko zh".split())  # noqa: SIM905 - as a list it is a wall
PAGE = 50
ANSWERS = "answer_"


class RoomForm(FlaskForm):
    """What a room says of itself."""

    title = StringField(_l("Title"), [Length(min=2, max=80)])
    brief = StringField(_l("In one sentence"), [Length(max=200)])
    description = TextAreaField(_l("Description"), [Length(max=5000)])
    tags = StringField(_l("Tags"), [Length(max=200)], description=_l("Up to ten, with commas."))
    category_id = SelectField(_l("Category"), [Optional()])
    language = SelectField(_l("Language"))
    offline_message = StringField(_l("What people read while you are away"), [Length(max=300)])
    image_source = SelectField(
        _l("Picture in the list"),
        choices=choices(
            {
                "snapshot": _l("Live picture while on air, a random one otherwise"),
                "random": _l("A random one of mine"),
                "fixed": _l("Always the first one"),
            }
        ),
    )
    show_viewers = BooleanField(_l("Show how many are watching"))


class PictureForm(FlaskForm):
    """A picture to add."""

    picture = FileField(_l("Picture"), description=_l("JPEG, PNG or WebP, at most 5 MB."))


@blueprint.before_request
def _own_room() -> None:
    """Find the room of who asks; the pages below are about it alone."""
    g.room = None
    actor = current_actor()
    if actor.user_id is not None:
        rooms = services.rooms_of(actor.user_id)
        live = [room for room in rooms if room.show_id is not None]
        chosen = [room for room in rooms if room.id == session.get("perform_room")]
        g.room = next(iter(live or chosen or rooms), None)


def performer_nav() -> list[MenuItem]:
    """Return the pages of the performer's dashboard, the plugins' among them."""
    own = (
        ("perform.overview", _("Overview"), "house"),
        ("perform.live", _("Live"), "broadcast"),
        ("perform.prices", _("Prices"), "tag"),
        ("earnings.index", _("Earnings"), "graph-up"),
        ("perform.room", _("My room"), "door-open"),
        *([("perform.settings_of_room", _("Settings"), "sliders")] if _any_settings() else []),
    )
    items = [
        MenuItem(text, url_for(endpoint), icon, active=request.endpoint == endpoint)
        for endpoint, text, icon in own
    ]
    return [*items, *added_items("performer")]


def _any_settings() -> bool:
    return any(spec.room for spec in current().settings_specs.values())


@blueprint.record
def _offer_navigation(state: BlueprintSetupState) -> None:
    # Plugins' pages stand in the dashboard too: layouts/performer.html.
    state.app.jinja_env.globals.update(performer_nav=performer_nav)


@blueprint.context_processor
def _navigation() -> dict[str, Any]:
    """Give the dashboard its navigation."""
    return {"nav": performer_nav(), "nav_title": _("Your work")}


@blueprint.get("/")
@policy(who=PERFORMS)
def overview() -> ResponseReturnValue:
    """Show how things stand, and what to do next."""
    user_id = current_actor().user_id or ""
    now = int(time.time() * 1000)
    today = now - now % DAY_MS
    card = listing.card_of(g.room.id) if g.room else None
    return render_template(
        "perform/overview.html",
        room=g.room,
        card=card,
        money=earnings.standing(user_id),
        today=earned.total(user_id, since=today),
        week=earned.total(user_id, since=today - 6 * DAY_MS),
        latest=earned.earnings(user_id, limit=5),
        chart=earnings.chart(user_id, today - 29 * DAY_MS, today),
    )


@blueprint.get("/live")
@policy(who=PERFORMS)
def live() -> ResponseReturnValue:
    """Show the live page."""
    room = my_room()
    card = listing.card_of(room.id)
    prices = card.prices if card else ()
    return render_template(
        "perform/live.html",
        room={
            "slug": room.slug,
            "name": card.performer if card else room.title,
            "state": card.state.value if card else "offline",
        },
        view=services.view_of(room),
        public_modes=live_modes(prices),
        private_modes=[price for price in prices if price.private],
        carries={mode.key: mode.base for mode in registry.room_modes().values()},
        seat=meter_figures(None, mode="", other=label("client")),
        words=words.perform() | words.modes(),
        modules=modules("live", "room"),
    )


@blueprint.get("/guest/<slug>")
@policy(who=PERFORMS)
def guest(slug: str) -> ResponseReturnValue:
    """Show the page from which who is checked in sends into another's show (R-15)."""
    found = services.by_slug(slug)
    if not feeds.is_guest(found, current_actor().user_id):
        abort(403, _("You are not checked in to this show. What you earned in it stays shared."))
    return render_template(
        "perform/guest.html",
        room={
            "slug": found.slug,
            "name": services.performer_name(found),
            "state": services.state(found).value,
        },
        view=services.view_of(found),
        window_s=site().resume_window_s,
        words=words.guest(),
        modules=modules("live", "room"),
    )


@blueprint.route("/room", methods=["GET", "POST"])
@policy(who=PERFORMS)
def room() -> ResponseReturnValue:
    """Edit what the room says of itself, and its pictures."""
    found = my_room()
    form = _room_form(found)
    named = {one.id: one.name for one in services.categories()}
    form.category_id.choices = choices({"": _("None"), **named})
    form.language.choices = choices({code: language_name(code) for code in LANGUAGES})
    if form.validate_on_submit():
        answer = services.edit_room(found.id, current_actor(), _edit_of(form))
        if not isinstance(answer, Refusal):
            flash(_("Saved."), "success")
            return redirect(url_for("perform.room"))
        field = answer.details.get("field")
        target = form[str(field)] if field and str(field) in form else form.title
        target.errors = [*target.errors, str(answer)]
    return render_template(
        "perform/room.html",
        room=found,
        form=form,
        picture=PictureForm(),
        pictures=[i for i in listing.images_of([found.id]).get(found.id, []) if i.kind == "upload"],
    )


@blueprint.post("/room/pictures")
@policy(who=PERFORMS, rate="20 per minute")
def add_picture() -> ResponseReturnValue:
    """Add a picture."""
    file = request.files.get("picture")
    data = file.read(images.LARGEST_UPLOAD + 1) if file is not None else b""
    if not data:
        flash(_("Choose a picture first."), "warning")
    else:
        answer = images.upload(my_room().id, current_actor(), data)
        if isinstance(answer, Refusal):
            flash(str(answer), "danger")
        else:
            flash(_("The picture was added."), "success")
    return redirect(url_for("perform.room", _anchor="pictures"))


@blueprint.post("/room/pictures/<image_id>/remove")
@policy(who=PERFORMS)
def remove_picture(image_id: str) -> ResponseReturnValue:
    """Take a picture away."""
    answer = images.remove(image_id, current_actor())
    flash(str(answer) if isinstance(answer, Refusal) else _("The picture was removed."), "info")
    return redirect(url_for("perform.room", _anchor="pictures"))


@blueprint.route("/prices", methods=["GET", "POST"])
@policy(who=PERFORMS)
def prices() -> ResponseReturnValue:
    """Show and change what a minute costs, inside the owner's limits."""
    found = my_room()
    rows = rates.rate_rows(found.id)
    forms = {row.mode: _price_form(row) for row in rows}
    chosen = forms.get(request.form.get("mode", ""))
    if chosen is not None and chosen.validate_on_submit():
        answer = rates.set_rate(
            found.id,
            request.form["mode"],
            current_actor(),
            rate=chosen.rate.data or 0,
            minimum_minutes=chosen.minimum_minutes.data or 0,
        )
        if isinstance(answer, Refusal):
            chosen.rate.errors = [*chosen.rate.errors, str(answer)]
        else:
            flash(_("Saved. The new price is for the next show."), "success")
            return redirect(url_for("perform.prices"))
    return render_template("perform/prices.html", rows=[(row, forms[row.mode]) for row in rows])


def my_room() -> Room:
    """Return the room of who asks; without one there is no page."""
    if g.room is None:
        abort(404, _("You have no room yet. Ask the site to open one for you."))
    room: Room = g.room
    return room


def _room_form(room: Room) -> RoomForm:
    """Return the form with a field for each question of the owner."""
    asked = questions()
    answers = {f"{ANSWERS}{one.key}": _answer_field(one) for one in asked}
    data = {f"{ANSWERS}{one.key}": room.answers.get(one.key, "") for one in asked}
    form: RoomForm = type("AskedRoomForm", (RoomForm,), answers)(data={**_as_form(room), **data})
    return form


def _answer_field(asked: ProfileField) -> Field:
    if asked.choices:
        offered = {"": _("No answer"), **{one: one for one in asked.choices}}
        return SelectField(asked.label, choices=choices(offered))
    return StringField(asked.label, [Length(max=LONGEST_ANSWER)])


def _as_form(room: Room) -> dict[str, Any]:
    return {
        "title": room.title,
        "brief": room.brief,
        "description": room.description,
        "tags": ", ".join(room.tags.get("all", [])),
        "category_id": room.category_id or "",
        "language": room.language,
        "offline_message": room.offline_message,
        "image_source": room.image_source,
        "show_viewers": room.show_viewers,
    }


def _edit_of(form: RoomForm) -> services.RoomEdit:
    tags = tuple(part.strip() for part in (form.tags.data or "").split(",") if part.strip())
    return services.RoomEdit(
        title=form.title.data,
        brief=form.brief.data or "",
        description=form.description.data or "",
        tags=tags,
        category_id=form.category_id.data or None,
        language=form.language.data,
        offline_message=form.offline_message.data or "",
        image_source=form.image_source.data,
        show_viewers=form.show_viewers.data,
        answers={
            field.name.removeprefix(ANSWERS): (field.data or "").strip()
            for field in form
            if field.name.startswith(ANSWERS)
        },
    )


class PriceForm(FlaskForm):
    """The price of one kind of show."""

    rate = CreditsField(_l("Per minute"))
    minimum_minutes = IntegerField(_l("Least minutes"), [Optional(), NumberRange(0, 60)])


def _price_form(row: rates.RateRow) -> PriceForm:
    mine = request.form.get("mode") == row.mode
    values = {"rate": row.own_rate or row.rate, "minimum_minutes": row.minimum_minutes}
    form = PriceForm(None if not mine else request.form, data=values)
    # One form for each kind of show on one page: each label names its own field.
    for field in (form.rate, form.minimum_minutes):
        field.id = field.label.field_id = f"{field.name}-{row.mode}"
    return form
