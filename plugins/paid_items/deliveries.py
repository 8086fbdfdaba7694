"""Store articles on their way: where to, how far, and what comes back (PI-15).

An order is written before its payment and counts from the sale on, which the
core tells again when a process died in between.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import gettext as _
from sqlalchemy import select

from ppvcms.api import Refusal, db, new_id, now_ms, send_notice, transaction, undo_sale

from .kinds import SLUG
from .models import Delivery, Item
from .rights import MANAGE

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from ppvcms.api import Actor, ItemSold

FIELDS = ("name", "street", "city", "postcode", "country")
DRAFT, PAID, SENT, ARRIVED, CANCELLED = "draft", "paid", "sent", "arrived", "cancelled"
LONGEST = 120
PREFIX = f"{SLUG}:delivery:"


def prepare(actor: Actor, item: Item, address: dict[str, str], key: str) -> str | Refusal:
    """Write down where a piece shall go, before it is paid, and return the order's id."""
    clean = {name: " ".join(address.get(name, "").split())[:LONGEST] for name in FIELDS}
    if not all(clean.values()):
        return Refusal("address", _("Write the whole address. Nothing was taken."))
    unique, buyer_id = f"{actor.user_id}:{key}"[:96], str(actor.user_id)

    def act(session: Session) -> str:
        known = session.scalars(select(Delivery).where(Delivery.key == unique)).first()
        if known is not None:
            return known.id
        now = now_ms(session)
        row = Delivery(
            id=new_id(),
            key=unique,
            item_id=item.id,
            seller_id=item.owner_id,
            buyer_id=buyer_id,
            state=DRAFT,
            address=clean,
            made_at=now,
            changed_at=now,
        )
        session.add(row)
        session.flush()
        return row.id

    return transaction(act)


def paid(source: str, sale_id: str) -> None:
    """Let an order count, because it is paid; a repeat changes nothing."""
    if not source.startswith(PREFIX):
        return

    def act(session: Session) -> None:
        row = session.get(Delivery, source.removeprefix(PREFIX), with_for_update=True)
        if row is not None and row.state == DRAFT:
            row.state, row.sale_id, row.changed_at = PAID, sale_id, now_ms(session)

    transaction(act)


def heard(event: ItemSold) -> None:
    """Tell the seller of a sale, and let a paid order count, once each."""
    paid(event.source, event.sale_id)

    def act(session: Session) -> None:
        item = session.get(Item, event.item_id)
        if item is not None:
            send_notice(
                session,
                event.seller_id,
                f"{SLUG}.sold",
                values={"title": item.title},
                link=f"/items/{item.id}/sales",
                key=f"sold:{event.sale_id}",
            )

    transaction(act)


def send(actor: Actor, delivery_id: str, tracking: str) -> Refusal | None:
    """Say that a piece is on its way."""

    def act(session: Session) -> Refusal | None:
        row = _of_seller(session, actor, delivery_id, PAID)
        if isinstance(row, Refusal):
            return row
        row.state, row.tracking = SENT, tracking.strip()[:200]
        row.changed_at = now_ms(session)
        item = session.get_one(Item, row.item_id)
        values = {"title": item.title, "tracking": row.tracking or "-"}
        send_notice(session, row.buyer_id, f"{SLUG}.sent", values=values, link="/items/mine")
        return None

    return transaction(act)


def arrived(actor: Actor, delivery_id: str) -> Refusal | None:
    """Say that a piece has come; its buyer does."""

    def act(session: Session) -> Refusal | None:
        row = session.get(Delivery, delivery_id, with_for_update=True)
        if row is None or row.buyer_id != actor.user_id or row.state != SENT:
            return Refusal("state", _("This order is not on its way. Nothing was changed."))
        row.state, row.changed_at = ARRIVED, now_ms(session)
        return None

    return transaction(act)


def cancel(actor: Actor, delivery_id: str, reason: str) -> Refusal | None:
    """Give an order that was not sent its money back, by the seller or staff, with a reason."""
    row = db.session.get(Delivery, delivery_id, populate_existing=True)
    wrong = Refusal("state", _("This order cannot be cancelled any more. Nothing was changed."))
    if row is None or row.sale_id is None or row.state != PAID or not _works(actor, row):
        return wrong
    refusal = undo_sale(row.sale_id, actor_id=actor.user_id, reason=reason.strip()[:200] or "-")
    if refusal is not None:
        return refusal

    undone(row.sale_id)
    return None


def undone(sale_id: str) -> None:
    """Let an order count no more, because its sale was taken back."""

    def act(session: Session) -> None:
        query = select(Delivery).where(Delivery.sale_id == sale_id).with_for_update()
        for row in session.scalars(query):
            row.state, row.changed_at = CANCELLED, now_ms(session)

    transaction(act)


def of_seller(seller_id: str) -> list[Delivery]:
    """Return the paid orders of a seller, those to send first."""
    query = (
        select(Delivery)
        .where(Delivery.seller_id == seller_id, Delivery.state != DRAFT)
        .order_by((Delivery.state != PAID), Delivery.made_at.desc())
        .limit(200)
    )
    return list(db.session.scalars(query))


def of_buyer(buyer_id: str) -> list[Delivery]:
    """Return the paid orders of a buyer, the newest first."""
    query = (
        select(Delivery)
        .where(Delivery.buyer_id == buyer_id, Delivery.state != DRAFT)
        .order_by(Delivery.made_at.desc())
    )
    return list(db.session.scalars(query))


def waiting() -> int:
    """Return how many paid orders were not sent yet."""
    return len(db.session.scalars(select(Delivery.id).where(Delivery.state == PAID)).all())


def _of_seller(session: Session, actor: Actor, delivery_id: str, state: str) -> Delivery | Refusal:
    row = session.get(Delivery, delivery_id, with_for_update=True, populate_existing=True)
    if row is None or row.state != state or not _works(actor, row):
        return Refusal("state", _("This order is at another point by now. Nothing was changed."))
    return row


def _works(actor: Actor, row: Delivery) -> bool:
    return actor.user_id == row.seller_id or actor.can(MANAGE)
