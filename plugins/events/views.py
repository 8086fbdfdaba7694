"""The pages of events for everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from ppvcms.api import (
    PluginBlueprint,
    Refusal,
    current_actor,
    names_of,
    policy,
    public_url,
    room_cards,
    room_named,
    room_picture,
)

from . import calendar, found, planning, reading
from .forms import CancelForm

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flask.typing import ResponseReturnValue

    from .models import Event


class Line(NamedTuple):
    """One event as a list shows it to one reader; the price in minor units a minute."""

    id: str
    title: str
    starts_at: int
    ends_at: int
    price: int | None
    places: int | None
    image_url: str
    name: str
    wished: bool
    wishes: int


blueprint = PluginBlueprint("events", __name__, url_prefix="/events")


@blueprint.get("/")
@policy(who="public")
def coming() -> ResponseReturnValue:
    """Show everything that is planned on the site, the soonest first."""
    number = max(1, request.args.get("page", 1, type=int))
    size = reading.PER_PAGE
    rows = reading.coming(limit=size + 1, offset=(number - 1) * size)
    return render_template(
        "events/coming.html", **lines_of(rows[:size]), number=number, more=len(rows) > size
    )


@blueprint.get("/feed.atom")
@policy(who="public")
def feed() -> ResponseReturnValue:
    """Give what comes next as a feed."""
    return found.feed()


@blueprint.get("/<event_id>")
@policy(who="public")
def show(event_id: str) -> ResponseReturnValue:
    """Show one event, also when it is cancelled or over."""
    event, actor = _event(event_id), current_actor()
    mine = actor.user_id == event.performer_id
    may_cancel = mine or actor.can(planning.MANAGE)
    values = lines_of([event])
    picture = room_picture(event.room_id)
    name = values["names"].get(event.performer_id, "")
    return render_template(
        "events/event.html",
        event=event,
        **values,
        picture=picture,
        data=found.facts(event, name, picture),
        mine=mine,
        cancel=CancelForm(formdata=None) if may_cancel else None,
    )


@blueprint.get("/<event_id>.ics")
@policy(who="public")
def file(event_id: str) -> ResponseReturnValue:
    """Give one event as a calendar file."""
    event = _event(event_id)
    return _calendar(event.title, [event], f"{event.id}.ics")


@blueprint.get("/room/<slug>.ics")
@policy(who="public")
def room_file(slug: str) -> ResponseReturnValue:
    """Give all coming events of a room as a calendar that can be subscribed to."""
    room = room_named(slug)
    if room is None:
        abort(404)
    return _calendar(room.title, reading.coming(room_id=room.id), f"{slug}.ics")


@blueprint.post("/<event_id>/wish")
@policy(who="signed_in", rate="120 per hour")
def wish(event_id: str) -> ResponseReturnValue:
    """Want to be reminded, or not any more."""
    event, actor = _event(event_id), current_actor()
    wanted = event.id not in reading.wished(actor.user_id, [event])
    answer = planning.wish(event_id, actor, on=wanted)
    if isinstance(answer, Refusal):
        flash(str(answer), "error")
    elif answer:
        flash(_("You will be told a day and 15 minutes before it begins."), "success")
    else:
        flash(_("You will not be reminded of it."), "success")
    return redirect(url_for("events.show", event_id=event_id))


@blueprint.post("/<event_id>/cancel")
@policy(who="signed_in", rate="60 per hour")
def cancel(event_id: str) -> ResponseReturnValue:
    """Cancel an event, and tell all who wanted to come."""
    form = CancelForm()
    if form.validate_on_submit():
        refusal = planning.cancel(event_id, current_actor(), form.reason.data or "")
        done = _("Cancelled. All who wanted to come are told.")
        flash(str(refusal) if refusal else done, "error" if refusal else "success")
    return redirect(url_for("events.show", event_id=event_id))


def lines_of(events: Sequence[Event]) -> dict[str, Any]:
    """Return what pages of events need: their lines, rooms and names."""
    cards = {card.id: card for card in room_cards({event.room_id for event in events})}
    names = names_of({event.performer_id for event in events})
    wished = reading.wished(current_actor().user_id, events)
    wishes = reading.wishes(events)
    lines = tuple(
        Line(
            event.id,
            event.title,
            event.starts_at,
            event.ends_at,
            event.price,
            event.places,
            cards[event.room_id].image_url if event.room_id in cards else "",
            names.get(event.performer_id, ""),
            event.id in wished,
            wishes.get(event.id, 0),
        )
        for event in events
    )
    return {"lines": lines, "cards": cards, "names": names}


def _event(event_id: str) -> Event:
    event = reading.event_of(event_id)
    if event is None:
        abort(404)
    return event


def _calendar(name: str, events: Sequence[Event], filename: str) -> Response:
    names = names_of({event.performer_id for event in events})
    entries = [
        calendar.Entry(
            uid=f"{event.id}@ppvcms",
            title=f"{names.get(event.performer_id, '')}: {event.title}",
            text=event.text,
            url=f"{public_url()}/events/{event.id}",
            starts_at=event.starts_at,
            ends_at=event.ends_at,
            changed_at=event.changed_at,
            version=event.version,
            cancelled=event.cancelled_at is not None,
        )
        for event in events
    ]
    answer = Response(calendar.calendar(name, entries), mimetype="text/calendar")
    answer.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    return answer


from . import own  # noqa: E402, F401 - adds the performer's pages to the blueprint
