"""The ways to get an item and what each costs somebody now, the cheapest first (PI-02, PI-13)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask_babel import gettext as _
from sqlalchemy import delete, func, select

from ppvcms.api import Offer, Refusal, Right, access_of, db, direct_price, new_id, settings

from .items import change
from .kinds import KINDS, MOST_OFFERS, MOST_PARTS, SLUG, State
from .models import Item, OfferRow, Part

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session

    from ppvcms.api import Actor


@dataclass(frozen=True, slots=True)
class Shown:
    """An offer as one person sees it: `price` in minor units of credits, `direct` at a gateway.

    `before` is the full price where parts that are owned already have lowered it.
    """

    id: str
    kind: str
    label: str
    price: int
    before: int | None
    direct: int
    currency: str
    hours: int | None


def offers_for(item: Item, actor: Actor) -> list[Shown]:
    """Return the offers of an item at the prices of this person, the cheapest first."""
    rows = rows_of(item.id)
    owned, whole = _owned_of(item, actor)
    shown = []
    for row in (row for row in rows if row.active):
        price = lowered(row.price, owned, whole)
        amount, currency = direct_price(price)
        before = row.price if price != row.price else None
        shown.append(
            Shown(row.id, row.kind, label_of(row), price, before, amount, currency, row.hours)
        )
    return sorted(shown, key=lambda one: (one.price, one.id))


def lowered(price: int, owned: int, whole: int) -> int:
    """Return the price of a bundle without what is owned of it (PI-13).

    Of `whole`, the sum of its parts' own prices, `owned` is there already; the rest
    of the price is rounded up to a minor unit, and is never below 1.
    """
    if not owned or not whole:
        return price
    return max(1, -(-price * (whole - owned) // whole))


def rows_of(item_id: str) -> list[OfferRow]:
    """Return the offers of an item, the cheapest first."""
    query = select(OfferRow).where(OfferRow.item_id == item_id)
    order = query.order_by(OfferRow.price, OfferRow.id).execution_options(populate_existing=True)
    return list(db.session.scalars(order))


def label_of(row: OfferRow) -> str:
    """Return what an offer gives, in words."""
    if row.kind == "rent":
        return str(_("Rent for %(hours)s hours", hours=row.hours))
    return str(_("Order one") if row.kind == "piece" else _("Buy for ever"))


def terms_of(item: Item, row: OfferRow) -> Offer:
    """Return what the core sells with an offer."""
    if row.kind == "rent":
        return Offer(row.id, Right.RENTAL, hours=row.hours)
    if row.kind == "piece":
        return Offer(row.id, Right.GOODS)
    if item.kind == "download":
        values = settings(SLUG)
        return Offer(row.id, Right.OWN, uses=values.downloads, days=values.download_days)
    return Offer(row.id, Right.OWN)


def parts_of(bundle_id: str) -> list[Item]:
    """Return the items of a bundle in their order."""
    query = (
        select(Item)
        .join(Part, Part.item_id == Item.id)
        .where(Part.bundle_id == bundle_id)
        .order_by(Part.nr)
    )
    return list(db.session.scalars(query.execution_options(populate_existing=True)))


def bundles_with(item_id: str) -> list[Item]:
    """Return the bundles on sale that an item comes with."""
    query = (
        select(Item)
        .join(Part, Part.bundle_id == Item.id)
        .where(Part.item_id == item_id, Item.state == State.SALE)
        .order_by(Item.from_price)
    )
    return list(db.session.scalars(query))


def add_offer(
    actor: Actor, item_id: str, *, kind: str, price: int, hours: int | None
) -> Refusal | None:
    """Add a way to get an item; who bought before is not touched (R-69)."""

    def act(session: Session, item: Item) -> Refusal | None:
        values = settings(SLUG)
        if kind not in KINDS[item.kind].offers:
            return Refusal("kind", _("This kind of offer does not fit. Nothing was saved."))
        if not values.least <= price <= values.most:
            return Refusal("price", _("This price is outside the limits. Nothing was saved."))
        if kind == "rent" and not (hours and 1 <= hours <= 8_760):  # noqa: PLR2004 - a year
            return Refusal("hours", _("A rental lasts 1 hour to a year. Nothing was saved."))
        count = select(func.count()).where(OfferRow.item_id == item.id, OfferRow.active)
        if (session.scalar(count) or 0) >= MOST_OFFERS:
            return Refusal("full", _("There are offers enough. Nothing was saved."))
        session.add(
            OfferRow(
                id=new_id(),
                item_id=item.id,
                kind=kind,
                price=price,
                hours=hours if kind == "rent" else None,
                active=True,
            )
        )
        _note_cheapest(session, item)
        return None

    return change(actor, item_id, "offer_added", act)


def end_offer(actor: Actor, item_id: str, offer_id: str) -> Refusal | None:
    """Take an offer away; an item on sale keeps one at least."""

    def act(session: Session, item: Item) -> Refusal | None:
        row = session.get(OfferRow, offer_id)
        left = session.scalar(
            select(func.count()).where(
                OfferRow.item_id == item.id, OfferRow.active, OfferRow.id != offer_id
            )
        )
        if row is None or row.item_id != item.id:
            return Refusal("gone", _("This offer is not here any more."))
        if not left and item.state == State.SALE:
            return Refusal(
                "last", _("An item on sale has one price at least. Nothing was changed.")
            )
        row.active = False
        _note_cheapest(session, item)
        return None

    return change(actor, item_id, "offer_ended", act)


def set_parts(actor: Actor, bundle_id: str, item_ids: Iterable[str]) -> Refusal | None:
    """Say what comes with a bundle that is not on sale: own items that are."""
    wanted = list(dict.fromkeys(item_ids))[:MOST_PARTS]

    def act(session: Session, item: Item) -> Refusal | None:
        if item.kind != "bundle" or item.state == State.SALE:
            return Refusal("on_sale", _("Withdraw the bundle first. Nothing was changed."))
        good = select(Item.id).where(
            Item.id.in_(wanted),
            Item.owner_id == item.owner_id,
            Item.state == State.SALE,
            Item.kind.not_in(["bundle", "goods"]),
        )
        known = set(session.scalars(good))
        session.execute(delete(Part).where(Part.bundle_id == item.id))
        session.add_all(
            Part(bundle_id=item.id, item_id=part, nr=nr)
            for nr, part in enumerate(wanted)
            if part in known
        )
        return None

    return change(actor, bundle_id, "parts_set", act)


def _note_cheapest(session: Session, item: Item) -> None:
    session.flush()
    cheapest = select(func.min(OfferRow.price)).where(OfferRow.item_id == item.id, OfferRow.active)
    item.from_price = session.scalar(cheapest)


def _owned_of(item: Item, actor: Actor) -> tuple[int, int]:
    """Return what somebody owns of a bundle, and its parts in all, at their own prices."""
    if item.kind != "bundle":
        return 0, 0
    owned = whole = 0
    for part in parts_of(item.id):
        price = part.from_price or 0
        whole += price
        mine = access_of(actor.user_id, SLUG, part.id)
        owned += price if mine is not None and mine.right is Right.OWN else 0
    return owned, whole
