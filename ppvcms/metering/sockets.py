"""What pages do about private shows, over the wire; docs/realtime.md lists every event."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _

from ppvcms.media import services as media
from ppvcms.media.sockets import holder_of
from ppvcms.metering import (
    accepting,
    admission,
    calls,
    feeds,
    places,
    quotes,
    requests,
    running,
    seats,
)
from ppvcms.metering.evidence import beats
from ppvcms.metering.view import SeatView, seat_view
from ppvcms.results import Refusal
from ppvcms.rooms import services, switches
from ppvcms.rooms.sockets import KEY, not_joined
from ppvcms.wire import Caller, Field, Rate, Who, event, number, one_of, text

if TYPE_CHECKING:
    from ppvcms.wire import Answer

ID = text(26)
OFFER = text(8192)


@event(
    "join",
    who=Who.ANYONE,
    fields={
        "room": text(64),
        "page": one_of("public", "private", "perform", "guest", "visit"),
        "seat": text(26, needed=False),
    },
)
def join(caller: Caller, data: dict[str, Any]) -> Answer | Refusal:
    """Bring a page into a room."""
    return places.enter(caller, data["room"], data["page"], data.get("seat"))


@event(
    "watch",
    who=Who.ANYONE,
    fields={"slot": text(26, needed=False), "feed": text(26, needed=False)},
    rate=Rate(20, 2.0),
)
def watch(caller: Caller, data: dict[str, Any]) -> Answer | Refusal:
    """Receive the picture of the joined place, of a guest in it, or of one two-way place."""
    if caller.room_id is None:
        return not_joined()
    _here(caller)
    return places.watch(caller, data.get("slot"), data.get("feed"))


@event("publish", rate=Rate(10, 1.0))
def publish(caller: Caller, _data: dict[str, Any]) -> Answer | Refusal:
    """Send a camera into the joined place."""
    return not_joined() if caller.room_id is None else places.publish(caller)


@event("unpublish", rate=Rate(10, 1.0))
def unpublish(caller: Caller, _data: dict[str, Any]) -> Refusal | None:
    """End one's own camera as a guest, and stay in the show (R-15)."""
    if caller.room_id is None:
        return not_joined()
    return feeds.stop(services.by_id(caller.room_id), str(caller.actor.user_id))


@event(
    "beat",
    who=Who.ANYONE,
    fields={"grant": ID, "frames": number(), "seq": number()},
    rate=Rate(10, 2.0),
)
def beat(caller: Caller, data: dict[str, Any]) -> Refusal | None:
    """Take a page's sign of life: presence for leases, frames for the meter (R-11)."""
    grant = media.held(data["grant"], holder_of(caller))
    if isinstance(grant, Refusal):
        return grant
    if grant.seat_id is None:
        media.renew(grant)
        return None
    before = caller.frames.get(grant.id, 0)
    caller.frames[grant.id] = data["frames"]
    # A page that began anew counts from 0 again.
    beats().add(grant.seat_id, grew=data["frames"] > before)
    return None


def _here(caller: Caller) -> None:
    """Note that the payer's page is there, with or without a picture."""
    if caller.seat_id is not None:
        seat = seat_view(caller.seat_id)
        if seat.payer_id == caller.actor.user_id:
            beats().add(seat.id, grew=False)


@event("quote", fields={"mode": text(48), "block": number(most=600, needed=False)})
def quote(caller: Caller, data: dict[str, Any]) -> Answer | Refusal:
    """See the terms before the click."""
    if caller.room_id is None:
        return not_joined()
    offer = quotes.quote(caller.room_id, data["mode"], caller.actor, block=data.get("block"))
    return offer if isinstance(offer, Refusal) else {"offer": offer.as_json()}


@event("enter", fields={"offer": OFFER, "key": KEY, "end_other": Field(bool, needed=False)})
def enter(caller: Caller, data: dict[str, Any]) -> Answer | Refusal:
    """Come into the running show with these terms (R-07)."""
    if caller.room_id is None:
        return not_joined()
    view = admission.enter_show(
        caller.actor, data["offer"], data["key"], end_other=data.get("end_other", False)
    )
    if isinstance(view, Refusal):
        return view
    if view.room_id == caller.room_id:
        caller.seat_id = view.id
        caller.enter(f"seat:{view.id}")
    return _seat(view, caller)


@event("leave_slot", fields={"seat": ID})
def leave_slot(caller: Caller, data: dict[str, Any]) -> Answer | Refusal:
    """Leave a two-way place, by either side."""
    return _seat(admission.leave_slot(data["seat"], caller.actor), caller)


@event("continue", fields={"seat": ID, "key": KEY})
def go_on(caller: Caller, data: dict[str, Any]) -> Answer | Refusal:
    """Go on after a long private (R-39)."""
    return _seat(admission.go_on(data["seat"], caller.actor), caller)


