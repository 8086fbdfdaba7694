"""Selling an item: debit, shares and access in one transaction, once per key (R-65, I18).

Amounts are minor units of credits. An expected no is a `Refusal` and has changed
nothing. Locks are taken in this order: the key's name, the good, the wallets.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from flask_babel import gettext as _
from sqlalchemy import select

from ppvcms.accounts import audit
from ppvcms.accounts.lookup import person
from ppvcms.db import after_commit, db, now_ms, transaction
from ppvcms.events import ItemSold
from ppvcms.faultpoints import faultpoint
from ppvcms.host import dispatch
from ppvcms.ids import new_id
from ppvcms.ledger import store
from ppvcms.ledger.outbox import write_event
from ppvcms.ledger.store import KeyReusedError, lock_accounts, once, reverse_transfer, wallet_of
from ppvcms.metering.sharing import as_books, sharers_of
from ppvcms.realtime import push
from ppvcms.results import Refusal
from ppvcms.rooms.models import Room
from ppvcms.rooms.performing import PERFORM, SELL, refusal_to_perform
from ppvcms.rooms.services import is_staff_of
from ppvcms.sales import access, goods
from ppvcms.sales.access import Offer, Right
from ppvcms.sales.models import Access, Sale

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from ppvcms.accounts.actor import Actor

BUY = "item.buy"
CREDITS = "CRD"


@dataclass(frozen=True, slots=True)
class Order:
    """What is bought: an item of a plugin, from whom, for how much, for whom.

    `price` is what was shown, in minor units of credits. `room_id` is the
    seller's room whose ratio holds; `item_percent` the item's own ratio.
    `parts` are other items of the plugin that come with it.
    """

    slug: str
    item_id: str
    seller_id: str
    user_id: str
    offer: Offer
    price: int
    memo: str
    source: str
    room_id: str | None = None
    item_percent: int | None = None
    parts: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the form that a payment keeps with its quote."""
        return {**asdict(self), "parts": list(self.parts)}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Order:
        """Return the order of a kept quote."""
        offer = Offer(**{**data["offer"], "right": Right(data["offer"]["right"])})
        return cls(**{**data, "offer": offer, "parts": tuple(data["parts"])})


@dataclass(frozen=True, slots=True)
class Sold:
    """A sale that is in the books; `access_id` is what it opened."""

    id: str
    item_id: str
    access_id: str
    transfer_id: str | None
    price: int
    made_at: int


def buy(payer: Actor, order: Order, *, key: str) -> Sold | Refusal:
    """Ask what plugins refuse, then sell in a transaction of its own (WL-16, R-44).

    The same `key` buys once, whoever repeats it (R-04, R-46).
    """
    refusal = seller_may(order) or refusal_to_spend(payer, "item", order.price)
    if refusal is not None:
        return refusal
    try:
        return transaction(lambda session: sell(session, payer, order, key=key))
    except KeyReusedError:
        return Refusal(
            "key_reused", _("This was bought before under other terms. Nothing more was taken.")
        )


def seller_may(order: Order) -> Refusal | None:
    """Return why nothing can be bought from this seller now, or None; asked first (AC-03)."""
    seller = person(order.seller_id)
    if seller is None or not seller.can(PERFORM) or refusal_to_perform(seller, SELL) is None:
        return None
    return Refusal("gone", _("This is not for sale at the moment. Nothing was taken."))


def refusal_to_spend(payer: Actor, purpose: str, amount: int) -> Refusal | None:
    """Ask plugins whether somebody may spend credits on something, before anything is taken."""
    return dispatch.decide(
        "check_purchase", actor=payer, purpose=purpose, amount=amount, currency=CREDITS
    )


def refusal_to_sell(session: Session, payer: Actor, order: Order) -> Refusal | None:
    """Return what keeps an order from being sold as it looks now; `sell` asks again, locked."""
    room = session.get(Room, order.room_id) if order.room_id is not None else None
    return (
        _not_for(payer, order, room)
        or goods.refusal(session, order.slug, order.item_id)
        or _owned(session, order)
    )


