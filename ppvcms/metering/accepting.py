"""Accepting a request: the private show begins, or a client gets a two-way place (PS-06, MD-08).

Seat, money, show and grants are one transaction. The order of locks is seats,
room, request, wallets.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask_babel import gettext as _

from ppvcms.db import after_commit, now_ms, transaction
from ppvcms.faultpoints import faultpoint
from ppvcms.host import registry
from ppvcms.media import services as media
from ppvcms.metering import requests, rows, seats, settle, waiting
from ppvcms.metering.admission import admit
from ppvcms.metering.audience import payers
from ppvcms.metering.entry import RefusedError
from ppvcms.metering.models import Seat
from ppvcms.metering.state import Reason
from ppvcms.metering.terms import Terms
from ppvcms.realtime import push
from ppvcms.results import Refusal
from ppvcms.rooms import shows
from ppvcms.rooms.models import Room, Show, ShowRequest
from ppvcms.rooms.modes import Entry, PayerRole
from ppvcms.rooms.ways import slots_of

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from ppvcms.accounts.actor import Actor


@dataclass(frozen=True, slots=True)
class Accepted:
    """What an accepted request became."""

    seat_id: str
    show_id: str
    room_id: str
    client_id: str


def accept(request_id: str, actor: Actor, key: str) -> Accepted | Refusal:
    """Open what was asked for: seat, money, show and grants in one transaction (PS-06, R-29).

    A second acceptance of the same request gives the same seat. If the money is
    not there any more the request ends, and the client is told so alone (R-28).
    """
    try:
        return transaction(lambda session: _accept(session, request_id, actor, key))
    except RefusedError as refused:
        if refused.refusal.code in {"funds", "limit"}:
            requests.end(request_id, "closed", actor_id=actor.user_id, reason="funds")
            return Refusal(
                "client_out_of_time",
                _("This person cannot pay for the show any more. Nothing was charged."),
                _("The request was closed."),
            )
        if refused.refusal.code == "busy":
            return Refusal(
                "busy",
                _("This person is in another show right now. Nothing was charged."),
                _("The request still waits."),
            )
        return refused.refusal


def _accept(session: Session, request_id: str, actor: Actor, key: str) -> Accepted | Refusal:
    found = session.get(ShowRequest, request_id)
    room = _lock_room(session, found.room_id) if found is not None else None
    if room is None or room.performer_id != actor.user_id:
        return requests.gone()
    row = session.get_one(ShowRequest, request_id, with_for_update=True, populate_existing=True)
    if row.state == "accepted" and row.seat_id is not None:
        seat = session.get_one(Seat, row.seat_id)
        return Accepted(seat.id, seat.show_id, room.id, row.client_id)
    public = session.get(Show, room.show_id) if room.show_id is not None else None
    refusal = _refusal_to_accept(session, public, row)
    if refusal is not None or public is None:
        return refusal or requests.gone()
    if requests.entry_of(row) == Entry.ADMIT:
        return _admit(session, room, public, row, actor, key)
    return _open_private(session, room, public, row, actor, key)


def _lock_room(session: Session, room_id: str) -> Room | None:
    """Lock what a private would interrupt, and then the room itself."""
    room = session.get(Room, room_id)
    if room is not None and room.show_id is not None:
        waiting.lock(session, room.show_id)
    return session.get(Room, room_id, with_for_update=True, populate_existing=True)


def _refusal_to_accept(session: Session, public: Show | None, row: ShowRequest) -> Refusal | None:
    if row.state != requests.WAITING or row.expires_at <= now_ms(session):
        return requests.decided()
    if public is None or public.state != "live":
        return Refusal("offline", _("Go live first. The request still waits."))
    if public.private:
        return Refusal("busy", _("A private show is running."), _("End it first."))
    if shows.carrier_inside(public, row.mode) is None:
        return shows.no_engine(_("Nothing was charged, and the request still waits."))
    return None


def _admit(
    session: Session, room: Room, public: Show, row: ShowRequest, actor: Actor, key: str
) -> Accepted:
    mode = registry.room_mode(public.mode)
    slots = slots_of(mode) if mode is not None else 0
    if payers(session, public.id).two_way >= slots:
        raise RefusedError(
            Refusal(
                "full",
                _("Every two-way place is taken. Nothing was charged."),
                _("The request still waits."),
            )
        )
    terms = Terms.from_json(row.terms)
    seat_id = admit(session, public, payer_id=row.client_id, terms=terms, key=key)
    if isinstance(seat_id, Refusal):
        raise RefusedError(seat_id)
    _decide(session, row, seat_id, actor)
    return Accepted(seat_id, public.id, room.id, row.client_id)


def _open_private(
    session: Session, room: Room, public: Show, row: ShowRequest, actor: Actor, key: str
) -> Accepted:
    terms = Terms.from_json(row.terms)
    _leave_public(session, public, row.client_id)
    show = shows.start_private(session, room, mode=row.mode)
    # Who watches unseen goes on, if the client of the private saw so on the panel.
    spared = frozenset({PayerRole.VOYEUR.value}) if terms.voyeurs else frozenset()
    waiting.begin(session, public.id, spared=spared)
    seat = seats.open_seat(
        session, show=show, payer_id=row.client_id, terms=terms, request_id=row.id, key=key
    )
    if isinstance(seat, Refusal):
        raise RefusedError(seat)
    media.open_private(
        session,
        shows.stage_of(show),
        seat_id=seat.id,
        performer_id=room.performer_id,
        payer_id=row.client_id,
    )
    _decide(session, row, seat.id, actor)
    accepted = Accepted(seat.id, show.id, room.id, row.client_id)
    after_commit(session, lambda: _tell_private(accepted, room.slug, show.mode))
    return accepted


def _leave_public(session: Session, public: Show, client_id: str) -> None:
    """Settle the client's own seat in the public show: nobody pays two rates (R-40)."""
    for seat in rows.of_shows(session, [public.id]):
        if seat.payer_id == client_id:
            settle.end(seat.id, Reason.PRIVATE_BEGAN, by=client_id)


def _decide(session: Session, row: ShowRequest, seat_id: str, actor: Actor) -> None:
    row.state, row.open_for, row.seat_id = "accepted", None, seat_id
    row.decided_at = now_ms(session)
    requests.tell(session, row, actor.user_id)


def _tell_private(accepted: Accepted, slug: str, mode: str) -> None:
    data = {"seat": accepted.seat_id, "show": accepted.show_id, "room": slug, "mode": mode}
    push(f"user:{accepted.client_id}", "private", data)
    push(f"perform:{accepted.room_id}", "private", data)
    faultpoint("seat.committed")
