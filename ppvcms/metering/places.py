"""Entering a room over the wire: what a page gets to know, and what it may watch (MT-15)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _

from ppvcms.accounts import audit
from ppvcms.db import db, now_ms, transaction
from ppvcms.host import dispatch
from ppvcms.ledger.store import wallet_view
from ppvcms.media import seating
from ppvcms.media import services as media
from ppvcms.media.contract import MediaRole
from ppvcms.media.sockets import holder_of
from ppvcms.metering import feeds, requests, watching
from ppvcms.metering.audience import audience, unseen
from ppvcms.metering.entry import (
    Place,
    may_watch,
    place_of,
    refusal_of_person,
    seat_in,
    voyeurs_watch,
)
from ppvcms.metering.models import Seat
from ppvcms.metering.rows import OPEN_STATES
from ppvcms.metering.seats import live_seats_of, open_seat_of
from ppvcms.metering.state import Phase
from ppvcms.metering.view import seat_view
from ppvcms.results import Refusal
from ppvcms.rooms import alerts, chat, presence, services, shows, switches, written
from ppvcms.rooms.models import Room, Show
from ppvcms.rooms.modes import PayerRole
from ppvcms.rooms.sockets import VISIT
from ppvcms.rooms.states import RoomState
from ppvcms.wire import leave_place

if TYPE_CHECKING:
    from ppvcms.accounts.actor import Actor
    from ppvcms.wire import Answer, Caller

VISITS = "shows.manage"


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
    if page == VISIT:
        _look_in(caller, room)
        return state_for(room, caller)
    if page == "perform" or (seat is not None and room.performer_id == caller.actor.user_id):
        caller.enter(f"perform:{room.id}")
    place = place_of(room)
    if seat is not None:
        caller.show_id, caller.seat_id = seat.show_id, seat.id
        caller.leave(f"room:{room.id}")
        caller.enter(f"seat:{seat.id}")
        caller.enter(f"show:{seat.show_id}")
    elif page == "public":
        take_place(caller, place)
    if seat is None and (page == "perform" or caller.seat_id is not None):
        _read_along(caller, place)
    role = "performer" if page == feeds.PAGE else services.role_in(room, caller.actor)
    if caller.actor.user_id and unseen(db.session(), room.id, caller.actor.user_id):
        role = PayerRole.VOYEUR
    presence.enter(caller.sid, room.id, user_id=caller.actor.user_id, role=role)
    return state_for(room, caller)


def take_place(caller: Caller, place: Place) -> None:
    """Let a page of somebody who pays here hear of the own seat."""
    seat = seat_in(place.public, caller.actor.user_id)
    if seat is not None:
        caller.seat_id = seat.id
        caller.enter(f"seat:{seat.id}")


def _read_along(caller: Caller, place: Place) -> None:
    """Let a page of a paid show that is written be in its chat, and not in the room's (MD-12)."""
    if place.public is not None and written.is_service(place.public):
        caller.show_id = place.public.id


def _read_until(caller: Caller) -> int | None:
    """Return up to when a payer may read what was written in a public show, None for all."""
    if caller.seat_id is None or caller.page != "public":
        return None
    seat = db.session.get_one(Seat, caller.seat_id)
    if seat.state == Phase.LIVE:
        return None
    return 0 if seat.started_at is None else seat.paused_at or seat.waiting_since


def _look_in(caller: Caller, room: Room) -> None:
    """Let staff into whatever runs, in no count and no list; the visit is kept (BO-07, R-16)."""
    show = services.current_show(room)
    if show is not None and (show.private or written.is_service(show)):
        caller.show_id = show.id
        caller.enter(f"show:{show.id}")
    data = {"show": show.id if show is not None else None}
    actor_id = caller.actor.user_id
    transaction(
        lambda session: audit.record(
            session, actor_id, "rooms.show.watched", f"room:{room.id}", data=data
        )
    )


def state_for(room: Room, caller: Caller) -> dict[str, Any]:
    """Return the answer of `join` (docs/realtime.md)."""
    view = services.view_of(room, show_id=caller.show_id, seat_id=caller.seat_id)
    answer: dict[str, Any] = {
        "state": services.state_json(room),
        "me": me(room, caller.actor),
        "chat": chat.tail(room.id, show_id=caller.show_id, until=_read_until(caller)),
        "plugins": dict(dispatch.collect("room_state", room=view, actor=caller.actor)),
        "server_now": now_ms(db.session()),
    }
    if room.performer_id == caller.actor.user_id:
        answer["queue"] = requests.queue(room.id)
        answer["audience"] = audience(room)
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
            "chat": actor.user_id is not None and (seat is None or seat.role != PayerRole.VOYEUR),
            "ask": _may_ask(room, actor, seat, role),
            "watch": not performs,
        },
        "request": requests.as_json(request) if request is not None else None,
        "seat": seat_view(seat.id).as_json(for_payer=not performs) if seat is not None else None,
        "alert": alerts.wanted(room.id, actor.user_id),
        "balance": balance_json(actor.user_id),
    }
    if performs:
        shown["switches"] = switches.switches(room)
        shown["ready_by"] = room.ready_by
        shown["agreed"] = switches.agreed_in(db.session(), room.id)
    return shown


