"""Buying an item by wallet or directly, for oneself or another, or by a code (PI-02, WL-06)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask_babel import gettext as _
from sqlalchemy import select

from ppvcms.api import (
    Order,
    Refusal,
    Right,
    access_of,
    buy_directly,
    buy_item,
    credits_text,
    db,
    give_access,
    new_id,
    now_ms,
    person_named,
    send_notice,
    settings,
    sold_with,
    time_left_after,
    transaction,
)

from . import deliveries
from .items import change, item_of
from .kinds import SLUG, State
from .models import Code, Item, OfferRow
from .offers import offers_for, parts_of, terms_of

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from ppvcms.api import Actor

WARN_BELOW_S = 60
DAY_MS = 86_400_000
MOST_CODES = 100


@dataclass(frozen=True, slots=True)
class Wish:
    """What the page of an item sends: the offer, the price that it showed, and the page's key.

    `to` is the name of who gets it, where it is a present; `address` where it is
    sent; `confirmed` says that the short time left was seen (R-44).
    """

    offer_id: str
    price: int
    key: str
    to: str = ""
    address: dict[str, str] | None = None
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class Way:
    """Where the buyer goes on: a payment at a gateway, or nowhere when all is done."""

    intent_id: str = ""


def buy(actor: Actor, item_id: str, wish: Wish, *, gateway: str | None = None) -> Way | Refusal:
    """Buy an item for what the page showed, out of the wallet or, with `gateway`, directly.

    The same key buys once. A price that changed meanwhile takes nothing and says so.
    """
    before = sold_with(actor, wish.key)
    if before is not None and before.item_id == item_id:
        return Way()
    order = _order(actor, item_id, wish)
    if isinstance(order, Refusal):
        return order
    if gateway is not None:
        back = f"/items/{item_id}"
        began = buy_directly(actor, order, key=wish.key, return_to=back, gateway=gateway or None)
        return began if isinstance(began, Refusal) else Way(began.id)
    left_s = time_left_after(str(actor.user_id), order.price)
    if left_s is not None and left_s < WARN_BELOW_S and not wish.confirmed:
        return Refusal(
            "confirm",
            _("After this the show that runs could go on for %(left)s more seconds.", left=left_s),
            _("Buy it all the same, or add credits first."),
        )
    sold = buy_item(actor, order, key=wish.key)
    if isinstance(sold, Refusal):
        return sold
    deliveries.paid(order.source, sold.id)
    return Way()


def redeem(actor: Actor, item_id: str, code: str) -> Refusal | None:
    """Open an item by a code, once for each person; what it gave is logged (PI-17)."""
    word = "".join(code.split()).upper()
    if actor.user_id is None:
        return Refusal("sign_in", _("Sign in to use a code."))
    user_id = actor.user_id

    def act(session: Session) -> Refusal | None:
        row = session.scalars(
            select(Code).where(Code.code == word, Code.item_id == item_id).with_for_update()
        ).first()
        now = now_ms(session)
        if row is None or row.uses_left <= 0 or (row.ends_at is not None and row.ends_at <= now):
            return Refusal("code", _("This code opens nothing here, or not any more."))
        row.uses_left -= 1
        give_access(
            session,
            user_id=user_id,
            slug=SLUG,
            item_id=item_id,
            given_by=row.made_by,
            reason=row.reason,
        )
        return None

    if access_of(user_id, SLUG, item_id) is not None:
        return Refusal("owned", _("This is open for you already. The code was not used."))
    return transaction(act)


def make_code(
    actor: Actor, item_id: str, *, uses: int, days: int | None, reason: str
) -> str | Refusal:
    """Make a word that opens an item so often, until then."""
    word = secrets.token_hex(5).upper()
    user_id = str(actor.user_id)

    def act(session: Session, item: Item) -> Refusal | None:
        if not 1 <= uses <= 10_000 or not reason.strip():  # noqa: PLR2004 - more is no code
            return Refusal("reason", _("Say what the code is for. Nothing was made."))
        codes = session.scalars(select(Code.id).where(Code.item_id == item.id)).all()
        if len(codes) >= MOST_CODES:
            return Refusal("full", _("There are codes enough. Nothing was made."))
        now = now_ms(session)
        session.add(
            Code(
                id=new_id(),
                item_id=item.id,
                code=word,
                uses_left=uses,
                ends_at=now + days * DAY_MS if days else None,
                reason=reason.strip()[:200],
                made_by=user_id,
                made_at=now,
            )
        )
        return None

    return change(actor, item_id, "code_made", act) or word


def codes_of(item_id: str) -> list[Code]:
    """Return the codes of an item, the newest first."""
    query = select(Code).where(Code.item_id == item_id).order_by(Code.made_at.desc())
    return list(db.session.scalars(query))


def give(actor: Actor, item_id: str, *, name: str, days: int | None, reason: str) -> Refusal | None:
    """Open an item for somebody without payment: to whom, until when, why (PI-17)."""
    to = person_named(name)
    if to is None or to.user_id is None:
        return Refusal("name", _("Nobody has this name. Nothing was given."))
    user_id = to.user_id

    def act(session: Session, item: Item) -> Refusal | None:
        if not reason.strip():
            return Refusal("reason", _("Say why. Nothing was given."))
        give_access(
            session,
            user_id=user_id,
            slug=SLUG,
            item_id=item.id,
            given_by=str(actor.user_id),
            reason=reason.strip(),
            ends_at=now_ms(session) + days * DAY_MS if days else None,
        )
        link, values = f"/items/{item.id}", {"title": item.title, "from": actor.name}
        send_notice(session, user_id, f"{SLUG}.given", values=values, link=link)
        return None

    return change(actor, item_id, "given", act)


def _order(actor: Actor, item_id: str, wish: Wish) -> Order | Refusal:
    item = item_of(item_id)
    row = db.session.get(OfferRow, wish.offer_id)
    offer = next((one for one in offers_for(item, actor) if one.id == wish.offer_id), None)
    if item.state != State.SALE or offer is None or row is None:
        return Refusal("gone", _("This offer has ended. Nothing was taken."))
    if offer.price != wish.price:
        price = credits_text(offer.price)
        return Refusal("price", _("The price is %(price)s now. Nothing was taken.", price=price))
    receiver = _receiver(actor, item, wish.to)
    if isinstance(receiver, Refusal):
        return receiver
    source = f"{SLUG}:item:{item.id}"
    if row.kind == "piece":
        delivery = deliveries.prepare(actor, item, wish.address or {}, wish.key)
        if isinstance(delivery, Refusal):
            return delivery
        source = f"{SLUG}:delivery:{delivery}"
    return Order(
        slug=SLUG,
        item_id=item.id,
        seller_id=item.owner_id,
        user_id=receiver,
        offer=terms_of(item, row),
        price=offer.price,
        memo=item.title,
        source=source,
        room_id=item.room_id,
        item_percent=item.ratio_percent,
        parts=_open_parts(item, receiver),
    )


def _receiver(actor: Actor, item: Item, name: str) -> str | Refusal:
    if actor.user_id is None:
        return Refusal("sign_in", _("Sign in to buy this."), _("Nothing was taken."))
    if not name.strip():
        return actor.user_id
    to = person_named(name)
    if to is None or to.user_id is None or to.user_id == item.owner_id:
        return Refusal("name", _("Nobody here has this name. Nothing was taken."))
    if not settings(SLUG).presents or item.kind == "goods":
        return Refusal("present", _("This cannot be bought for somebody else. Nothing was taken."))
    return to.user_id


def _open_parts(item: Item, user_id: str) -> tuple[str, ...]:
    """Return the parts of a bundle that its receiver does not own for ever."""
    if item.kind != "bundle":
        return ()
    rights = {part.id: access_of(user_id, SLUG, part.id) for part in parts_of(item.id)}
    return tuple(
        part for part, mine in rights.items() if mine is None or mine.right is not Right.OWN
    )