def sell(
    session: Session, payer: Actor, order: Order, *, key: str, intent_id: str | None = None
) -> Sold | Refusal:
    """Take the price, divide it and give access, in the open transaction (R-44, R-49, R-65).

    What plugins refuse is asked before (`refusal_to_spend`). The refusals are
    "forbidden", "gone", "sold_out", "owned" and "funds".

    Raises:
        KeyReusedError: The key was used for another order.
    """
    unique = _unique(payer, key)
    asked = {
        "slug": order.slug,
        "item": order.item_id,
        "offer": order.offer.key,
        "price": order.price,
        "for": order.user_id,
    }
    answer = once(
        session, f"sale:{unique}", asked, lambda: _sell(session, payer, order, unique, intent_id)
    )
    if isinstance(answer, Refusal):
        return answer
    return _sold(session.get_one(Sale, answer["sale"]), answer["access"])


def sold_with(payer: Actor, key: str) -> Sold | None:
    """Return what a page's key has bought already, so that a repeat is told the same (R-04)."""
    row = db.session.execute(
        select(Sale, Access.id)
        .join(Access, (Access.sale_id == Sale.id) & Access.parent_id.is_(None))
        .where(Sale.key == _unique(payer, key))
    ).first()
    return _sold(*row) if row is not None else None


def undo(sale_id: str, *, actor_id: str | None, reason: str) -> Refusal | None:
    """Give the price of a sale back and end what it opened, by staff with a reason (R-46, I18)."""

    def act(session: Session) -> Refusal | None:
        sale = session.get_one(Sale, sale_id, with_for_update=True, populate_existing=True)
        if sale.undone_at is not None:
            return Refusal("undone", _("This was taken back before. Nothing was moved."))
        goods.put_back(session, sale.slug, sale.item_id)
        if sale.transfer_id is not None:
            posted = reverse_transfer(
                session, sale.transfer_id, key=f"undo:{sale.id}", reason=reason, actor_id=actor_id
            )
            if isinstance(posted, Refusal):
                return posted
        access.revoke(session, sale_id=sale.id)
        sale.undone_at = now_ms(session)
        data = {"price": sale.price, "item": f"{sale.slug}:{sale.item_id}"}
        audit.record(
            session, actor_id, "sales.sale.undone", f"sale:{sale.id}", reason=reason, data=data
        )
        return None

    try:
        transaction(lambda session: _or_roll_back(act(session)))
    except _RefusedError as error:
        return error.refusal
    return None


def sales_of_item(slug: str, item_id: str) -> list[Sale]:
    """Return the sales of an item, the newest first."""
    query = (
        select(Sale)
        .where(Sale.slug == slug, Sale.item_id == item_id)
        .order_by(Sale.made_at.desc(), Sale.id.desc())
    )
    return list(db.session.scalars(query))


def _unique(payer: Actor, key: str) -> str:
    return f"{payer.user_id}:{key}"[:120]


def _sold(sale: Sale, access_id: str) -> Sold:
    return Sold(sale.id, sale.item_id, access_id, sale.transfer_id, sale.price, sale.made_at)


