"""Seats from outside: open one, end it, look at it, bring it back after a top-up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import gettext as _
from sqlalchemy import select

from ppvcms.accounts.models import User
from ppvcms.db import after_commit, db, now_ms
from ppvcms.events import SeatOpened
from ppvcms.faultpoints import faultpoint
from ppvcms.ids import new_id
from ppvcms.ledger.models import Hold
from ppvcms.ledger.outbox import write_event
from ppvcms.ledger.store import (
    AccountKind,
    lock_accounts,
    open_account,
    place_hold,
    wallet_of,
)
from ppvcms.media.services import SeatLease
from ppvcms.metering import settle, turns
from ppvcms.metering.clock import opened
from ppvcms.metering.figures import LOOK_EVERY_MS
from ppvcms.metering.models import Seat
from ppvcms.metering.rows import OPEN_STATES, values_of
from ppvcms.metering.state import Phase, Reason
from ppvcms.metering.terms import first_block
from ppvcms.metering.view import Line, SeatView, seat_view, seat_views
from ppvcms.results import Refusal

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from ppvcms.accounts.actor import Actor
    from ppvcms.metering.terms import Terms
    from ppvcms.rooms.models import Show

__all__ = [
    "Line",
    "Phase",
    "Reason",
    "SeatView",
    "end_seat",
    "lease_of",
    "live_seats_of",
    "open_seat",
    "open_seat_of",
    "resume_after_top_up",
    "seat_view",
    "seat_views",
    "take_break",
]

STAFF_ROLES = frozenset({"owner", "moderator"})
MANAGE = "shows.manage"


def open_seat(
    session: Session,
    *,
    show: Show,
    payer_id: str,
    terms: Terms,
    request_id: str | None,
    key: str,
    now: int | None = None,
) -> Seat | Refusal:
    """Open a payer's seat in a show and secure its first block, in the caller's transaction.

    The same key gives the same seat. Terms without a price hold nothing (RM-13).
    The refusals are "funds" (R-29), "busy" (R-08, with the seat that is open) and
    "forbidden" (R-16); then nothing of this was written. `now` stands for the
    database's clock in tests.
    """
    faultpoint("seat.begin")
    wallet = wallet_of(session, payer_id)
    lock_accounts(session, [wallet.id])
    hold_key = f"seat:{payer_id}:{key}"
    known = _opened_before(session, show, payer_id, terms, hold_key)
    if known is not None:
        return known
    refusal = _refusal_to_open(session, show, payer_id, terms)
    if refusal is not None:
        return refusal
    faultpoint("seat.locked")
    seat_id, now = new_id(), now_ms(session) if now is None else now
    state = opened(terms, now=now)
    hold_id = _hold(session, wallet.id, state.secured, seat_id, hold_key)
    if isinstance(hold_id, Refusal):
        return hold_id
    faultpoint("seat.held")
    seat = Seat(
        id=seat_id,
        show_id=show.id,
        room_id=show.room_id,
        payer_id=payer_id,
        performer_id=show.performer_id,
        request_id=request_id,
        mode=terms.mode,
        terms=terms.to_json(),
        wallet_id=wallet.id,
        escrow_id=open_account(session, AccountKind.ESCROW, "show", show.id, terms.currency).id,
        hold_id=hold_id,
        opened_at=now,
        seq=0,
        lease_seq=1,
        due_at=now + LOOK_EVERY_MS,
        beat_at=now,
        **values_of(state),
    )
    session.add(seat)
    session.flush()
    write_event(
        session,
        SeatOpened(
            id=new_id(),
            at=now,
            actor_id=payer_id,
            seat_id=seat_id,
            show_id=show.id,
            room_id=show.room_id,
        ),
    )
    session.flush()
    faultpoint("seat.outboxed")
    after_commit(session, lambda: faultpoint("seat.commit_sent"))
    return seat


def _opened_before(
    session: Session, show: Show, payer_id: str, terms: Terms, hold_key: str
) -> Seat | None:
    """Return the seat that this click opened already; a free one is known by its show (RM-13)."""
    if first_block(terms):
        return session.scalar(
            select(Seat).join(Hold, Hold.seat_id == Seat.id).where(Hold.key == hold_key)
        )
    mine = (Seat.payer_id == payer_id) & (Seat.show_id == show.id) & (Seat.mode == terms.mode)
    free = select(Seat).where(mine, Seat.state.in_(OPEN_STATES))
    return next((one for one in session.scalars(free) if not one.terms["rate_per_minute"]), None)


def _hold(
    session: Session, wallet_id: str, amount: int, seat_id: str, key: str
) -> str | Refusal | None:
    """Hold what opens a seat, in minor units; nothing where nothing is due."""
    if not amount:
        return None
    source = f"seat:{seat_id}"
    hold = place_hold(session, wallet_id, amount, key=key, source=source, seat_id=seat_id)
    return hold if isinstance(hold, Refusal) else hold.id


def _refusal_to_open(session: Session, show: Show, payer_id: str, terms: Terms) -> Refusal | None:
    """Return why a payer gets no seat in a show, or None; the payer's wallet is locked."""
    payer = session.get_one(User, payer_id)
    staff = any(role.key in STAFF_ROLES for role in payer.roles)
    earning = {one.performer_id for one in terms.sharers} | {one.studio_id for one in terms.sharers}
    if staff or payer_id in earning | {show.performer_id}:
        return Refusal(
            "forbidden",
            _("You work on this site, so you are never billed here. Nothing was taken."),
        )
    running = session.scalar(
        select(Seat.id).where(Seat.payer_id == payer_id, Seat.state.in_(OPEN_STATES)).limit(1)
    )
    if running is not None:
        return Refusal(
            "busy",
            _("You are in a paid show already. Nothing was taken."),
            _("End that one first."),
            details={"seat": running},
        )
    return None


