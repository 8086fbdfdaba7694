"""What plugins offer now, and how many are left: locked before wallets, so the last goes once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import gettext as _
from sqlalchemy import select

from ppvcms.db import reading
from ppvcms.results import Refusal
from ppvcms.sales.models import Good

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session


def put_on_sale(session: Session, slug: str, item_id: str, *, stock: int | None = None) -> None:
    """Offer an item from now on; `stock` is how many there are, None where it never runs out."""
    good = session.get(Good, (slug, item_id), with_for_update=True, populate_existing=True)
    if good is None:
        good = Good(slug=slug, item_id=item_id, sold=0)
        session.add(good)
    good.on_sale, good.stock = True, stock
    session.flush()


def take_off_sale(session: Session, slug: str, item_id: str) -> None:
    """Offer an item no more; what was bought stays as it is (R-69)."""
    good = session.get(Good, (slug, item_id), with_for_update=True, populate_existing=True)
    if good is not None:
        good.on_sale = False
        session.flush()


def stocks(slug: str, item_ids: Sequence[str]) -> dict[str, int | None]:
    """Return how many are left of each item that is on sale; None where there is no end."""
    query = select(Good.item_id, Good.stock).where(
        Good.slug == slug, Good.item_id.in_(item_ids), Good.on_sale
    )
    return {row.item_id: row.stock for row in reading().execute(query)}


def lock(session: Session, slug: str, item_id: str) -> Good | Refusal:
    """Return an item that is on sale, locked until the transaction ends.

    Buyers of what never runs out do not wait for each other; of what does, each
    waits for the one before.
    """
    key = (Good.slug == slug, Good.item_id == item_id)
    counted = session.scalar(select(Good.stock.is_not(None)).where(*key))
    good = session.scalars(
        select(Good)
        .where(*key)
        .with_for_update(read=not counted)
        .execution_options(populate_existing=True)
    ).one_or_none()
    return _refusal(good) or good or _gone()


def refusal(session: Session, slug: str, item_id: str) -> Refusal | None:
    """Return why an item cannot be bought as it looks now, or None."""
    return _refusal(session.get(Good, (slug, item_id), populate_existing=True))


def take_one(good: Good) -> None:
    """Count one sold of an item with a stock, which the caller has locked."""
    if good.stock is not None:
        good.stock -= 1
        good.sold += 1


def put_back(session: Session, slug: str, item_id: str) -> None:
    """Return one to the stock, because its sale was undone."""
    good = session.get(Good, (slug, item_id), with_for_update=True, populate_existing=True)
    if good is not None and good.stock is not None:
        good.stock += 1
        good.sold -= 1


def _refusal(good: Good | None) -> Refusal | None:
    if good is None or not good.on_sale:
        return _gone()
    if good.stock is not None and good.stock <= 0:
        return Refusal("sold_out", _("This was just sold out. Nothing was taken."))
    return None


def _gone() -> Refusal:
    return Refusal("gone", _("This is not on sale any more. Nothing was taken."))
