"""The list of rooms: filters, order, cards, and the pushes that keep open lists right.

However many rooms there are, a page of the list takes the same number of queries.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from ppvcms.accounts.actor import VISITOR
from ppvcms.accounts.models import User
from ppvcms.db import db, now_ms
from ppvcms.host import dispatch
from ppvcms.host.contract import RoomRef
from ppvcms.host.settings import site
from ppvcms.realtime import push
from ppvcms.rooms.cardfacts import NOTHING, card_facts
from ppvcms.rooms.models import Category, Room, RoomImage, Show, ShowPerformer, Visit
from ppvcms.rooms.outlines import Outline, outlines
from ppvcms.rooms.prices import Price, price_lists
from ppvcms.rooms.states import RoomSignals, RoomState, since, state_of
from ppvcms.rooms.ways import Scene, scenes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import Row

    from ppvcms.accounts.actor import Actor
    from ppvcms.host.contract import CardFacts

    Found = Row[Room, str, Show | None, Show | None, str | None, str | None]

SNAPSHOT = "snapshot"
Parent = aliased(Show)
AnyCard = TypeVar("AnyCard", bound="Outline | Card")


class Order(StrEnum):
    """How a list can be sorted; the first is the default."""

    STATE = "state"
    NAME = "name"
    PRICE = "price"
    NEW = "new"
    VIEWERS = "viewers"
    RATING = "rating"


@dataclass(frozen=True, slots=True)
class Filters:
    """What a visitor asked for; it lives in the address of the page (RM-09).

    `least` and `most` bound the cost per minute of any paid kind of show; `rating`
    is the least mean of stars.
    """

    state: str = ""
    category: str = ""
    tag: str = ""
    language: str = ""
    country: str = ""
    mode: str = ""
    name: str = ""
    least: int | None = None
    most: int | None = None
    rating: int | None = None
    order: Order = Order.STATE
    page: int = 1

    def as_args(self) -> dict[str, Any]:
        """Return the arguments of the address, without what is at its default."""
        plain = {
            "state": self.state,
            "category": self.category,
            "tag": self.tag,
            "language": self.language,
            "country": self.country,
            "mode": self.mode,
            "q": self.name,
            "least": "" if self.least is None else str(self.least),
            "most": "" if self.most is None else str(self.most),
            "rating": "" if self.rating is None else str(self.rating),
            "sort": "" if self.order is Order.STATE else self.order.value,
            "page": "" if self.page == 1 else str(self.page),
        }
        return {name: value for name, value in plain.items() if value}


def filters_from(args: Mapping[str, str]) -> Filters:
    """Read filters from the arguments of an address; what does not fit is left out."""

    def amount(name: str) -> int | None:
        value = args.get(name, "")
        return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else None  # noqa: PLR2004

    order = args.get("sort", "")
    words = {
        name: args.get(name, "").strip()[:64]
        for name in ("state", "category", "tag", "language", "country", "mode")
    }
    return Filters(
        **words,
        name=args.get("q", "").strip()[:64],
        least=amount("least"),
        most=amount("most"),
        rating=amount("rating"),
        order=Order(order) if order in set(Order) else Order.STATE,
        page=max(1, amount("page") or 1),
    )


@dataclass(frozen=True, slots=True)
class Card:
    """One room of the list."""

    id: str
    slug: str
    title: str
    performer: str
    performer_id: str
    brief: str
    state: RoomState
    mode: str | None
    since: int | None
    image_source: str
    viewers: int | None
    category: str | None
    category_name: str | None
    tags: tuple[str, ...]
    language: str
    country: str
    featured: int
    auto_reject: bool
    created_at: int
    scene: Scene
    prices: tuple[Price, ...] = ()
    image_id: str | None = None
    facts: CardFacts = NOTHING
    partners: tuple[str, ...] = ()

    @property
    def together(self) -> str:
        """The names of all who are in the show, the room's own performer first (MD-16)."""
        return ", ".join([self.performer, *self.partners])

    @property
    def public_mode(self) -> str | None:
        """The kind of the public show that runs, also while a private interrupts it."""
        return self.scene.public.key if self.scene.public is not None else None

    @property
    def cheapest(self) -> int | None:
        """The least that a minute of a paid show costs here, in minor units."""
        return min((price.rate for price in self.prices if price.paid), default=None)

    @property
    def image(self) -> str:
        """The address of the picture, or nothing."""
        return image_url(self.image_id)

    def as_json(self) -> dict[str, Any]:
        """Return the shape `Card` of docs/realtime.md."""
        return {
            **self.as_change(),
            "id": self.id,
            "title": self.title,
            "performer": self.performer,
            "brief": self.brief,
            "category": self.category,
            "tags": list(self.tags),
            "language": self.language,
            "country": self.country,
            "featured": self.featured,
            "auto_reject": self.auto_reject,
        }

    def as_change(self) -> dict[str, Any]:
        """Return what the push `listing` carries."""
        return {
            "room": self.slug,
            "together": self.together,
            "partners": list(self.partners),
            "state": self.state.value,
            "mode": self.mode,
            "since": self.since,
            "prices": [price.as_json() for price in self.prices],
            "viewers": self.viewers,
            "image": self.image,
        }


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the list, with what the filter form offers."""

    cards: Sequence[Card]
    filters: Filters
    total: int
    pages: int
    categories: Sequence[tuple[str, str]] = field(default_factory=tuple)
    tags: Sequence[str] = field(default_factory=tuple)
    languages: Sequence[str] = field(default_factory=tuple)
    countries: Sequence[str] = field(default_factory=tuple)


def listing(filters: Filters, *, per_page: int | None = None, actor: Actor = VISITOR) -> Page:
    """Return one page of the listed rooms that fit the filters, as somebody sees it.

    Cards are made for that page alone, unless prices, viewers or what plugins know
    decide what is on it.
    """
    rooms = _without_unlisted(_outlines(filters, actor))
    found = sorted((room for room in rooms if fits(room, filters)), key=_key(filters.order))
    size = per_page or site().per_page
    pages = max(1, -(-len(found) // size))
    number = min(filters.page, pages)
    shown = [room.id for room in found[(number - 1) * size : number * size]]
    cards = {card.id: card for card in _whole(_rows(Room.id.in_(shown)), actor)}
    return Page(
        cards=[cards[room_id] for room_id in shown if room_id in cards],
        filters=filters,
        total=len(found),
        pages=pages,
        categories=sorted({(r.category, r.category_name or "") for r in rooms if r.category}),
        tags=sorted({tag for room in rooms for tag in room.tags}),
        languages=sorted({room.language for room in rooms if room.language}),
        countries=sorted({room.country for room in rooms if room.country}),
    )


def _outlines(filters: Filters, actor: Actor) -> Sequence[Outline | Card]:
    """Return every listed room with as much as the filters and the order look at."""
    if _asks_for_prices(filters) or filters.order is Order.VIEWERS:
        rows = _rows(Room.listed.is_(True))
        rooms = {row[0].id: row[0] for row in rows}
        cards: Sequence[Outline | Card] = _with_prices(_cards(rows), rooms)
    else:
        cards = found = outlines()
        partners = _partners(room.id for room in found if room.state.live)
        for room in found:
            room.partners = partners.get(room.id, ())
    return _with_facts(cards, actor) if _asks_for_ratings(filters) else cards


def _whole(rows: Sequence[Found], actor: Actor) -> list[Card]:
    """Return cards with everything that a page shows."""
    rooms = {row[0].id: row[0] for row in rows}
    return _with_facts(_with_images(_with_prices(_cards(rows), rooms)), actor)


def _without_unlisted(rooms: Sequence[Outline | Card]) -> Sequence[Outline | Card]:
    """Leave out who must not be listed, such as performers who are not verified."""
    asked = sorted({room.performer_id for room in rooms})
    answers = dispatch.collect("unlisted_performers", performer_ids=asked) if asked else []
    hidden = {performer_id for _slug, ids in answers for performer_id in ids}
    return [room for room in rooms if room.performer_id not in hidden] if hidden else rooms


def cards_of(room_ids: Iterable[str], actor: Actor) -> list[Card]:
    """Return the cards of some rooms, who is here first, as somebody sees them."""
    return sorted(_whole(_rows(Room.id.in_(list(room_ids))), actor), key=_key(Order.STATE))


def card_of(room_id: str) -> Card | None:
    """Return the card of one room, listed or not."""
    rows = _rows(Room.id == room_id)
    rooms = {row[0].id: row[0] for row in rows}
    cards = _with_images(_with_prices(_cards(rows), rooms))
    return cards[0] if cards else None


def push_card(room_id: str) -> None:
    """Tell open lists and open pages of the room what changed (RM-01)."""
    card = card_of(room_id)
    if card is not None:
        push("site", "listing", card.as_change())


def fits(card: Outline | Card, filters: Filters) -> bool:
    """Whether a card is what the filters ask for."""
    if filters.name and filters.name.casefold() not in f"{card.together} {card.title}".casefold():
        return False
    if filters.tag and filters.tag not in card.tags:
        return False
    if filters.rating and (card.facts.rating or 0) < filters.rating * 100:
        return False
    if filters.mode and all(price.mode != filters.mode for price in card.prices):
        return False
    if filters.state and filters.state != (
        "live" if filters.state == "live" and card.state.live else card.state.value
    ):
        return False
    equal = (
        (filters.category, card.category),
        (filters.language, card.language),
        (filters.country, card.country),
    )
    return all(not wanted or wanted == had for wanted, had in equal) and _in_band(card, filters)


def image_url(image_id: str | None) -> str:
    """Return where the pages load a picture from."""
    return f"/images/{image_id}" if image_id else ""


def _in_band(card: Outline | Card, filters: Filters) -> bool:
    if filters.least is None and filters.most is None:
        return True
    least = filters.least or 0
    most = filters.most if filters.most is not None else 2**53
    return any(price.paid and least <= price.rate <= most for price in card.prices)


def _key(order: Order) -> Any:
    rank = {state: place for place, state in enumerate(RoomState)}

    def key(card: Outline | Card) -> tuple[Any, ...]:
        name = card.performer.casefold()
        by_state = (rank[card.state], -card.featured, name, card.id)
        if order is Order.NAME:
            return (name, card.id)
        if order is Order.PRICE:
            return (card.cheapest is None, card.cheapest or 0, *by_state)
        if order is Order.NEW:
            return (-card.created_at, card.id)
        if order is Order.RATING:
            return (-(card.facts.rating or 0), -card.facts.reviews, *by_state)
        if order is Order.VIEWERS:
            return (-(card.viewers or 0), *by_state)
        return by_state

    return key


def _rows(condition: Any) -> Sequence[Found]:
    query = (
        select(Room, User.display_name, Show, Parent, Category.slug, Category.name)
        .join(User, User.id == Room.performer_id)
        .outerjoin(Show, Show.id == Room.show_id)
        .outerjoin(Parent, Parent.id == Show.parent_id)
        .outerjoin(Category, Category.id == Room.category_id)
        .where(condition, User.state == "active")
        .execution_options(populate_existing=True)
    )
    found: Sequence[Found] = db.session.execute(query).all()
    return found


def signals_of(room: Room, show: Show | None) -> RoomSignals:
    """Return what the state of a room is computed from."""
    live = show is not None and show.state == "live"
    return RoomSignals(
        show_live=live,
        private=show is not None and live and show.private,
        paid=show is not None and live and show.paid,
        hidden=room.hidden,
        away_since=room.away_since,
        started_at=show.started_at if show is not None and live else None,
        evidence_at=room.evidence_at,
        ready_by=room.ready_by,
    )


def _cards(rows: Sequence[Found]) -> list[Card]:
    now = now_ms(db.session())
    ids = [row[0].id for row in rows]
    viewers, shows_viewers = viewer_counts(ids), site().show_viewers
    signals_by = {row[0].id: signals_of(row[0], row[2]) for row in rows}
    states = {room_id: state_of(signals, now) for room_id, signals in signals_by.items()}
    running = scenes((row[0], states[row[0].id], row[2], row[3]) for row in rows)
    partners = _partners(row[0].id for row in rows if states[row[0].id].live)
    cards = []
    for room, performer, show, _parent, category, category_name in rows:
        signals, state = signals_by[room.id], states[room.id]
        shown = room.show_viewers and shows_viewers and state.live
        cards.append(
            Card(
                id=room.id,
                slug=room.slug,
                title=room.title,
                performer=performer,
                performer_id=room.performer_id,
                brief=room.brief,
                state=state,
                mode=show.mode if show is not None and state.live else None,
                since=since(signals, state),
                image_source=room.image_source,
                viewers=viewers.get(room.id, 0) if shown else None,
                category=category,
                category_name=category_name,
                tags=tuple(room.tags.get("all", ())),
                language=room.language,
                country=room.country,
                featured=room.featured,
                auto_reject=room.auto_reject,
                created_at=room.created_at,
                scene=running[room.id],
                partners=partners.get(room.id, ()),
            )
        )
    return cards


def _partners(room_ids: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return who else performs in each of these live rooms, in the order of checking in."""
    query = (
        select(Show.room_id, User.display_name)
        .join(ShowPerformer, ShowPerformer.show_id == Show.id)
        .join(User, User.id == ShowPerformer.performer_id)
        .where(
            Show.room_id.in_(list(room_ids)),
            ShowPerformer.until_at.is_(None),
            ShowPerformer.performer_id != Show.performer_id,
        )
        .order_by(ShowPerformer.place)
    )
    found: dict[str, tuple[str, ...]] = {}
    for room_id, name in db.session.execute(query):
        found[room_id] = (*found.get(room_id, ()), name)
    return found