def end_seat(seat_id: str, actor: Actor) -> SeatView | Refusal:
    """End a seat and settle it, by either side or by staff (PS-09, R-14).

    A seat that is over already stays as it is.

    Raises:
        NotFoundError: There is no such seat.
    """
    view = seat_view(seat_id)
    if actor.user_id == view.payer_id:
        reason = Reason.PAYER_ENDED
    elif actor.user_id == view.performer_id:
        reason = Reason.PERFORMER_ENDED
    elif actor.can(MANAGE):
        reason = Reason.STAFF
    else:
        return Refusal("forbidden", _("This is not your show. Nothing was changed."))
    settle.end(seat_id, reason, by=actor.user_id)
    return seat_view(seat_id)


def resume_after_top_up(payer_id: str) -> SeatView | None:
    """Look at a payer's open seat at once, because there is new money (R-37).

    An exhausted seat goes on if its window is open; a running one is extended
    at its time and never interrupted (R-36).
    """
    seat = open_seat_of(payer_id)
    if seat is None:
        return None
    settle.look_at(seat.id)
    return seat_view(seat.id)


def take_break(seat_id: str, actor: Actor, *, on: bool) -> SeatView | Refusal:
    """Let the performer of a private rest unbilled, or be back (PS-11).

    Raises:
        NotFoundError: There is no such seat.
    """
    view = seat_view(seat_id)
    if not view.private or actor.user_id != view.performer_id:
        return Refusal("not_found", _("There is no such show."))
    refusal = turns.rest(seat_id) if on else turns.rest_over(seat_id)
    return refusal or seat_view(seat_id)


def open_seat_of(payer_id: str) -> Seat | None:
    """Return the one paid seat that a payer has now, on the whole site (R-08)."""
    query = select(Seat).where(Seat.payer_id == payer_id, Seat.state.in_(OPEN_STATES)).limit(1)
    return db.session.scalar(query.execution_options(populate_existing=True))


def live_seats_of(show_id: str) -> list[Seat]:
    """Return the seats of a show that are not over, oldest first."""
    query = (
        select(Seat)
        .where(Seat.show_id == show_id, Seat.state.in_(OPEN_STATES))
        .order_by(Seat.opened_at, Seat.id)
        .execution_options(populate_existing=True)
    )
    return list(db.session.scalars(query))


def lease_of(session: Session, seat_id: str) -> SeatLease | None:
    """Return what a seat allows its media now; for `media.services.read_seats_with`.

    Raises nothing: a seat that does not exist has no lease.
    """
    row = session.execute(
        select(Seat.state, Seat.secured_until, Seat.lease_seq).where(Seat.id == seat_id)
    ).first()
    if row is None:
        return None
    phase = Phase(row.state)
    return SeatLease(
        on=phase in {Phase.SECURED, Phase.LIVE},
        until=row.secured_until,
        seq=row.lease_seq,
        over=phase.over,
    )