class _RefusedError(Exception):
    """Roll everything back, because one part of it was refused."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal


def _or_roll_back(refusal: Refusal | None) -> None:
    if refusal is not None:
        raise _RefusedError(refusal)


def _sell(
    session: Session, payer: Actor, order: Order, key: str, intent_id: str | None
) -> dict[str, Any] | Refusal:
    room = session.get(Room, order.room_id) if order.room_id is not None else None
    refusal = _not_for(payer, order, room)
    if refusal is not None:
        return refusal
    good = goods.lock(session, order.slug, order.item_id)
    if isinstance(good, Refusal):
        return good
    payer_id = str(payer.user_id)
    # Two purchases for one person look one after the other, so a second tab buys nothing.
    lock_accounts(session, [wallet_of(session, one).id for one in {payer_id, order.user_id}])
    faultpoint("sale.locked")
    owned = _owned(session, order)
    if owned is not None:
        return owned
    transfer_id = _take(session, payer_id, order, room, key)
    if isinstance(transfer_id, Refusal):
        return transfer_id
    faultpoint("sale.charged")
    sale = _write(session, payer_id, order, key, transfer_id, intent_id)
    access_id = _open(session, order, sale)
    goods.take_one(good)
    session.flush()
    faultpoint("sale.granted")
    _tell(session, sale)
    return {"sale": sale.id, "access": access_id}


def _not_for(payer: Actor, order: Order, room: Room | None) -> Refusal | None:
    if payer.user_id is None:
        return Refusal("sign_in", _("You are not signed in. Nothing was taken."))
    mine = payer.user_id == order.seller_id
    if mine or (room is not None and is_staff_of(room, payer)):
        reason = _("You work here, so you are never billed for this. Nothing was taken.")
        return Refusal("forbidden", reason)
    if not payer.can(BUY):
        return Refusal("forbidden", _("Your account cannot buy this. Nothing was taken."))
    return None


def _owned(session: Session, order: Order) -> Refusal | None:
    """Return why another right adds nothing, if so (R-65, R-67)."""
    if order.offer.right is Right.GOODS:
        return None
    known = access.best(session, order.user_id, order.slug, order.item_id)
    if known is None or access.ORDER.index(known.right) > access.ORDER.index(order.offer.right):
        return None
    return Refusal(
        "owned",
        _("This is open already, so nothing was taken."),
        _("You find it among what you own."),
    )


def _take(
    session: Session, payer_id: str, order: Order, room: Room | None, key: str
) -> str | Refusal | None:
    if order.price == 0:
        return None
    kind = "rental" if order.offer.right is Right.RENTAL else "item"
    sharers = sharers_of(session, room, kind, item_percent=order.item_percent, to=order.seller_id)
    posted = store.charge(
        session,
        payer_id=payer_id,
        amount=order.price,
        sharers=as_books(sharers),
        kind=kind,
        key=f"sale:{key}",
        source=order.source,
        memo=order.memo,
        actor_id=payer_id,
    )
    return posted if isinstance(posted, Refusal) else posted.transfer_id


def _write(
    session: Session,
    payer_id: str,
    order: Order,
    key: str,
    transfer_id: str | None,
    intent_id: str | None,
) -> Sale:
    sale = Sale(
        id=new_id(),
        key=key,
        payer_id=payer_id,
        user_id=order.user_id,
        seller_id=order.seller_id,
        room_id=order.room_id,
        slug=order.slug,
        item_id=order.item_id,
        offer=asdict(order.offer),
        price=order.price,
        source=order.source,
        memo=order.memo,
        transfer_id=transfer_id,
        intent_id=intent_id,
        made_at=now_ms(session),
    )
    session.add(sale)
    session.flush()
    return sale


def _open(session: Session, order: Order, sale: Sale) -> str:
    """Give what was bought, and what comes with it; return the access of the item itself."""

    def grant(item_id: str, source: access.Source) -> str:
        return access.grant(
            session,
            user_id=order.user_id,
            slug=order.slug,
            item_id=item_id,
            offer=order.offer,
            source=source,
        ).id

    whole = grant(order.item_id, access.Source(transfer_id=sale.transfer_id, sale_id=sale.id))
    for part in order.parts:
        grant(part, access.Source(sale_id=sale.id, parent_id=whole))
    return whole


def _tell(session: Session, sale: Sale) -> None:
    event = ItemSold(
        id=new_id(),
        at=sale.made_at,
        actor_id=sale.payer_id,
        sale_id=sale.id,
        slug=sale.slug,
        item_id=sale.item_id,
        user_id=sale.user_id,
        seller_id=sale.seller_id,
        source=sale.source,
    )
    write_event(session, event)
    payer_id = sale.payer_id
    after_commit(session, lambda: _push_balance(payer_id))
    after_commit(session, lambda: faultpoint("sale.committed"))


def _push_balance(user_id: str) -> None:
    now = store.wallet_view(db.session(), user_id)
    push(f"user:{user_id}", "balance", {"available": now.available, "held": now.held})
