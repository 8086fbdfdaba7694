"""Asking for a private show: one open request per client, decided once (PS-01 to PS-06).

Every decision is one UPDATE of the row that waits, so of two hands that decide at
the same moment exactly one wins. Accepting opens the seat with its money, the
private show and both sides' grants in the same transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from ppvcms.accounts.models import User
from ppvcms.db import after_commit, db, now_ms, transaction
from ppvcms.events import RequestChanged
from ppvcms.faultpoints import faultpoint
from ppvcms.host import dispatch
from ppvcms.host.settings import site
from ppvcms.ids import new_id
from ppvcms.ledger import outbox
from ppvcms.ledger.store import wallet_view
from ppvcms.media import services as media
from ppvcms.metering import seats
from ppvcms.metering.models import Seat
from ppvcms.metering.quotes import minutes_for, refusal_to_ask, terms_of
from ppvcms.metering.terms import Terms, funds_needed
from ppvcms.realtime import push
from ppvcms.results import Refusal
from ppvcms.rooms import shows
from ppvcms.rooms.models import Room, Show, ShowRequest
from ppvcms.rooms.services import by_id, view_of

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from ppvcms.accounts.actor import Actor

MOST_MINUTES_SHOWN = 30
LONGEST_NOTE = 200


@dataclass(frozen=True, slots=True)
class Accepted:
    """What an accepted request became."""

    seat_id: str
    show_id: str
    room_id: str
    client_id: str


class _RefusedError(Exception):
    """Undo the transaction of an acceptance and carry its reason out."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal


# --- The client's side --------------------------------------------------------------------


def ask(offer_token: str, note: str, actor: Actor, key: str) -> ShowRequest | Refusal:
    """Ask with the terms of an offer; the same key gives the same request (R-04, R-07)."""
    unique = f"{actor.user_id}:{key}"[:96]
    known = _by_key(unique)
    if known is not None:
        return known
    clicked = terms_of(offer_token, actor)
    if isinstance(clicked, Refusal):
        return clicked
    room_id, terms = clicked
    room = by_id(room_id)
    refusal = refusal_to_ask(room, actor) or dispatch.decide(
        "check_room_entry", room=view_of(room), actor=actor
    )
    if refusal is not None:
        return refusal
    busy = seats.open_seat_of(str(actor.user_id))
    if busy is not None:
        return _has_seat(busy)
    try:
        return transaction(
            lambda session: _write_request(session, room, actor, terms, note=note, key=unique)
        )
    except IntegrityError:
        # Two clicks at once: the row that was first is the answer to its own key.
        return _by_key(unique) or _one_open()


def _write_request(
    session: Session, room: Room, actor: Actor, terms: Terms, *, note: str, key: str
) -> ShowRequest | Refusal:
    client_id = str(actor.user_id)
    available = wallet_view(session, client_id).available
    needed = funds_needed(terms)
    if available < needed:
        return short_of_funds(needed, available)
    open_one = session.scalar(select(ShowRequest).where(ShowRequest.open_for == client_id))
    if open_one is not None:
        return open_one if open_one.key == key else _one_open()
    now = now_ms(session)
    row = ShowRequest(
        id=new_id(),
        room_id=room.id,
        client_id=client_id,
        open_for=client_id,
        mode=terms.mode,
        state="waiting",
        note=" ".join(note.split())[:LONGEST_NOTE],
        terms=terms.to_json(),
        made_at=now,
        expires_at=now + site().request_ttl_s * 1000,
        key=key,
    )
    session.add(row)
    session.flush()
    _tell(session, row, actor.user_id, fresh=row.id)
    return row


def withdraw(request_id: str, actor: Actor) -> ShowRequest | Refusal:
    """Take one's own request back."""
    request = _of_client(request_id, actor)
    if request is None:
        return _gone()
    return _end(request_id, "withdrawn", actor_id=actor.user_id, from_client=True)


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
        return _gone()
    return _end(request_id, "rejected", actor_id=actor.user_id, reason=reason)


def reject_all(room_id: str, actor: Actor, reason: str = "") -> int | Refusal:
    """Say no to everybody who waits; return how many did."""
    if by_id(room_id).performer_id != actor.user_id:
        return _gone()
    answers = [
        _end(row.id, "rejected", actor_id=actor.user_id, reason=reason) for row in waiting(room_id)
    ]
    return sum(not isinstance(answer, Refusal) for answer in answers)


def accept(request_id: str, actor: Actor, key: str) -> Accepted | Refusal:
    """Open the private show: seat, money, show and grants in one transaction (PS-06, R-29).

    A second acceptance of the same request gives the same seat. If the money is
    not there any more the request ends, and the client is told so alone (R-28).
    """
    try:
        return transaction(lambda session: _accept(session, request_id, actor, key))
    except _RefusedError as refused:
        if refused.refusal.code == "funds":
            _end(request_id, "closed", actor_id=actor.user_id, reason="funds")
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
    room = session.get(Room, found.room_id, with_for_update=True) if found is not None else None
    if found is None or room is None or room.performer_id != actor.user_id:
        return _gone()
    row = session.get(ShowRequest, request_id, with_for_update=True, populate_existing=True)
    if row is None:
        return _gone()
    if row.state == "accepted" and row.seat_id is not None:
        seat = session.get_one(Seat, row.seat_id)
        return Accepted(seat.id, seat.show_id, room.id, row.client_id)
    refusal = _refusal_to_accept(session, room, row)
    return refusal or _open_private(session, room, row, actor, key)


