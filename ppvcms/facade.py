"""What plugins may do with rooms and money, in plain words; `ppvcms.api` gives it to them.

A plugin proposes, the books post: money moves through `charge` alone, inside the
plugin's own transaction, so that what it writes and what is paid are one fact.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _
from sqlalchemy import bindparam, select

from ppvcms.accounts import roles
from ppvcms.accounts.models import User
from ppvcms.db import after_commit, db, now_ms, reading
from ppvcms.events import Announced, SpentInRoom
from ppvcms.faultpoints import faultpoint
from ppvcms.host.labels import label
from ppvcms.ids import new_id
from ppvcms.ledger import store
from ppvcms.ledger.outbox import write_event
from ppvcms.metering.seats import open_seat_of
from ppvcms.metering.sharing import as_books, present_in, sharers_of
from ppvcms.metering.view import seat_view
from ppvcms.realtime import push
from ppvcms.results import Refusal
from ppvcms.rooms import chat, outlines, services
from ppvcms.rooms.models import Room, Show
from ppvcms.sales import escrow

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session

    from ppvcms.accounts.actor import Actor
    from ppvcms.host.contract import RoomView
    from ppvcms.ledger.store import Wallet
    from ppvcms.sales.escrow import EscrowView

SPEND = "tip.send"
_NAMES = select(User.id, User.display_name).where(User.id.in_(bindparam("ids", expanding=True)))


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
    if not posted.repeated:
        _tell_spent(session, room, payer.user_id, posted.transfer_id, kind, amount, source)
    after_commit(session, partial(push_balance, payer.user_id))
    after_commit(session, lambda: faultpoint("spend.committed"))
    return posted.transfer_id


def _tell_spent(
    session: Session,
    room: Room,
    payer_id: str,
    transfer_id: str,
    kind: str,
    amount: int,
    source: str,
) -> None:
    fact = SpentInRoom(
        id=new_id(),
        at=now_ms(session),
        actor_id=payer_id,
        transfer_id=transfer_id,
        room_id=room.id,
        show_id=room.show_id,
        kind=kind,
        amount=amount,
        source=source,
    )
    write_event(session, fact)


def escrow_put(  # noqa: PLR0913 - each is a fact of the payment, given by name
    session: Session,
    *,
    payer: Actor,
    room_id: str,
    amount: int,
    kind: str,
    source: str,
    memo: str,
    key: str,
    ends_at: int,
) -> EscrowView | Refusal:
    """Take credits from a person and let them wait for what a room's performer promised (R-52).

    `amount` is in minor units and comes from what is available, never from held
    money. The ratio for this `kind` of income is locked now. At `ends_at` (epoch
    milliseconds), or when the performer is gone, all of it goes back by itself.
    The same `key` puts it away once (R-04).

    Raises:
        KeyReusedError: The key was used for another escrow.
    """
    room = session.get_one(Room, room_id)
    if payer.user_id is None or services.is_staff_of(room, payer):
        return Refusal("forbidden", _("You work in this room. Nothing was taken."))
    if not payer.can(SPEND):
        return Refusal("forbidden", _("Your account cannot spend credits. Nothing was taken."))
    made = escrow.put(
        session,
        payer_id=payer.user_id,
        room_id=room_id,
        amount=amount,
        kind=kind,
        source=source,
        memo=memo,
        key=key,
        sharers=as_books(sharers_of(session, room, kind, to=room.performer_id)),
        ends_at=ends_at,
    )
    return _shown(session, made)


def escrow_pay(session: Session, escrow_id: str, *, reason: str) -> EscrowView | Refusal:
    """Pay out what waits, divided as it was locked (R-53).

    The refusal "ended" says that it was paid out or given back before.
    """
    return escrow.pay_out(session, escrow_id, reason=reason)


def escrow_refund(
    session: Session, escrow_id: str, *, reason: str, actor_id: str | None = None
) -> EscrowView | Refusal:
    """Give what waits back whole to who paid it (R-54).

    The refusal "ended" says that it was paid out or given back before.
    """
    return _shown(session, escrow.refund(session, escrow_id, reason=reason, actor_id=actor_id))


def give_credits(
    session: Session, *, payer: Actor, to: str, amount: int, source: str, memo: str, key: str
) -> str | Refusal:
    """Move credits from a person's wallet to another's and return the transfer's id (WL-13).

    `amount` is in minor units and comes from what is available, never from held
    money. Nobody earns from it. The same `key` gives once (R-04).

    Raises:
        KeyReusedError: The key was used for another gift.
    """
    if payer.user_id is None or not payer.can(SPEND):
        return Refusal("forbidden", _("Your account cannot spend credits. Nothing was taken."))
    receiver = session.get(User, to)
    if receiver is None or receiver.state != "active" or to == payer.user_id:
        return Refusal("receiver", _("This person cannot be given credits. Nothing was taken."))
    posted = store.give(
        session,
        giver_id=payer.user_id,
        receiver_id=to,
        amount=amount,
        key=key,
        source=source,
        memo=memo,
    )
    if isinstance(posted, Refusal):
        return posted
    for user_id in (payer.user_id, to):
        after_commit(session, partial(push_balance, user_id))
    return posted.transfer_id


def _shown(session: Session, answer: EscrowView | Refusal) -> EscrowView | Refusal:
    """Tell the payer's pages what is available, once it is committed."""
    if not isinstance(answer, Refusal):
        after_commit(session, partial(push_balance, answer.payer_id))
    return answer


