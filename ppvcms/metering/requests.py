"""Asking for a private show or a two-way place: one open request per client (PS-01 to PS-04).

Every decision is one UPDATE of the row that waits, so of two hands that decide at
the same moment exactly one wins. `accepting` opens what was asked for, `calls`
keeps the waiting list of a room that is in a private.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from ppvcms.accounts.models import User
from ppvcms.db import after_commit, db, now_ms, transaction
from ppvcms.events import RequestChanged
from ppvcms.host import registry
from ppvcms.host.settings import site
from ppvcms.ids import new_id
from ppvcms.ledger import outbox
from ppvcms.ledger.store import wallet_view
from ppvcms.metering import seats, settle
from ppvcms.metering.admission import has_seat
from ppvcms.metering.entry import (
    Place,
    place_of,
    refusal_of_wallet,
    refusal_to_buy,
    refusal_to_enter,
)
from ppvcms.metering.quotes import minutes_for, mode_of, terms_of
from ppvcms.metering.state import Reason
from ppvcms.metering.terms import Terms, funds_needed
from ppvcms.realtime import push
from ppvcms.results import Refusal
from ppvcms.rooms.badges import badges_of
from ppvcms.rooms.models import ShowRequest
from ppvcms.rooms.modes import Entry
from ppvcms.rooms.services import by_id
from ppvcms.rooms.states import RoomState

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from ppvcms.accounts.actor import Actor

MOST_MINUTES_SHOWN = 30
LONGEST_NOTE = 200
LISTED_MS = 86_400_000
WAITING, QUEUED, CALLED = "waiting", "queued", "called"
OPEN = (WAITING, QUEUED, CALLED)


# --- The client's side --------------------------------------------------------------------


def ask(
    offer_token: str, note: str, actor: Actor, key: str, *, end_other: bool = False
) -> ShowRequest | Refusal:
    """Ask with the terms of an offer; the same key gives the same request (R-04, R-07).

    Who pays elsewhere is asked first; with `end_other` that seat is settled (R-08).
    A room that is in a private keeps the request in its waiting list (PS-13).
    """
    unique = f"{actor.user_id}:{key}"[:96]
    known = _by_key(unique)
    if known is not None:
        return known
    clicked = terms_of(offer_token, actor)
    if isinstance(clicked, Refusal):
        return clicked
    room_id, terms = clicked
    mode, place = mode_of(terms), place_of(by_id(room_id))
    refusal = mode if isinstance(mode, Refusal) else refusal_to_enter(place, mode, actor)
    refusal = refusal or refusal_to_buy(terms, actor)
    refusal = refusal or _refusal_of_seat(place, str(actor.user_id), end_other=end_other)
    if refusal is not None:
        return refusal
    try:
        return transaction(
            lambda session: _write_request(session, place, actor, terms, note=note, key=unique)
        )
    except IntegrityError:
        # Two clicks at once: the row that was first is the answer to its own key.
        return _by_key(unique) or _one_open()


def _refusal_of_seat(place: Place, client_id: str, *, end_other: bool) -> Refusal | None:
    """Ask about a paid seat elsewhere, or end it; one in this show ends when the private begins."""
    seat = seats.open_seat_of(client_id)
    if seat is None or (place.public is not None and seat.show_id == place.public.id):
        return None
    if not end_other:
        return has_seat(seat)
    settle.end(seat.id, Reason.PAYER_ENDED, by=client_id)
    return None


def _write_request(
    session: Session, place: Place, actor: Actor, terms: Terms, *, note: str, key: str
) -> ShowRequest | Refusal:
    client_id = str(actor.user_id)
    refusal = refusal_of_wallet(wallet_view(session, client_id), funds_needed(terms))
    if refusal is not None and seats.open_seat_of(client_id) is None:
        return refusal
    open_one = session.scalar(select(ShowRequest).where(ShowRequest.open_for == client_id))
    if open_one is not None:
        return open_one if open_one.key == key else _one_open()
    now, listed = now_ms(session), place.scene.state is RoomState.PRIVATE
    row = ShowRequest(
        id=new_id(),
        room_id=place.room.id,
        client_id=client_id,
        open_for=client_id,
        mode=terms.mode,
        state=QUEUED if listed else WAITING,
        note=" ".join(note.split())[:LONGEST_NOTE],
        terms=terms.to_json(),
        made_at=now,
        expires_at=now + (LISTED_MS if listed else site().request_ttl_s * 1000),
        key=key,
    )
    session.add(row)
    session.flush()
    tell(session, row, actor.user_id, fresh=row.id)
    return row


def withdraw(request_id: str, actor: Actor) -> ShowRequest | Refusal:
    """Take one's own request back."""
    request = _of_client(request_id, actor)
    if request is None:
        return gone()
    return end(request_id, "withdrawn", actor_id=actor.user_id, from_client=True)