def _refusal_to_accept(session: Session, room: Room, row: ShowRequest) -> Refusal | None:
    if row.state != "waiting" or row.expires_at <= now_ms(session):
        return _decided()
    public = session.get(Show, room.show_id) if room.show_id is not None else None
    if public is None or public.state != "live":
        return Refusal("offline", _("Go live first. The request still waits."))
    if public.private:
        return Refusal("busy", _("A private show is running."), _("End it first."))
    return None


def _open_private(
    session: Session, room: Room, row: ShowRequest, actor: Actor, key: str
) -> Accepted:
    show = shows.start_private(session, room, mode=row.mode)
    seat = seats.open_seat(
        session,
        show=show,
        payer_id=row.client_id,
        terms=Terms.from_json(row.terms),
        request_id=row.id,
        key=key,
    )
    if isinstance(seat, Refusal):
        raise _RefusedError(seat)
    row.state, row.open_for, row.seat_id = "accepted", None, seat.id
    row.decided_at = now_ms(session)
    media.open_private(
        session,
        shows.stage_of(show),
        seat_id=seat.id,
        performer_id=room.performer_id,
        payer_id=row.client_id,
    )
    _tell(session, row, actor.user_id)
    accepted = Accepted(seat.id, show.id, room.id, row.client_id)
    after_commit(session, lambda: _tell_private(accepted, room.slug, show.mode))
    return accepted


def _tell_private(accepted: Accepted, slug: str, mode: str) -> None:
    data = {"seat": accepted.seat_id, "show": accepted.show_id, "room": slug, "mode": mode}
    push(f"user:{accepted.client_id}", "private", data)
    push(f"perform:{accepted.room_id}", "private", data)
    faultpoint("seat.committed")


# --- Time -------------------------------------------------------------------------------------


def expire() -> int:
    """End requests that nobody answered in time; return how many."""
    query = select(ShowRequest.id).where(
        ShowRequest.state == "waiting", ShowRequest.expires_at <= now_ms(db.session())
    )
    ids = list(db.session.scalars(query))
    return sum(not isinstance(_end(one, "expired", actor_id=None), Refusal) for one in ids)


def close_for_room(room_id: str) -> int:
    """End everything that waits for a room that went off; return how many."""
    answers = [_end(row.id, "closed", actor_id=None, reason="offline") for row in waiting(room_id)]
    return sum(not isinstance(answer, Refusal) for answer in answers)


# --- Reading ------------------------------------------------------------------------------------


def waiting(room_id: str) -> list[ShowRequest]:
    """Return the requests that wait for a room, the oldest first."""
    query = (
        select(ShowRequest)
        .where(
            ShowRequest.room_id == room_id,
            ShowRequest.state == "waiting",
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
    return [_queue_row(row, names.get(row.client_id, ""), new=row.id == fresh) for row in rows]


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
    }


def _reason(row: ShowRequest) -> str:
    if row.state != "closed":
        return row.reason
    why = _("The room went off. Nothing was taken.")
    if row.reason == "funds":
        why = _("Your credits were not enough any more when it was accepted. Nothing was taken.")
    return str(why)


# --- Small parts ----------------------------------------------------------------------------------


def _end(
    request_id: str, to: str, *, actor_id: str | None, reason: str = "", from_client: bool = False
) -> ShowRequest | Refusal:
    """End a request that still waits; whoever comes second changes nothing."""

    def act(session: Session) -> ShowRequest | Refusal:
        won = session.execute(
            update(ShowRequest)
            .where(ShowRequest.id == request_id, ShowRequest.state == "waiting")
            .values(
                state=to, open_for=None, decided_at=now_ms(session), reason=reason.strip()[:200]
            )
            .execution_options(synchronize_session=False)
        )
        row = session.get(ShowRequest, request_id, populate_existing=True)
        if row is None:
            return _gone()
        if won.rowcount == 1:  # type: ignore[attr-defined] # an UPDATE has it
            _tell(session, row, actor_id)
            return row
        return row if from_client and row.state == to else _decided()

    return transaction(act)


def _tell(
    session: Session, row: ShowRequest, actor_id: str | None, *, fresh: str | None = None
) -> None:
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


def short_of_funds(needed: int, available: int) -> Refusal:
    """Return the refusal of somebody who has too little to ask (PS-02)."""
    missing = needed - available
    return Refusal(
        "funds",
        _(
            "This show needs %(needed)s credits to begin and you have %(available)s available. "
            "Nothing was taken.",
            needed=_credits(needed),
            available=_credits(available),
        ),
        _("Add at least %(missing)s to go on.", missing=_credits(missing)),
        missing=missing,
    )


def _has_seat(seat: Seat) -> Refusal:
    return Refusal(
        "busy",
        _("You are in a paid show already. Nothing was asked."),
        _("End that one first."),
        details={"seat": seat.id},
    )


def _one_open() -> Refusal:
    return Refusal(
        "one_open",
        _("You have asked for a show already. Nothing more was asked."),
        _("Wait for the answer or withdraw that request."),
    )


def _decided() -> Refusal:
    return Refusal("gone", _("This request is not waiting any more. Nothing was changed."))


def _gone() -> Refusal:
    return Refusal("not_found", _("There is no such request."))


def _credits(amount: int) -> str:
    return f"{amount // 100}.{amount % 100:02d}"
