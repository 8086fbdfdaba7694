"""What pages do about private shows, over the wire; docs/realtime.md lists every event."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _

from ppvcms.media import services as media
from ppvcms.media.sockets import holder_of
from ppvcms.metering import places, quotes, requests, seats
from ppvcms.metering.evidence import beats
from ppvcms.metering.view import seat_view
from ppvcms.results import Refusal
from ppvcms.rooms.sockets import KEY, not_joined
from ppvcms.wire import Caller, Rate, Who, event, number, one_of, text

if TYPE_CHECKING:
    from ppvcms.wire import Answer

ID = text(26)


@event(
    "join",
    who=Who.ANYONE,
    fields={
        "room": text(64),
        "page": one_of("public", "private", "perform"),
        "seat": text(26, needed=False),
    },
)
def join(caller: Caller, data: dict[str, Any]) -> Answer | Refusal:
    """Bring a page into a room."""
    return places.enter(caller, data["room"], data["page"], data.get("seat"))


@event("watch", who=Who.ANYONE, rate=Rate(10, 1.0))
def watch(caller: Caller, _data: dict[str, Any]) -> Answer | Refusal:
    """Receive the picture of the joined place."""
    if caller.room_id is None:
        return not_joined()
    _here(caller)
    return places.watch(caller)


@event("publish", rate=Rate(10, 1.0))
def publish(caller: Caller, _data: dict[str, Any]) -> Answer | Refusal:
    """Send a camera into the joined place."""
    return not_joined() if caller.room_id is None else places.publish(caller)


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
    if caller.page == "private" and caller.seat_id is not None:
        seat = seat_view(caller.seat_id)
        if seat.payer_id == caller.actor.user_id:
            beats().add(seat.id, grew=False)


@event("quote", fields={"mode": text(48)})
def quote(caller: Caller, data: dict[str, Any]) -> Answer | Refusal:
    """See the terms before the click."""
    if caller.room_id is None:
        return not_joined()
    offer = quotes.quote(caller.room_id, data["mode"], caller.actor)
    return offer if isinstance(offer, Refusal) else {"offer": offer.as_json()}


@event("ask", fields={"offer": text(4096), "note": text(200), "key": KEY})
def ask(caller: Caller, data: dict[str, Any]) -> Answer | Refusal:
    """Ask with these terms."""
    return _request(requests.ask(data["offer"], data["note"], caller.actor, data["key"]))


@event("withdraw", fields={"request": ID})
def withdraw(caller: Caller, data: dict[str, Any]) -> Answer | Refusal:
    """Take the own request back."""
    return _request(requests.withdraw(data["request"], caller.actor))


@event("accept", fields={"request": ID, "key": KEY})
def accept(caller: Caller, data: dict[str, Any]) -> Answer | Refusal:
    """Begin the private show."""
    accepted = requests.accept(data["request"], caller.actor, data["key"])
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


@event("end", fields={"seat": ID})
def end(caller: Caller, data: dict[str, Any]) -> Answer | Refusal:
    """End the private show, by either side (PS-09)."""
    seat = seat_view(data["seat"])
    if caller.actor.user_id not in {seat.payer_id, seat.performer_id}:
        return Refusal("not_found", _("There is no such show."))
    ended = seats.end_seat(seat.id, caller.actor)
    if isinstance(ended, Refusal):
        return ended
    mine = seat.payer_id == caller.actor.user_id
    return {"seat": seat_view(seat.id).as_json(for_payer=mine)}


def _request(answer: Any) -> Answer | Refusal:
    return answer if isinstance(answer, Refusal) else {"request": requests.as_json(answer)}