def current_request(user_id: str | None) -> ShowRequest | None:
    """Return the request of a client that waits now."""
    if user_id is None:
        return None
    query = select(ShowRequest).where(ShowRequest.open_for == user_id)
    return db.session.scalar(query.execution_options(populate_existing=True))


# --- The performer's side -------------------------------------------------------------------


def reject(request_id: str, actor: Actor, reason: str = "") -> ShowRequest | Refusal:
    """Say no to one request, with or without a reason."""
    request = db.session.get(ShowRequest, request_id, populate_existing=True)
    if request is None or by_id(request.room_id).performer_id != actor.user_id:
        return gone()
    return end(request_id, "rejected", actor_id=actor.user_id, reason=reason)


def reject_all(room_id: str, actor: Actor, reason: str = "") -> int | Refusal:
    """Say no to everybody who waits; return how many did."""
    if by_id(room_id).performer_id != actor.user_id:
        return gone()
    answers = [
        end(row.id, "rejected", actor_id=actor.user_id, reason=reason) for row in waiting(room_id)
    ]
    return sum(not isinstance(answer, Refusal) for answer in answers)


# --- Time -------------------------------------------------------------------------------------


def expire() -> int:
    """End requests that nobody answered in time; return how many."""
    query = select(ShowRequest.id).where(
        ShowRequest.state.in_(OPEN), ShowRequest.expires_at <= now_ms(db.session())
    )
    ids = list(db.session.scalars(query))
    return sum(not isinstance(end(one, "expired", actor_id=None), Refusal) for one in ids)


def close_for_room(room_id: str) -> int:
    """End everything that waits for a room that went off; return how many."""
    answers = [end(row.id, "closed", actor_id=None, reason="offline") for row in waiting(room_id)]
    return sum(not isinstance(answer, Refusal) for answer in answers)


# --- Reading ------------------------------------------------------------------------------------


def waiting(room_id: str) -> list[ShowRequest]:
    """Return the requests that wait for a room, its waiting list too, the oldest first."""
    query = (
        select(ShowRequest)
        .where(
            ShowRequest.room_id == room_id,
            ShowRequest.state.in_(OPEN),
            ShowRequest.expires_at > now_ms(db.session()),
        )
        .order_by(ShowRequest.made_at, ShowRequest.id)
        .execution_options(populate_existing=True)
    )
    return list(db.session.scalars(query))


def queue(room_id: str, *, fresh: str | None = None) -> list[dict[str, Any]]:
    """Return the performer's queue in the shape `QueueRow` of docs/realtime.md (PS-03)."""
    rows = waiting(room_id)
    names = dict(
        db.session.execute(
            select(User.id, User.display_name).where(User.id.in_([row.client_id for row in rows]))
        ).all()
    )
    badges = badges_of(names)
    return [
        _queue_row(row, names.get(row.client_id, ""), new=row.id == fresh)
        | {"badge": badges.get(row.client_id)}
        for row in rows
    ]


def _queue_row(row: ShowRequest, name: str, *, new: bool) -> dict[str, Any]:
    terms = Terms.from_json(row.terms)
    minutes = minutes_for(terms, wallet_view(db.session(), row.client_id).available)
    return {
        "id": row.id,
        "name": name,
        "note": row.note,
        "mode": row.mode,
        "rate": terms.rate_per_minute,
        "made_at": row.made_at,
        "expires_at": row.expires_at,
        "minutes": min(minutes, MOST_MINUTES_SHOWN),
        "minutes_more": minutes > MOST_MINUTES_SHOWN,
        "new": new,
        "state": row.state,
        "entry": entry_of(row),
    }


