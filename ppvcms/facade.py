"""What plugins may do with rooms and money, in plain words; `ppvcms.api` gives it to them.

A plugin proposes, the books post: money moves through `charge` alone, inside the
plugin's own transaction, so that what it writes and what is paid are one fact.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _

from ppvcms.accounts import roles
from ppvcms.db import after_commit, db
from ppvcms.faultpoints import faultpoint
from ppvcms.host.labels import label
from ppvcms.ledger import store
from ppvcms.metering.seats import open_seat_of
from ppvcms.metering.sharing import as_books, present_in, sharers_of
from ppvcms.metering.view import seat_view
from ppvcms.realtime import push
from ppvcms.results import Refusal
from ppvcms.rooms import chat, services
from ppvcms.rooms.models import Room, Show

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from ppvcms.accounts.actor import Actor
    from ppvcms.host.contract import RoomView
    from ppvcms.ledger.store import Wallet

SPEND = "tip.send"


def wallet(user_id: str) -> Wallet:
    """Return what a person owns, holds and can spend, in minor units of credits (R-03)."""
    return store.wallet_view(db.session(), user_id)


def charge(  # noqa: PLR0913 - each is a fact of the payment, given by name
    session: Session,
    *,
    payer: Actor,
    room_id: str,
    amount: int,
    kind: str,
    source: str,
    memo: str,
    key: str,
    to: str | None = None,
    item_percent: int | None = None,
) -> str | Refusal:
    """Take credits from a person for something in a room and return the transfer's id.

    `amount` is in minor units and comes from what is available, never from held
    money (R-44). It is shared by all who perform there now (R-47), or goes to the
    one performer `to` names (WL-10), by the ratio for this `kind` of income or
    `item_percent` where the thing has its own (R-49). The same `key` with the
    same content pays once (R-04). Who works in the room is never billed there
    (R-16).

    Raises:
        KeyReusedError: The key was used for another charge.
    """
    room = session.get_one(Room, room_id)
    here = _performers(session, room)
    if payer.user_id is None or payer.user_id in here or services.is_staff_of(room, payer):
        return Refusal("forbidden", _("You work in this room. Nothing was taken."))
    if to is not None and to not in here:
        return Refusal("gone", _("This person has left the show. Nothing was taken."))
    if not payer.can(SPEND):
        return Refusal("forbidden", _("Your account cannot spend credits. Nothing was taken."))
    sharers = sharers_of(session, room, kind, item_percent=item_percent, to=to)
    posted = store.charge(
        session,
        payer_id=payer.user_id,
        amount=amount,
        sharers=as_books(sharers),
        kind=kind,
        key=key,
        source=source,
        memo=memo,
        actor_id=payer.user_id,
    )
    if isinstance(posted, Refusal):
        return posted
    user_id = payer.user_id
    after_commit(session, lambda: push_balance(user_id))
    after_commit(session, lambda: faultpoint("spend.committed"))
    return posted.transfer_id


def _performers(session: Session, room: Room) -> set[str]:
    if room.show_id is None:
        return {room.performer_id}
    return {room.performer_id, *(one.performer_id for one in present_in(session, room.show_id))}


def role_names() -> dict[str, str]:
    """Return what people call each role of the site, by its key."""
    return {
        role.key: label(role.key) if role.builtin else role.name for role in roles.role_list()
    }


def push_balance(user_id: str) -> None:
    """Tell a person's pages what is available now."""
    now = wallet(user_id)
    push(f"user:{user_id}", "balance", {"available": now.available, "held": now.held})


def time_left_after(user_id: str, amount: int) -> int | None:
    """Return the seconds a person's metered show could go on after spending `amount` (R-44).

    None when no metered show of theirs is open.
    """
    seat = open_seat_of(user_id)
    if seat is None:
        return None
    view = seat_view(seat.id)
    before, after = (
        spendable * 60 // max(1, view.rate_per_minute)
        for spendable in (view.available, max(0, view.available - amount))
    )
    return max(0, view.time_left_s - before + after)


def post_chat(
    session: Session,
    room: RoomView,
    text: str,
    *,
    kind: str,
    actor: Actor | None = None,
    data: dict[str, Any] | None = None,
) -> str:
    """Write a line into the chat that a page of this room sees, and return its id."""
    line = chat.say(
        session,
        room.id,
        text,
        kind=kind,
        show_id=_private_show(session, room),
        actor=actor,
        data=data,
    )
    return line.id


def push_room(session: Session, room: RoomView, event: str, data: dict[str, Any]) -> None:
    """Send an event to the pages of a room's place, once the transaction is committed."""
    show_id = _private_show(session, room)
    channel = f"show:{show_id}" if show_id is not None else f"room:{room.id}"
    after_commit(session, lambda: push(channel, event, data))


def _private_show(session: Session, room: RoomView) -> str | None:
    show = session.get(Show, room.show_id) if room.show_id is not None else None
    return show.id if show is not None and show.private else None
