"""Entering a room over the wire: what a page gets to know, and what it may watch (MT-15)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _

from ppvcms.db import db, now_ms
from ppvcms.host import dispatch
from ppvcms.ledger.store import wallet_view
from ppvcms.media import services as media
from ppvcms.media.sockets import holder_of
from ppvcms.metering import requests
from ppvcms.metering.models import Seat
from ppvcms.metering.quotes import refusal_to_ask
from ppvcms.metering.rows import OPEN_STATES
from ppvcms.metering.seats import live_seats_of, open_seat_of
from ppvcms.metering.view import seat_view
from ppvcms.results import Refusal
from ppvcms.rooms import alerts, chat, presence, services, shows
from ppvcms.rooms.models import Room, Show
from ppvcms.rooms.states import RoomState
from ppvcms.wire import leave_place

if TYPE_CHECKING:
    from ppvcms.accounts.actor import Actor
    from ppvcms.wire import Answer, Caller


def enter(caller: Caller, slug: str, page: str, seat_id: str | None) -> Answer | Refusal:
    """Bring a page into a room and return everything it shows."""
    room = services.by_slug(slug)
    seat = seat_of(seat_id, room, caller.actor) if page == "private" else None
    refusal = _refusal_to_enter(room, caller.actor, page, seat)
    if refusal is not None:
        return refusal
    leave_place(caller)
    caller.room_id, caller.page = room.id, page
    caller.enter(f"room:{room.id}")
    if page == "perform" or (seat is not None and room.performer_id == caller.actor.user_id):
        caller.enter(f"perform:{room.id}")
    if seat is not None:
        caller.show_id, caller.seat_id = seat.show_id, seat.id
        caller.leave(f"room:{room.id}")
        caller.enter(f"seat:{seat.id}")
        caller.enter(f"show:{seat.show_id}")
    role = services.role_in(room, caller.actor)
    presence.enter(caller.sid, room.id, user_id=caller.actor.user_id, role=role)
    return state_for(room, caller)


def state_for(room: Room, caller: Caller) -> dict[str, Any]:
    """Return the answer of `join` (docs/realtime.md)."""
    view = services.view_of(room, show_id=caller.show_id, seat_id=caller.seat_id)
    answer: dict[str, Any] = {
        "state": services.state_json(room),
        "me": me(room, caller.actor),
        "chat": chat.tail(room.id, show_id=caller.show_id),
        "plugins": dict(dispatch.collect("room_state", room=view, actor=caller.actor)),
        "server_now": now_ms(db.session()),
    }
    if room.performer_id == caller.actor.user_id:
        answer["queue"] = requests.queue(room.id)
    return answer


def me(room: Room, actor: Actor) -> dict[str, Any]:
    """Return the shape `Me`: what this room is to one person."""
    role = services.role_in(room, actor)
    performs = role == "performer"
    seat = _seat_in(room, actor)
    request = requests.current_request(actor.user_id)
    shown: dict[str, Any] = {
        "user": actor.user_id,
        "name": actor.name,
        "role": role,
        "can": {
            "chat": actor.user_id is not None,
            "ask": seat is None and (role == "visitor" or refusal_to_ask(room, actor) is None),
            "watch": not performs,
        },
        "request": requests.as_json(request) if request is not None else None,
        "seat": seat_view(seat.id).as_json(for_payer=not performs) if seat is not None else None,
        "alert": alerts.wanted(room.id, actor.user_id),
        "balance": balance_json(actor.user_id),
    }
    if performs:
        shown["switches"] = services.switches(room)
    return shown


def balance_json(user_id: str | None) -> dict[str, int] | None:
    """Return what somebody has, in minor units of credits."""
    if user_id is None:
        return None
    balance = wallet_view(db.session(), user_id)
    return {"available": balance.available, "held": balance.held}


def seat_of(seat_id: str | None, room: Room, actor: Actor) -> Seat | None:
    """Return an open seat of this room in which somebody is one of the two sides."""
    seat = db.session.get(Seat, seat_id, populate_existing=True) if seat_id else None
    if seat is None or seat.room_id != room.id or seat.state not in OPEN_STATES:
        return None
    return seat if actor.user_id in {seat.payer_id, seat.performer_id} else None


def watch(caller: Caller) -> Answer | Refusal:
    """Let a page receive the picture of its place, or name the cause (MT-15)."""
    room = services.by_id(str(caller.room_id))
    if caller.page == "private":
        return private_media(caller, room)
    if room.performer_id == caller.actor.user_id:
        return Refusal("forbidden", _("This is your own room: your camera is shown beside it."))
    refusal = dispatch.decide("check_room_entry", room=services.view_of(room), actor=caller.actor)
    if refusal is not None:
        return refusal
    state, show = services.state(room), services.current_show(room)
    if show is None or not state.public_media:
        return _closed(state)
    if state is RoomState.GROUP:
        return Refusal("closed", _("This show is paid. Choose it first; nothing was taken."))
    return _media(media.grant_for_viewer(shows.stage_of(show), holder_of(caller)))


def publish(caller: Caller) -> Answer | Refusal:
    """Let the performer's page send into its place."""
    room = services.by_id(str(caller.room_id))
    if room.performer_id != caller.actor.user_id:
        return services.not_yours()
    if caller.page == "private":
        return private_media(caller, room)
    show = services.current_show(room)
    if show is None:
        return Refusal("offline", _("You are not live."), _("Press Go live first."))
    if show.private:
        return Refusal("busy", _("A private show is running."), details={"show": show.id})
    return _media(media.grant_for_publisher(shows.stage_of(show), holder_of(caller)))


def private_media(caller: Caller, room: Room) -> Answer | Refusal:
    """Return both-ways media of a private show for one of its sides."""
    seat = seat_of(caller.seat_id, room, caller.actor)
    show = db.session.get(Show, seat.show_id) if seat is not None else None
    if seat is None or show is None or show.state != "live":
        return Refusal("closed", _("This private show is over."))
    return _media(media.grant_for_private(shows.stage_of(show), holder_of(caller)))


def _media(answer: dict[str, Any] | Refusal) -> Answer | Refusal:
    return answer if isinstance(answer, Refusal) else {"media": answer}


def _seat_in(room: Room, actor: Actor) -> Seat | None:
    """Return the open seat that a person has in this room, as payer or as performer."""
    if actor.user_id is None:
        return None
    if room.performer_id == actor.user_id:
        show = services.current_show(room)
        if show is None or not show.private:
            return None
        return next(iter(live_seats_of(show.id)), None)
    mine = open_seat_of(actor.user_id)
    return mine if mine is not None and mine.room_id == room.id else None


def _refusal_to_enter(room: Room, actor: Actor, page: str, seat: Seat | None) -> Refusal | None:
    if page == "perform" and room.performer_id != actor.user_id:
        return services.not_yours()
    if page == "private" and seat is None:
        return Refusal(
            "closed", _("This private show is over, or it is not yours."), _("Go to the room.")
        )
    if page == "public":
        return dispatch.decide("check_room_entry", room=services.view_of(room), actor=actor)
    return None


def _closed(state: RoomState) -> Refusal:
    words = {
        RoomState.PRIVATE: _("The room is in a private show now."),
        RoomState.HIDDEN: _("There is no public picture at the moment."),
        RoomState.AWAY: _("The room is taking a break."),
    }
    code = "offline" if state is RoomState.OFFLINE else "closed"
    return Refusal(code, words.get(state, _("The room is not live right now.")))