def as_json(row: ShowRequest) -> dict[str, Any]:
    """Return the shape `Request` of docs/realtime.md."""
    return {
        "id": row.id,
        "room": by_id(row.room_id).slug,
        "mode": row.mode,
        "state": row.state,
        "note": row.note,
        "rate": Terms.from_json(row.terms).rate_per_minute,
        "made_at": row.made_at,
        "expires_at": row.expires_at,
        "reason": _reason(row),
        "seat": row.seat_id,
        "entry": entry_of(row),
        "place": _place_in_list(row) if row.state == QUEUED else None,
    }


def entry_of(row: ShowRequest) -> str:
    """Return what was asked for: a show of its own, or a place in one that runs."""
    mode = registry.room_mode(row.mode)
    return mode.entry if mode is not None else Entry.REQUEST


def _place_in_list(row: ShowRequest) -> int:
    before = select(func.count()).where(
        ShowRequest.room_id == row.room_id,
        ShowRequest.state == QUEUED,
        ShowRequest.id <= row.id,
    )
    return db.session.scalar(before) or 1


def _reason(row: ShowRequest) -> str:
    if row.state != "closed":
        return row.reason
    why = _("The room went off. Nothing was taken.")
    if row.reason == "funds":
        why = _("Your credits were not enough any more when it was accepted. Nothing was taken.")
    return str(why)


# --- Small parts ----------------------------------------------------------------------------------


def end(
    request_id: str, to: str, *, actor_id: str | None, reason: str = "", from_client: bool = False
) -> ShowRequest | Refusal:
    """End a request that still waits; whoever comes second changes nothing."""

    def act(session: Session) -> ShowRequest | Refusal:
        won = session.execute(
            update(ShowRequest)
            .where(ShowRequest.id == request_id, ShowRequest.state.in_(OPEN))
            .values(
                state=to, open_for=None, decided_at=now_ms(session), reason=reason.strip()[:200]
            )
            .execution_options(synchronize_session=False)
        )
        row = session.get(ShowRequest, request_id, populate_existing=True)
        if row is None:
            return gone()
        if won.rowcount == 1:  # type: ignore[attr-defined] # an UPDATE has it
            tell(session, row, actor_id)
            return row
        return row if from_client and row.state == to else decided()

    return transaction(act)


def tell(
    session: Session, row: ShowRequest, actor_id: str | None, *, fresh: str | None = None
) -> None:
    """Write the fact that a request changed, and show it to both sides after the commit."""
    fact = RequestChanged(
        id=new_id(),
        at=now_ms(session),
        actor_id=actor_id,
        request_id=row.id,
        room_id=row.room_id,
        client_id=row.client_id,
        state=row.state,
    )
    outbox.write_event(session, fact)
    after_commit(session, lambda: _push(row, fresh))


def _push(row: ShowRequest, fresh: str | None) -> None:
    """Show both sides how it stands."""
    push(f"user:{row.client_id}", "request", as_json(row))
    push_queue(row.room_id, fresh=fresh)


def push_queue(room_id: str, *, fresh: str | None = None) -> None:
    """Send the performer the queue as it is now."""
    data = {"room": by_id(room_id).slug, "queue": queue(room_id, fresh=fresh)}
    push(f"perform:{room_id}", "requests", data)


def _by_key(unique: str) -> ShowRequest | None:
    return db.session.scalar(select(ShowRequest).where(ShowRequest.key == unique))


def _of_client(request_id: str, actor: Actor) -> ShowRequest | None:
    row = db.session.get(ShowRequest, request_id, populate_existing=True)
    return row if row is not None and row.client_id == actor.user_id else None


def _one_open() -> Refusal:
    return Refusal(
        "one_open",
        _("You have asked for a show already. Nothing more was asked."),
        _("Wait for the answer or withdraw that request."),
    )


def decided() -> Refusal:
    """Return the refusal for a request that somebody decided already."""
    return Refusal("gone", _("This request is not waiting any more. Nothing was changed."))


def gone() -> Refusal:
    """Return the refusal for a request that is not there, or not the caller's."""
    return Refusal("not_found", _("There is no such request."))
