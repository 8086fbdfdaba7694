"""What lists show: the public shelf, a seller's items, what somebody has (PI-11)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from ppvcms.api import Right, access_history, db, names_of, now_ms, public_link, stocks

from .kinds import KINDS, SLUG, State
from .models import Item

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ppvcms.api import AccessView, Actor

PER_PAGE = 24
SORTS = ("new", "cheap", "dear")
SEARCHED = 60


@dataclass(frozen=True, slots=True)
class Query:
    """What somebody wants to see of the shelf, from page 1."""

    kind: str = ""
    text: str = ""
    sort: str = "new"
    owner_id: str = ""
    page: int = 1


@dataclass(frozen=True, slots=True)
class Card:
    """An item in a list."""

    id: str
    title: str
    kind: str
    icon: str
    seller: str
    poster: str
    price: int | None
    left: int | None
    owned: bool


@dataclass(frozen=True, slots=True)
class Page:
    """One page of cards, and how many there are."""

    cards: list[Card]
    number: int
    pages: int
    total: int


@dataclass(frozen=True, slots=True)
class Mine:
    """An item that somebody has or had, and how it stands."""

    item: Item
    access: AccessView
    poster: str
    state: str


def on_sale(wanted: Query, actor: Actor) -> Page:
    """Return one page of the items on sale."""
    where, number = _where(wanted), max(1, wanted.page)
    order: dict[str, tuple[Any, ...]] = {
        "cheap": (Item.from_price, Item.id),
        "dear": (Item.from_price.desc(), Item.id),
    }
    # A search reads every row anyway, so it counts them too; an index counts the rest faster.
    total = func.count().over() if wanted.text else _count(where)
    found = (
        select(Item.id, total.label("total"))
        .where(*where)
        .order_by(*order.get(wanted.sort, (Item.published_at.desc(), Item.id)))
        .limit(PER_PAGE)
    )
    ids = db.session.execute(found.offset((number - 1) * PER_PAGE)).all()
    if not ids and number > 1:
        number, ids = 1, db.session.execute(found).all()
    count = ids[0].total if ids else 0
    rows = {
        row.id: row
        for row in db.session.scalars(select(Item).where(Item.id.in_([one.id for one in ids])))
    }
    cards = cards_of([rows[one.id] for one in ids], actor)
    return Page(cards, number, max(1, -(-count // PER_PAGE)), count)


def newest_of(owner_id: str, actor: Actor, limit: int = 8) -> list[Card]:
    """Return the newest items of a seller that are on sale."""
    query = (
        select(Item)
        .where(Item.owner_id == owner_id, Item.state == State.SALE)
        .order_by(Item.published_at.desc())
        .limit(limit)
    )
    return cards_of(db.session.scalars(query).all(), actor)


def cards_of(rows: Sequence[Item], actor: Actor) -> list[Card]:
    """Return items as cards, with few queries for all of them."""
    names = names_of({row.owner_id for row in rows})
    left = stocks(SLUG, [row.id for row in rows if row.kind == "goods"])
    owned = _owned(actor, [row.id for row in rows])
    return [
        Card(
            id=row.id,
            title=row.title,
            kind=row.kind,
            icon=KINDS[row.kind].icon,
            seller=names.get(row.owner_id, ""),
            poster=public_link(row.poster_id) if row.poster_id else "",
            price=row.from_price,
            left=left.get(row.id),
            owned=row.id in owned,
        )
        for row in rows
    ]


def of_seller(owner_id: str) -> list[Item]:
    """Return every item of a seller, the newest first."""
    query = select(Item).where(Item.owner_id == owner_id).order_by(Item.made_at.desc())
    return list(db.session.scalars(query.execution_options(populate_existing=True)))


def of_site(*, state: str, text: str, page: int) -> tuple[list[Item], int]:
    """Return a page of all items for staff, those in review first, and how many there are."""
    where = [Item.state == state] if state in set(State) else []
    if text:
        where.append(Item.search.contains(text.lower()[:SEARCHED], autoescape=True))
    total = db.session.scalar(select(func.count()).select_from(Item).where(*where)) or 0
    rows = db.session.scalars(
        select(Item)
        .where(*where)
        .order_by(Item.state != State.REVIEW, Item.made_at.desc())
        .offset((max(1, page) - 1) * PER_PAGE)
        .limit(PER_PAGE)
    )
    return list(rows), total


def in_review() -> int:
    """Return how many items wait for staff."""
    query = select(func.count()).select_from(Item).where(Item.state == State.REVIEW)
    return db.session.scalar(query) or 0


def mine(actor: Actor) -> list[Mine]:
    """Return what somebody has or had, the best right of each item, the newest first."""
    if actor.user_id is None:
        return []
    now = now_ms(db.session())
    best: dict[str, AccessView] = {}
    for access in access_history(db.session(), actor.user_id, SLUG):
        if access.right is not Right.GOODS:
            known = best.get(access.item_id)
            if known is None or _rank(access, now) < _rank(known, now):
                best[access.item_id] = access
    query = select(Item).where(Item.id.in_(best))
    items = {row.id: row for row in db.session.scalars(query)}
    return [
        Mine(
            items[item_id],
            access,
            public_link(items[item_id].poster_id or ""),
            state_of(access, now),
        )
        for item_id, access in best.items()
        if item_id in items
    ]


def state_of(access: AccessView, now: int) -> str:
    """Return how a right stands: own, waiting, running, or ended."""
    if access.ends_at is not None and access.ends_at <= now:
        return "ended"
    if access.right is not Right.RENTAL:
        return "own"
    return "running" if access.started_at is not None else "waiting"


def _rank(access: AccessView, now: int) -> tuple[bool, bool, int]:
    ended = access.ends_at is not None and access.ends_at <= now
    return ended, access.right is Right.RENTAL, -access.made_at


def _owned(actor: Actor, item_ids: list[str]) -> set[str]:
    if actor.user_id is None or not item_ids:
        return set()
    now = now_ms(db.session())
    return {
        access.item_id
        for access in access_history(db.session(), actor.user_id, SLUG)
        if access.right is not Right.GOODS and state_of(access, now) != "ended"
    }


def _count(where: list[Any]) -> Any:
    return select(func.count(Item.id)).where(*where).correlate(None).scalar_subquery()


def _where(wanted: Query) -> list[Any]:
    where: list[Any] = [Item.state == State.SALE]
    if wanted.kind in KINDS:
        where.append(Item.kind == wanted.kind)
    if wanted.owner_id:
        where.append(Item.owner_id == wanted.owner_id)
    where += [
        Item.search.contains(word, autoescape=True)
        for word in wanted.text.lower()[:SEARCHED].split()
    ]
    return where
