"""Sending a gift: stock, money, shelf and chat in one transaction (WL-12, R-44, R-46).

Amounts are minor units of credits. Gifts are locked before wallets.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _
from sqlalchemy import func, select

from ppvcms.api import (
    KeyReusedError,
    Refusal,
    charge,
    db,
    names_of,
    new_id,
    now_ms,
    once,
    performers_of,
    post_chat,
    public_link,
    push_room,
    refusal_to_spend,
    time_left_after,
    transaction,
    wallet,
)

from .models import Gift, SentGift
from .shop import as_json

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from ppvcms.api import Actor, RoomView

WARN_BELOW_S = 60
LATEST = 6


@dataclass(frozen=True, slots=True)
class Shelved:
    """A kind of gift on a shelf: how many came, and who gave the latest."""

    name: str
    image: str
    count: int
    latest: tuple[str, ...]


def send_gift(
    room: RoomView, actor: Actor, *, gift_id: str, key: str, confirmed: bool, to: str | None = None
) -> dict[str, Any] | Refusal:
    """Buy a gift and send it; the same key pays once (R-04).

    All who perform share it, or the one whom `to` names gets it. Sold out,
    closed, or not enough credits: nothing is taken (R-46).
    """
    if actor.user_id is None:
        return Refusal("sign_in", _("You are not signed in."), _("Sign in to send a gift."))
    unique = f"{actor.user_id}:{key}"[:96]
    if db.session.scalar(select(SentGift.id).where(SentGift.key == unique)) is None:
        refusal = _refusal(room, actor, gift_id, confirmed=confirmed)
        if refusal is not None:
            return refusal
    asked = {"room": room.id, "gift": gift_id, "to": to}
    try:
        answer = transaction(
            lambda session: once(
                session,
                f"gifts:{unique}",
                asked,
                lambda: _send(session, room, actor, gift_id, unique, to),
            )
        )
    except KeyReusedError:
        return Refusal("key_reused", _("Another gift was sent already. Nothing more was taken."))
    if isinstance(answer, Refusal):
        return answer
    return {**answer, "available": wallet(actor.user_id).available}


def _refusal(room: RoomView, actor: Actor, gift_id: str, *, confirmed: bool) -> Refusal | None:
    gift = db.session.get(Gift, gift_id, populate_existing=True)
    if gift is None:
        return _gone()
    if room.state == "offline":
        return Refusal("closed", _("The room is not live any more. Nothing was taken."))
    left_s = time_left_after(str(actor.user_id), gift.price)
    if left_s is not None and left_s < WARN_BELOW_S and not confirmed:
        return _confirm(left_s)
    return refusal_to_spend(actor, "gift", gift.price)


def _send(
    session: Session, room: RoomView, actor: Actor, gift_id: str, unique: str, to: str | None
) -> dict[str, Any] | Refusal:
    gift = session.get(Gift, gift_id, with_for_update=True, populate_existing=True)
    if gift is None or not gift.on_sale:
        return _gone()
    if gift.stock == 0:
        return Refusal("sold_out", _("The last one is gone. Nothing was taken."))
    sent_id = new_id()
    transfer = charge(
        session,
        payer=actor,
        room_id=room.id,
        amount=gift.price,
        kind="gift",
        source=f"gifts:sent:{sent_id}",
        memo=_("Gift: %(gift)s, %(room)s", gift=gift.name, room=room.title),
        key=f"gifts:{unique}",
        to=to,
    )
    if isinstance(transfer, Refusal):
        return transfer
    if gift.stock is not None:
        gift.stock -= 1
    sent = _shelve(session, room, actor, gift, unique, transfer, sent_id, to)
    _say(session, room, actor, gift, sent, to)
    return {"sent": sent_id, "price": gift.price, "left": gift.stock}


def _shelve(
    session: Session,
    room: RoomView,
    actor: Actor,
    gift: Gift,
    unique: str,
    transfer: str,
    sent_id: str,
    to: str | None,
) -> SentGift:
    sent = SentGift(
        id=sent_id,
        key=unique,
        gift_id=gift.id,
        name=gift.name,
        price=gift.price,
        room_id=room.id,
        show_id=room.show_id,
        performer_id=to or room.performer_id,
        sender_id=str(actor.user_id),
        transfer_id=transfer,
        made_at=now_ms(session),
    )
    session.add(sent)
    session.flush()
    return sent


def _say(
    session: Session, room: RoomView, actor: Actor, gift: Gift, sent: SentGift, to: str | None
) -> None:
    shown = as_json(gift)
    words = _("sends %(gift)s", gift=gift.name)
    if to is not None:
        words = _("%(words)s to %(name)s", words=words, name=names_of((to,)).get(to, ""))
    data = {"amount": gift.price, "gift": sent.id, "image": shown["image"]}
    post_chat(session, room, words, kind="tip", actor=actor, data=data)
    push_room(
        session, room, "gift", shown | {"sent": sent.id, "from": actor.name, "room": room.slug}
    )


def shelf_of(performer_id: str) -> list[Shelved]:
    """Return what somebody was given and kept, the most frequent first."""
    kept = (SentGift.performer_id == performer_id, SentGift.taken_back_at.is_(None))
    counted = db.session.execute(
        select(SentGift.gift_id, func.max(SentGift.name), func.count())
        .where(*kept)
        .group_by(SentGift.gift_id)
        .order_by(func.count().desc(), func.max(SentGift.name))
    ).all()
    images = _images([row[0] for row in counted])
    latest = _latest(performer_id)
    return [
        Shelved(name, images.get(gift_id, ""), count, latest.get(gift_id, ()))
        for gift_id, name, count in counted
    ]


def take_back(transfer_id: str) -> None:
    """Take a gift off the shelf whose money was given back by staff."""

    def act(session: Session) -> None:
        row = session.scalar(select(SentGift).where(SentGift.transfer_id == transfer_id))
        if row is not None and row.taken_back_at is None:
            row.taken_back_at = now_ms(session)

    transaction(act)


def people(room: RoomView) -> list[tuple[str, str]]:
    """Return who can be named, where more than one performs."""
    here = performers_of(room)
    names = names_of(here)
    return [(one, names.get(one, "")) for one in here] if len(here) > 1 else []


def _images(gift_ids: list[str]) -> dict[str, str]:
    query = select(Gift.id, Gift.image_id).where(Gift.id.in_(gift_ids), Gift.image_id.is_not(None))
    return {row.id: public_link(str(row.image_id)) for row in db.session.execute(query)}


def _latest(performer_id: str) -> dict[str, tuple[str, ...]]:
    rows = db.session.execute(
        select(SentGift.gift_id, SentGift.sender_id)
        .where(SentGift.performer_id == performer_id, SentGift.taken_back_at.is_(None))
        .order_by(SentGift.made_at.desc())
        .limit(LATEST)
    ).all()
    names = names_of(row.sender_id for row in rows)
    found: dict[str, tuple[str, ...]] = {}
    for row in rows:
        name = names.get(row.sender_id, "")
        if name and name not in found.get(row.gift_id, ()):
            found[row.gift_id] = (*found.get(row.gift_id, ()), name)
    return found


def _gone() -> Refusal:
    return Refusal("gone", _("This gift is not in the shop any more. Nothing was taken."))


def _confirm(left_s: int) -> Refusal:
    return Refusal(
        "confirm",
        _("After this gift the show could go on for %(left)s more seconds.", left=left_s),
        _("Send it all the same, or add credits first."),
        details={"left_s": left_s},
    )