def viewer_counts(room_ids: Iterable[str]) -> dict[str, int]:
    """Return how many other people are in each room now, each counted once (RM-20)."""
    person = func.coalesce(Visit.user_id, Visit.sid)
    query = (
        select(Visit.room_id, func.count(func.distinct(person)))
        .where(Visit.room_id.in_(list(room_ids)), Visit.role.in_(("visitor", "client")))
        .group_by(Visit.room_id)
    )
    return dict(db.session.execute(query).all())


def _asks_for_prices(filters: Filters) -> bool:
    bounds = (filters.least, filters.most)
    return bool(filters.mode) or filters.order is Order.PRICE or bounds != (None, None)


def _asks_for_ratings(filters: Filters) -> bool:
    return bool(filters.rating) or filters.order is Order.RATING


def _with_facts(cards: Sequence[AnyCard], actor: Actor) -> list[AnyCard]:
    """Ask the plugins what they add to these cards."""
    refs = [RoomRef(card.id, card.slug, card.performer_id) for card in cards]
    found = card_facts(refs, actor)
    return [replace(card, facts=found.get(card.id, NOTHING)) for card in cards]


def _with_prices(cards: Sequence[Card], rooms: Mapping[str, Room]) -> list[Card]:
    """Ask the modes what each of these rooms costs."""
    running = {card.id: card.scene for card in cards}
    prices = price_lists([rooms[card.id] for card in cards], running)
    return [replace(card, prices=prices[card.id]) for card in cards]