def _performers(session: Session, room: Room) -> set[str]:
    if room.show_id is None:
        return {room.performer_id}
    return {room.performer_id, *(one.performer_id for one in present_in(session, room.show_id))}


def role_names() -> dict[str, str]:
    """Return what people call each role of the site, by its key."""
    return {role.key: label(role.key) if role.builtin else role.name for role in roles.role_list()}


def names_of(user_ids: Iterable[str]) -> dict[str, str]:
    """Return the names that the public sees of people, by their ids."""
    rows = reading().execute(_NAMES, {"ids": list(set(user_ids))})
    return dict(rows.all())


def room_named(slug: str) -> RoomView | None:
    """Return the room that has a name in its address, or None."""
    row = db.session.scalar(select(Room).where(Room.slug == slug))
    return services.view_of(row) if row is not None else None


def room_of(room_id: str) -> RoomView | None:
    """Return a room by its id, or None."""
    row = db.session.get(Room, room_id)
    return services.view_of(row) if row is not None else None


def rooms_of(performer_id: str) -> tuple[RoomView, ...]:
    """Return the rooms that somebody performs in."""
    return tuple(services.view_of(room) for room in services.rooms_of(performer_id))


def room_ids_of(performer_ids: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return the ids of the rooms of several people, by their ids, in one query."""
    return outlines.room_ids_of(performer_ids)


def announce(session: Session, performer_id: str, what: str, *, title: str, link: str) -> None:
    """Write the fact that somebody has an ``event`` or ``item`` that is new; `link` is a path."""
    now = now_ms(session)
    fact = Announced(
        id=new_id(), at=now, performer_id=performer_id, what=what, title=title, link=link
    )
    write_event(session, fact)


def performers_of(room: RoomView) -> tuple[str, ...]:
    """Return the ids of who performs in a room now, in the order of checking in (WL-10)."""
    if room.show_id is None:
        return (room.performer_id,)
    return tuple(one.performer_id for one in present_in(db.session(), room.show_id))


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


def push_person(session: Session, user_id: str, event: str, data: dict[str, Any]) -> None:
    """Send an event to all open pages of a person, once the transaction is committed."""
    after_commit(session, lambda: push(f"user:{user_id}", event, data))


def _private_show(session: Session, room: RoomView) -> str | None:
    show = session.get(Show, room.show_id) if room.show_id is not None else None
    return show.id if show is not None and show.private else None
