"""The performer's own pages of events: plans and weekly hours, in their own time zone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import get_timezone
from flask_babel import gettext as _
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined] # no stub yet

from ppvcms.api import Refusal, current_actor, new_id, policy, room_cards, rooms_of

from . import planning, reading
from .forms import EventForm
from .planning import DAY_MIN, Draft
from .times import local_of, moment_of
from .views import blueprint, lines_of

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from wtforms import DateTimeLocalField

    from ppvcms.api import RoomView

    from .models import Event

PERFORMS = "room.perform"


@blueprint.get("/mine")
@policy(who=PERFORMS)
def mine() -> ResponseReturnValue:
    """Show one's plans, the form for the next one, and the weekly hours."""
    return _page(_form(_room()))


@blueprint.post("/mine")
@policy(who=PERFORMS, rate="60 per hour")
def plan() -> ResponseReturnValue:
    """Plan an event."""
    room = _room()
    form = _form(room)
    draft = _draft(form)
    if draft is None:
        return _page(form), 422
    key = request.form.get("key", "")[:64] or new_id()
    answer = planning.plan(room, current_actor(), draft, key=key)
    if isinstance(answer, Refusal):
        _show(form, answer)
        return _page(form), 422
    flash(_("Planned. Your followers are told."), "success")
    return redirect(url_for("events.mine"))


@blueprint.route("/mine/<event_id>", methods=["GET", "POST"])
@policy(who=PERFORMS, rate="60 per hour")
def edit(event_id: str) -> ResponseReturnValue:
    """Change an event that is not over."""
    event = reading.event_of(event_id)
    if event is None or event.performer_id != current_actor().user_id:
        abort(404)
    form = _form(_room(), event)
    if request.method == "POST" and (draft := _draft(form)) is not None:
        answer = planning.change(event_id, current_actor(), draft)
        if not isinstance(answer, Refusal):
            flash(_("Saved. Who waits for it is told when its time has moved."), "success")
            return redirect(url_for("events.mine"))
        _show(form, answer)
    page = render_template("events/edit.html", form=form, event=event, zone=_zone())
    return page, 422 if form.errors else 200


@blueprint.post("/mine/hours")
@policy(who=PERFORMS, rate="60 per hour")
def hours() -> ResponseReturnValue:
    """Keep the weekly hours."""
    wanted: dict[int, tuple[int, int]] = {}
    for weekday in range(7):
        start, end = (_minute(request.form.get(f"{name}{weekday}", "")) for name in ("from", "to"))
        if start is not None and end is not None:
            wanted[weekday] = (start, end)
    refusal = planning.save_hours(_room(), current_actor(), wanted, zone=_zone())
    flash(str(refusal) if refusal else _("Saved."), "error" if refusal else "success")
    return redirect(url_for("events.mine") + "#hours")


def _room() -> RoomView:
    found = rooms_of(str(current_actor().user_id))
    if not found:
        abort(404)
    return found[0]


def _zone() -> str:
    return str(get_timezone() or "UTC")


def _form(room: RoomView, event: Event | None = None) -> EventForm:
    form = EventForm(data=_known(event) if event is not None else None)
    prices = next(iter(room_cards([room.id]))).prices
    form.mode.choices = [SelectChoice(price.mode, price.label) for price in prices]
    return form


def _known(event: Event) -> dict[str, object]:
    return {
        "title": event.title,
        "text": event.text,
        "mode": event.mode,
        "price": event.price,
        "places": event.places or None,
        "starts": local_of(event.starts_at, _zone()),
        "ends": local_of(event.ends_at, _zone()),
    }


def _draft(form: EventForm) -> Draft | None:
    """Return the event that was typed, or None with the errors in the form."""
    if not form.validate_on_submit():
        return None
    starts_at, ends_at = _moment(form.starts), _moment(form.ends)
    if starts_at is None or ends_at is None:
        return None
    return Draft(
        title=form.title.data or "",
        starts_at=starts_at,
        ends_at=ends_at,
        mode=form.mode.data,
        text=form.text.data or "",
        price=form.price.data,
        places=form.places.data or 0,
    )


def _moment(field: DateTimeLocalField) -> int | None:
    moment = moment_of(field.data, _zone()) if field.data else None
    if moment is None:
        field.errors = (_("The clocks leave this time out on that day."),)
    return moment


def _show(form: EventForm, refusal: Refusal) -> None:
    field = getattr(form, refusal.code, form.starts)
    field.errors = (*field.errors, str(refusal))


def _page(form: EventForm) -> str:
    room = _room()
    rows = reading.coming(performer_id=str(current_actor().user_id))
    return render_template(
        "events/mine.html",
        form=form,
        key=new_id(),
        zone=_zone(),
        hours={row.weekday: row for row in reading.hour_rows([room.id])},
        **lines_of(rows),
    )


def _minute(text: str) -> int | None:
    """Read ``19:30`` as minutes of a day."""
    hour, _colon, minute = text.partition(":")
    if not (hour.isdecimal() and minute[:2].isdecimal() and len(text) <= len("19:30:00")):
        return None
    value = int(hour) * 60 + int(minute[:2])
    return value if value < DAY_MIN else None