def _with_images(cards: Sequence[Card]) -> list[Card]:
    """Choose each card's picture as its performer wants it (RM-02)."""
    images = images_of([card.id for card in cards])
    return [
        replace(card, image_id=choose_image(card.image_source, card.state, images.get(card.id)))
        for card in cards
    ]


@dataclass(frozen=True, slots=True)
class ImageRef:
    """A picture that may be shown."""

    id: str
    kind: str


def images_of(room_ids: Iterable[str]) -> dict[str, list[ImageRef]]:
    """Return the approved pictures of rooms in their own order."""
    query = (
        select(RoomImage.room_id, RoomImage.id, RoomImage.kind)
        .where(RoomImage.room_id.in_(list(room_ids)), RoomImage.approved.is_(True))
        .order_by(RoomImage.weight, RoomImage.made_at)
    )
    found: dict[str, list[ImageRef]] = {}
    for room_id, image_id, kind in db.session.execute(query):
        found.setdefault(room_id, []).append(ImageRef(image_id, kind))
    return found


def choose_image(source: str, state: RoomState, images: Sequence[ImageRef] | None) -> str | None:
    """Return the id of the picture to show: newest live snapshot, random, or the first."""
    uploads = [image.id for image in images or () if image.kind != SNAPSHOT]
    if source == SNAPSHOT and state.public_media:
        snapshots = [image.id for image in images or () if image.kind == SNAPSHOT]
        if snapshots:
            return snapshots[-1]
    if not uploads:
        return None
    return uploads[0] if source == "fixed" else random.choice(uploads)  # noqa: S311 - a picture
