"""The core's own notices: what people are told of the facts of their money and their shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, func, select

from ppvcms.accounts.models import Role, User
from ppvcms.db import now_ms, transaction
from ppvcms.events import CodeChanged, PaymentSettled, RequestChanged, SeatClosed
from ppvcms.ledger.models import Share, Transfer
from ppvcms.ledger.store import wallet_view
from ppvcms.metering.models import Seat
from ppvcms.metering.unseen import name_for_performer
from ppvcms.notices.models import Notice, NoticeThread
from ppvcms.notices.services import send_notice
from ppvcms.payments.models import PaymentIntent
from ppvcms.payments.purposes import CREDITS
from ppvcms.rooms.models import Room

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from ppvcms.events import Event

KEPT_MS = 90 * 86_400_000
CHANGED = {
    "rejected": "core.request_rejected",
    "expired": "core.request_expired",
    "closed": "core.request_closed",
    "called": "core.your_turn",
}


def tell(event: Event) -> None:
    """Tell the people of a fact what it means for them; each fact tells once."""
    if isinstance(event, SeatClosed):
        transaction(lambda session: _seat_closed(session, event))
    elif isinstance(event, PaymentSettled):
        transaction(lambda session: _credited(session, event))
    elif isinstance(event, RequestChanged) and event.state in CHANGED:
        transaction(lambda session: _request_changed(session, event))
    elif isinstance(event, CodeChanged):
        transaction(lambda session: _code_changed(session, event))


def forget_old() -> None:
    """Delete notices of long ago, and threads whose gap has passed long since."""
    transaction(_forget)


def _seat_closed(session: Session, event: SeatClosed) -> None:
    if event.amount == 0:
        return
    seat = session.get_one(Seat, event.seat_id)
    payer, performer = (session.get_one(User, one) for one in (seat.payer_id, seat.performer_id))
    send_notice(
        session,
        payer.id,
        "core.receipt",
        values={"with": performer.display_name, "amount": event.amount},
        link=f"/account/sessions/{seat.id}",
        key=f"receipt:{seat.id}",
    )
    send_notice(
        session,
        performer.id,
        "core.earned",
        values={"who": name_for_performer(session, seat.id), "amount": _earned(session, seat)},
        link=f"/perform/earnings/{seat.id}",
        key=f"earned:{seat.id}",
    )
    _warn_of_low_balance(session, seat)


def _warn_of_low_balance(session: Session, seat: Seat) -> None:
    left = wallet_view(session, seat.payer_id).available
    if left < seat.rate:
        send_notice(
            session,
            seat.payer_id,
            "core.balance_low",
            values={"amount": left},
            link="/credits",
            key=f"low:{seat.id}",
        )


def _earned(session: Session, seat: Seat) -> int:
    """Return the performer's part of what a seat was charged, in minor units."""
    query = (
        select(func.coalesce(func.sum(Share.amount), 0))
        .join(Transfer, Transfer.id == Share.transfer_id)
        .where(Transfer.source == f"seat:{seat.id}", Share.party_id == seat.performer_id)
    )
    return int(session.scalar(query) or 0)


def _credited(session: Session, event: PaymentSettled) -> None:
    intent = session.get_one(PaymentIntent, event.intent_id)
    if intent.purpose != CREDITS and not intent.message:
        # What was paid went on into what it was paid for.
        return
    send_notice(
        session,
        event.user_id,
        "core.credits",
        values={"amount": event.credits},
        link="/account",
        key=f"payment:{event.intent_id}",
    )


def _request_changed(session: Session, event: RequestChanged) -> None:
    room = session.get_one(Room, event.room_id)
    send_notice(
        session,
        event.client_id,
        CHANGED[event.state],
        values={"room": room.title},
        link=f"/rooms/{room.slug}",
        key=f"request:{event.request_id}:{event.state}",
    )


def _code_changed(session: Session, event: CodeChanged) -> None:
    acts = {
        "installed": _l("installed"),
        "upgraded": _l("upgraded"),
        "rolled_back": _l("taken back to its version before"),
        "uninstalled": _l("uninstalled"),
        "purged": _l("deleted with its data"),
    }
    actor = session.get(User, event.actor_id) if event.actor_id else None
    words = {
        "what": f"{event.slug} {event.version}".strip(),
        "act": acts[event.act],
        "who": actor.display_name if actor is not None else _l("Somebody with a command"),
    }
    owners = select(User).join(User.roles).where(Role.key == "owner").order_by(User.id)
    for owner in session.scalars(owners):
        if owner.id != event.actor_id:
            send_notice(
                session,
                owner.id,
                "core.code_changed",
                values=words,
                link="/admin/audit",
                key=f"code:{event.id}",
            )


def _forget(session: Session) -> None:
    long_ago = now_ms(session) - KEPT_MS
    session.execute(delete(Notice).where(Notice.made_at < long_ago))
    session.execute(delete(NoticeThread).where(NoticeThread.due_at < long_ago))