def _may_ask(room: Room, actor: Actor, seat: Seat | None, role: str) -> bool:
    if role == "visitor":
        return True
    free = seat is None or seat.show_id != room.show_id or not _is_private(seat)
    card_open = services.state(room).live and not room.auto_reject
    return free and card_open and refusal_of_person(room, actor) is None


def _is_private(seat: Seat) -> bool:
    return db.session.get_one(Show, seat.show_id).private


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


def watch(caller: Caller, slot: str | None = None, feed: str | None = None) -> Answer | Refusal:
    """Let a page receive the picture of its place, or name the cause (MT-15).

    `feed` is a guest's camera beside the performer's (R-15): who may receive the
    one may receive the other, for as long.
    """
    room = services.by_id(str(caller.room_id))
    if caller.page == "private":
        return seating.no_picture() if feed is not None else private_media(caller, room)
    place = place_of(room)
    if caller.page == VISIT:
        return _media(_visit(caller, place, feed))
    if caller.page == feeds.PAGE:
        return _media(feeds.watch(place, holder_of(caller), feed))
    if room.performer_id == caller.actor.user_id:
        return _media(_of_others(caller, place, slot, feed))
    seat = seat_in(place.public, caller.actor.user_id)
    if seat is not None:
        return _media(_paid(caller, place, seat, feed))
    refusal = dispatch.decide("check_room_entry", room=services.view_of(room), actor=caller.actor)
    refusal = refusal or may_watch(place, caller.actor)
    return refusal or _media(_free(caller, place, feed))


def _visit(caller: Caller, place: Place, feed: str | None) -> dict[str, Any] | Refusal:
    """Let staff see what runs, public, paid or private, without a seat (R-16)."""
    show = place.private or place.public
    if show is None:
        return _closed(RoomState.OFFLINE)
    return media.grant_for_viewer(shows.stage_of(show), holder_of(caller), feed=feed)


def _of_others(
    caller: Caller, place: Place, slot: str | None, feed: str | None
) -> dict[str, Any] | Refusal:
    """Let the performer see a guest, or the camera of a two-way place, which nobody else sees."""
    if place.public is None or (slot is None and feed is None):
        return Refusal("forbidden", _("This is your own room: your camera is shown beside it."))
    stage, holder = shows.stage_of(place.public), holder_of(caller)
    if slot is None:
        return media.grant_for_viewer(stage, holder, feed=feed)
    return seating.grant_for_slot(stage, holder, slot)


def _paid(caller: Caller, place: Place, seat: Seat, feed: str | None) -> dict[str, Any] | Refusal:
    """Let a payer be in the show: as the seat's role says, and as long as its money (R-30)."""
    show = place.public
    if place.private is not None:
        # Nobody but those who watch unseen goes on while a private runs.
        show = place.private
        if seat.role != PayerRole.VOYEUR or not voyeurs_watch(place):
            return _closed(RoomState.PRIVATE)
    if show is None or place.room.ready_by is not None:
        return _closed(place.scene.state)
    role = MediaRole(seat.role)
    if feed is not None and role is MediaRole.TWO_WAY:
        role = MediaRole.VIEWER
    return seating.grant_for_seat(
        shows.stage_of(show), holder_of(caller), seat_id=seat.id, role=role, feed=feed
    )


def _free(caller: Caller, place: Place, feed: str | None) -> dict[str, Any] | Refusal:
    """Let anybody watch a free show; a paid one only in the seconds after a change (MD-04)."""
    state, show, holder = place.scene.state, place.public, holder_of(caller)
    if show is None or not state.public_media:
        return _closed(state)
    if state is not RoomState.GROUP:
        return _for_a_while(caller, place.room, show, feed)
    until, changed = show.free_until, show.changed_at
    still_free = until is not None and now_ms(db.session()) < until
    if changed is None or not still_free or not seating.watched_before(show.id, holder, changed):
        return Refusal("closed", _("This show is paid. Choose it first; nothing was taken."))
    return media.grant_for_viewer(shows.stage_of(show), holder, ends_at=until, feed=feed)


def _for_a_while(
    caller: Caller, room: Room, show: Show, feed: str | None
) -> dict[str, Any] | Refusal:
    """Let somebody watch a free show for as long as plugins leave them today (AC-16)."""
    holder = holder_of(caller)
    left_s = watching.left_s(holder, services.view_of(room), caller.actor)
    if left_s is not None and left_s <= 0:
        return watching.used_up(caller.actor)
    ends_at = None if left_s is None else now_ms(db.session()) + left_s * 1000
    return media.grant_for_viewer(shows.stage_of(show), holder, ends_at=ends_at, feed=feed)


def publish(caller: Caller) -> Answer | Refusal:
    """Let the performer's page, or a guest's, send into its place."""
    room = services.by_id(str(caller.room_id))
    if caller.page == feeds.PAGE:
        return _media(feeds.publish(room, holder_of(caller)))
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
    if page == feeds.PAGE and not feeds.is_guest(room, actor.user_id):
        return feeds.not_checked_in()
    if page == VISIT and not actor.can(VISITS):
        return Refusal("forbidden", _("Your account cannot look into shows unseen."))
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
