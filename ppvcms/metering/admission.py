"""Into a running public show and out of it: the click, the two-way place, going on.

A payer has one seat in a show, whatever the role: another role is a segment of the
same seat (R-09). Refusals change nothing and say so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import gettext as _

from ppvcms.db import after_commit, db, transaction
from ppvcms.media import services as media
from ppvcms.metering import rows, seats, settle, turns
from ppvcms.metering.audience import push_audience
from ppvcms.metering.entry import (
    Place,
    RefusedError,
    closed,
    place_of,
    refusal_to_buy,
    refusal_to_enter,
    seat_in,
    voyeurs_watch,
)
from ppvcms.metering.models import Seat
from ppvcms.metering.quotes import mode_of, terms_of
from ppvcms.metering.state import Reason
from ppvcms.metering.terms import Terms
from ppvcms.metering.view import SeatView, seat_view
from ppvcms.realtime import push
from ppvcms.results import Refusal
from ppvcms.rooms import presence
from ppvcms.rooms.models import Room, Show
from ppvcms.rooms.modes import Entry, PayerRole
from ppvcms.rooms.services import by_id, push_state
from ppvcms.rooms.states import RoomState

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from ppvcms.accounts.actor import Actor
    from ppvcms.rooms.modes import RoomMode


def enter_show(
    actor: Actor, offer_token: str, key: str, *, end_other: bool = False
) -> SeatView | Refusal:
    """Come into a running show with the terms of an offer, by the payer's click (R-07).

    Opens a seat, or changes the role of the one that is there. With a paid seat
    elsewhere the answer is "busy"; with `end_other` that one is settled and this
    one opened in one transaction, or neither (R-08).
    """
    clicked = terms_of(offer_token, actor)
    if isinstance(clicked, Refusal):
        return clicked
    room_id, terms = clicked
    mode, place = mode_of(terms), place_of(by_id(room_id))
    if isinstance(mode, Refusal):
        return mode
    seat = seat_in(place.public, actor.user_id)
    if seat is not None and seat.role == terms.role:
        return seat_view(seat.id)
    refusal = _refusal_to_click(place, mode, actor) or refusal_to_buy(terms, actor)
    if refusal is not None or place.public is None:
        return refusal or closed()
    if seat is not None:
        return change_role(seat.id, terms)
    opened = _open(place.public.id, actor, terms, key, end_other=end_other)
    return opened if isinstance(opened, Refusal) else seat_view(opened)


def _refusal_to_click(place: Place, mode: RoomMode, actor: Actor) -> Refusal | None:
    if mode.entry is not Entry.CLICK:
        return Refusal("not_found", _("This kind of show is asked for. Nothing was taken."))
    refusal = refusal_to_enter(place, mode, actor)
    if refusal is None and place.scene.state is RoomState.PRIVATE and not voyeurs_watch(place):
        return closed()
    return refusal


def _open(show_id: str, actor: Actor, terms: Terms, key: str, *, end_other: bool) -> str | Refusal:
    other = seats.open_seat_of(str(actor.user_id))
    if other is not None and not end_other:
        return has_seat(other)
    other_id = other.id if other is not None else None
    try:
        return transaction(lambda s: _enter(s, show_id, actor, terms, key, other_id))
    except RefusedError as refused:
        return refused.refusal


def _enter(
    session: Session, show_id: str, actor: Actor, terms: Terms, key: str, other_id: str | None
) -> str:
    """Open the seat under the room's lock, so that no private begins beside it (R-39)."""
    if other_id is not None:
        rows.by_id(session, other_id)
    if not _runs(session, show_id, terms):
        raise RefusedError(closed())
    if other_id is not None:
        settle.end(other_id, Reason.PAYER_ENDED, by=actor.user_id)
    seat = seats.open_seat(
        session,
        show=session.get_one(Show, show_id),
        payer_id=str(actor.user_id),
        terms=terms,
        request_id=None,
        key=key,
    )
    if isinstance(seat, Refusal):
        raise RefusedError(seat)
    seat_id = seat.id
    after_commit(session, lambda: tell_entered(seat_id))
    return seat_id


def _runs(session: Session, show_id: str, terms: Terms) -> bool:
    """Whether the show can still be entered with these terms; its room is locked by this."""
    show = session.get_one(Show, show_id)
    room = session.get(Room, show.room_id, with_for_update=True, populate_existing=True)
    session.refresh(show)
    running = session.get(Show, room.show_id) if room is not None and room.show_id else None
    if show.state != "live" or running is None:
        return False
    if terms.role == PayerRole.VIEWER:
        return running.id == show_id and show.mode == terms.mode
    return show_id in {running.id, running.parent_id}