@event("next_block", fields={"seat": ID, "nr": number(most=1_000, least=2)})
def next_block(caller: Caller, data: dict[str, Any]) -> Answer | Refusal:
    """Take the next fixed block (PS-12)."""
    return _seat(admission.next_block(data["seat"], data["nr"], caller.actor), caller)


@event(
    "ask",
    fields={
        "offer": OFFER,
        "note": text(200),
        "key": KEY,
        "end_other": Field(bool, needed=False),
    },
)
def ask(caller: Caller, data: dict[str, Any]) -> Answer | Refusal:
    """Ask with these terms."""
    return _request(
        requests.ask(
            data["offer"],
            data["note"],
            caller.actor,
            data["key"],
            end_other=data.get("end_other", False),
        )
    )


@event("answer", fields={"request": ID})
def answer(caller: Caller, data: dict[str, Any]) -> Answer | Refusal:
    """Say to be there when called from the waiting list (PS-13)."""
    return _request(calls.answer(data["request"], caller.actor))


@event("withdraw", fields={"request": ID})
def withdraw(caller: Caller, data: dict[str, Any]) -> Answer | Refusal:
    """Take the own request back."""
    return _request(requests.withdraw(data["request"], caller.actor))


@event("accept", fields={"request": ID, "key": KEY})
def accept(caller: Caller, data: dict[str, Any]) -> Answer | Refusal:
    """Begin the private show, or give a two-way place."""
    accepted = accepting.accept(data["request"], caller.actor, data["key"])
    if isinstance(accepted, Refusal):
        return accepted
    return {"seat": accepted.seat_id, "show": accepted.show_id}


@event("reject", fields={"request": ID, "reason": text(200)})
def reject(caller: Caller, data: dict[str, Any]) -> Answer | Refusal:
    """Say no to one."""
    return _request(requests.reject(data["request"], caller.actor, data["reason"]))


@event("reject_all", fields={"reason": text(200)})
def reject_all(caller: Caller, data: dict[str, Any]) -> Answer | Refusal:
    """Say no to all who wait."""
    if caller.room_id is None:
        return not_joined()
    count = requests.reject_all(caller.room_id, caller.actor, data["reason"])
    return count if isinstance(count, Refusal) else {"rejected": count}


@event("mode", fields={"mode": text(48)}, rate=Rate(5, 0.5))
def mode(caller: Caller, data: dict[str, Any]) -> Answer | Refusal:
    """Make the running show one of another kind (MD-04)."""
    if caller.room_id is None:
        return not_joined()
    show = running.change_mode(caller.room_id, caller.actor, data["mode"])
    if isinstance(show, Refusal):
        return show
    return {"show": show.id, "mode": show.mode, "free_until": show.free_until}


@event("ready")
def ready(caller: Caller, _data: dict[str, Any]) -> Answer | Refusal:
    """Be back after a private show (PS-10)."""
    if caller.room_id is None:
        return not_joined()
    now = running.ready(caller.room_id, caller.actor)
    return now if isinstance(now, Refusal) else {"switches": now}


@event(
    "switch",
    fields={
        "name": one_of("auto_reject", "hidden", "away"),
        "on": Field(bool),
        "text": text(200, needed=False),
    },
)
def switch(caller: Caller, data: dict[str, Any]) -> Answer | Refusal:
    """Turn one of the performer's switches; not away any more is ready."""
    if caller.room_id is None:
        return not_joined()
    if data["name"] == "away" and not data["on"]:
        return ready(caller, {}) or {}
    now = switches.switch(
        caller.room_id, caller.actor, data["name"], on=data["on"], text=data.get("text", "")
    )
    return now if isinstance(now, Refusal) else {"switches": now}


@event("break", fields={"seat": ID, "on": Field(bool)}, rate=Rate(5, 0.5))
def take_break(caller: Caller, data: dict[str, Any]) -> Answer | Refusal:
    """Rest in a private show, or be back; by its performer (PS-11)."""
    return _seat(seats.take_break(data["seat"], caller.actor, on=data["on"]), caller)


@event("end", fields={"seat": ID})
def end(caller: Caller, data: dict[str, Any]) -> Answer | Refusal:
    """End a seat, by either side (PS-09)."""
    seat = seat_view(data["seat"])
    if caller.actor.user_id not in {seat.payer_id, seat.performer_id}:
        return Refusal("not_found", _("There is no such show."))
    ended = seats.end_seat(seat.id, caller.actor)
    if isinstance(ended, Refusal):
        return ended
    return _seat(seat_view(seat.id), caller)


def _seat(view: SeatView | Refusal, caller: Caller) -> Answer | Refusal:
    if isinstance(view, Refusal):
        return view
    return {"seat": view.as_json(for_payer=view.payer_id == caller.actor.user_id)}


def _request(answer: Any) -> Answer | Refusal:
    return answer if isinstance(answer, Refusal) else {"request": requests.as_json(answer)}
