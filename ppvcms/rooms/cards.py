"""The cards of rooms, and how one is made: what a list shows of a room at this moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import aliased

from ppvcms.accounts.models import User
from ppvcms.db import db, now_ms, reading
from ppvcms.host.settings import site
from ppvcms.rooms.cardfacts import NOTHING
from ppvcms.rooms.models import Category, Room, Show, ShowPerformer, Visit
from ppvcms.rooms.pictures import choose_image, image_url, images_of
from ppvcms.rooms.prices import Price, own_rates, price_lists
from ppvcms.rooms.states import RoomSignals, RoomState, since, state_of
from ppvcms.rooms.ways import Scene, scenes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import Row

    from ppvcms.host.contract import CardFacts
    from ppvcms.rooms.prices import OwnRate

    Found = Row[Room, str, Show | None, Show | None, str | None, str | None]

Parent = aliased(Show)
_PARTNERS = (
    select(Show.room_id, User.display_name)
    .join(ShowPerformer, ShowPerformer.show_id == Show.id)
    .join(User, User.id == ShowPerformer.performer_id)
    .where(
        Show.room_id.in_(bindparam("ids", expanding=True)),
        ShowPerformer.until_at.is_(None),
        ShowPerformer.performer_id != Show.performer_id,
    )
    .order_by(ShowPerformer.place)
)
_VIEWERS = (
    select(Visit.room_id, func.count(func.distinct(func.coalesce(Visit.user_id, Visit.sid))))
    .where(
        Visit.room_id.in_(bindparam("ids", expanding=True)),
        Visit.role.in_(("visitor", "client")),
    )
    .group_by(Visit.room_id)
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
class Made:
    """A card fresh from the tables, with what it was made of."""

    row: Found
    card: Card
    rates: Mapping[str, OwnRate]


def make_cards(
    condition: Any, facts: Mapping[str, CardFacts], chosen: Mapping[str, str | None]
) -> list[Made]:
    """Make the cards of rooms, by few queries however many there are.

    By room, `facts` is what plugins know and `chosen` the picture where there is a choice.
    """
    rows = _rows(condition)
    rooms = [row[0] for row in rows]
    ids, now = [room.id for room in rooms], now_ms(db.session())
    states = {row[0].id: state_of(signals_of(row[0], row[2]), now) for row in rows}
    running = scenes((row[0], states[row[0].id], row[2], row[3]) for row in rows)
    rates, images = own_rates(ids), images_of(ids)
    prices = price_lists(rooms, running, rates)
    partners, viewers = partners_of(states), shown_viewers(rooms, states)
    made = []
    for row in rows:
        room_id, state = row[0].id, states[row[0].id]
        image_id = chosen.get(room_id) or choose_image(
            row[0].image_source, state, images.get(room_id)
        )
        more = facts.get(room_id, NOTHING), partners.get(room_id, ())
        card = _card(row, running[room_id], viewers.get(room_id), prices[room_id], image_id, *more)
        made.append(Made(row, card, rates.get(room_id, {})))
    return made


def _card(
    row: Found,
    scene: Scene,
    viewers: int | None,
    prices: tuple[Price, ...],
    image_id: str | None,
    facts: CardFacts,
    partners: tuple[str, ...],
) -> Card:
    room, performer, show, _parent, category, category_name = row
    return Card(
        id=room.id,
        slug=room.slug,
        title=room.title,
        performer=performer,
        performer_id=room.performer_id,
        brief=room.brief,
        state=scene.state,
        mode=show.mode if show is not None and scene.state.live else None,
        since=since(signals_of(room, show), scene.state),
        viewers=viewers,
        category=category,
        category_name=category_name,
        tags=tuple(room.tags.get("all", ())),
        language=room.language,
        country=room.country,
        featured=room.featured,
        auto_reject=room.auto_reject,
        created_at=room.created_at,
        scene=scene,
        prices=prices,
        image_id=image_id,
        facts=facts,
        partners=partners,
    )


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


def partners_of(states: Mapping[str, RoomState]) -> dict[str, tuple[str, ...]]:
    """Return who else performs in each of the live rooms, in the order of checking in."""
    live = [room_id for room_id, state in states.items() if state.live]
    found: dict[str, tuple[str, ...]] = {}
    for room_id, name in reading().execute(_PARTNERS, {"ids": live}) if live else ():
        found[room_id] = (*found.get(room_id, ()), name)
    return found


def shown_viewers(rooms: Iterable[Any], states: Mapping[str, RoomState]) -> dict[str, int]:
    """Return how many people are in each room that is live and shows it (RM-20).

    A room has its `id` and `show_viewers`.
    """
    if not site().show_viewers:
        return {}
    asked = [room.id for room in rooms if room.show_viewers and states[room.id].live]
    counted = viewer_counts(asked) if asked else {}
    return {room_id: counted.get(room_id, 0) for room_id in asked}


def viewer_counts(room_ids: Iterable[str]) -> dict[str, int]:
    """Return how many other people are in each room now, each counted once (RM-20)."""
    return dict(reading().execute(_VIEWERS, {"ids": list(room_ids)}).all())