def admit(session: Session, show: Show, *, payer_id: str, terms: Terms, key: str) -> str | Refusal:
    """Give a client a two-way place, in the caller's transaction with the room locked (MD-08).

    Return the seat: a new one, or the payer's own with its new role.
    """
    own = next((row for row in rows.of_shows(session, [show.id]) if row.payer_id == payer_id), None)
    if own is not None:
        own_id: str = own.id
        refusal = turns.rerate(own_id, role=terms.role, rate_per_minute=terms.rate_per_minute)
        after_commit(session, lambda: tell_role(own_id))
        return refusal or own_id
    seat = seats.open_seat(
        session, show=show, payer_id=payer_id, terms=terms, request_id=None, key=key
    )
    if isinstance(seat, Refusal):
        return seat
    seat_id = seat.id
    after_commit(session, lambda: tell_entered(seat_id))
    return seat_id


def change_role(seat_id: str, terms: Terms) -> SeatView | Refusal:
    """Let a payer be something else in the show from this second on, at clicked terms (R-09)."""
    refusal = turns.rerate(seat_id, role=terms.role, rate_per_minute=terms.rate_per_minute)
    if refusal is not None:
        return refusal
    tell_role(seat_id)
    return seat_view(seat_id)


def leave_slot(seat_id: str, actor: Actor) -> SeatView | Refusal:
    """Leave a two-way place, by either side; its rate ends at this second (MD-08).

    Who came from the show goes on in it at the old rate; who had the place alone
    is out, and the seat is settled.
    """
    view = seat_view(seat_id)
    if actor.user_id not in {view.payer_id, view.performer_id}:
        return Refusal("not_found", _("There is no such show."))
    if view.over or view.role != PayerRole.TWO_WAY:
        return view
    terms = Terms.from_json(db.session.get_one(Seat, seat_id).terms)
    if terms.role != PayerRole.TWO_WAY:
        return change_role(seat_id, terms)
    mine = actor.user_id == view.payer_id
    reason = Reason.PAYER_ENDED if mine else Reason.PERFORMER_ENDED
    settle.end(seat_id, reason, by=actor.user_id)
    return seat_view(seat_id)


def go_on(seat_id: str, actor: Actor) -> SeatView | Refusal:
    """Go on after a long private, by the payer's click on Continue (R-39)."""
    return _turn(seat_id, actor, lambda: turns.go_on(seat_id))


def next_block(seat_id: str, nr: int, actor: Actor) -> SeatView | Refusal:
    """Take the next fixed block, by the payer's click (PS-12)."""
    return _turn(seat_id, actor, lambda: turns.next_block(seat_id, nr))


def _turn(seat_id: str, actor: Actor, act: Callable[[], Refusal | None]) -> SeatView | Refusal:
    if seat_view(seat_id).payer_id != actor.user_id:
        return Refusal("not_found", _("There is no such show."))
    refusal = act()
    if refusal is not None:
        return refusal
    view = seat_view(seat_id)
    push_audience(view.room_id)
    return view


def has_seat(seat: Seat) -> Refusal:
    """Return the question to somebody who pays elsewhere: end that first (R-08)?"""
    room = by_id(seat.room_id)
    return Refusal(
        "busy",
        _("You are in a paid show of %(room)s already. Nothing was taken.", room=room.title),
        _("End that one first."),
        details={"seat": seat.id, "room": room.slug, "title": room.title},
    )


# --- Telling ------------------------------------------------------------------------------


def tell_entered(seat_id: str) -> None:
    """Tell the payer's pages and the performer that a seat was opened."""
    _tell(seat_view(seat_id))


def tell_role(seat_id: str) -> None:
    """End the media of the role before, and tell everybody who may know of the new one."""
    media.cut(seat_id, "role")
    _tell(seat_view(seat_id))


def _tell(view: SeatView) -> None:
    unseen = view.role == PayerRole.VOYEUR
    presence.mark(view.room_id, view.payer_id, view.role if unseen else "client")
    entered = {
        "seat": view.id,
        "show": view.show_id,
        "room": view.room_slug,
        "mode": view.mode,
        "role": view.role,
    }
    push(f"user:{view.payer_id}", "entered", entered)
    push_audience(view.room_id)
    if not unseen:
        push_state(view.room_id)
