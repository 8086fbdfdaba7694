"""A site to try: performers with rooms, a studio, clients with credits.

Everything here is invented. A demo site listens on loopback alone, because its
passwords are known to everybody.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from ppvcms.accounts.actor import actor_of
from ppvcms.accounts.models import User
from ppvcms.accounts.services import create_user
from ppvcms.content.portraits import portrait
from ppvcms.db import db, now_ms, unit_of_work
from ppvcms.errors import PpvcmsError
from ppvcms.host.contract import DemoContext
from ppvcms.host.core_settings import CORE_DEFAULTS
from ppvcms.host.dispatch import notify
from ppvcms.host.settings import save_site, site
from ppvcms.ids import new_id
from ppvcms.ledger.store import buy_credits
from ppvcms.results import Refusal
from ppvcms.rooms.models import Category, Room, RoomImage, RoomPrice
from ppvcms.rooms.services import view_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from ppvcms.accounts.actor import Actor

PASSWORD = "demo-demo-demo"  # noqa: S105 - printed on purpose, on loopback only
DAY_MS = 86_400_000
SITE = {
    "site_name": "Stage Door",
    "site_tagline": "Live, one to one.",
    "locales": ("en", "de", "es", "ar"),
}
CATEGORIES = (("music", "Music"), ("wellbeing", "Wellbeing"), ("languages", "Languages"))


@dataclass(frozen=True, slots=True)
class DemoRoom:
    """One invented room."""

    name: str
    category: str
    title: str
    brief: str
    language: str
    country: str
    rate: int | None
    tags: tuple[str, ...]


ROOMS = (
    DemoRoom(
        "Mara Lind",
        "music",
        "Songs by request",
        "Voice and piano, old and new.",
        "en",
        "SE",
        250,
        ("piano", "voice"),
    ),
    DemoRoom(
        "Teo Arias",
        "music",
        "Guitar by the fire",
        "Flamenco, and how it is done.",
        "es",
        "ES",
        200,
        ("guitar", "flamenco"),
    ),
    DemoRoom(
        "June Park",
        "languages",
        "Korean from day one",
        "Talk in the first lesson.",
        "en",
        "KR",
        180,
        ("korean", "beginners"),
    ),
    DemoRoom(
        "Aylin Demir",
        "wellbeing",
        "Breath and calm",
        "Ten minutes that change a day.",
        "en",
        "TR",
        220,
        ("breathing", "sleep"),
    ),
    DemoRoom(
        "Noah Weiss",
        "languages",
        "German that sticks",
        "Grammar without tears.",
        "de",
        "DE",
        150,
        ("german", "exams"),
    ),
    DemoRoom(
        "Ines Duarte",
        "music",
        "Fado at night",
        "Lisbon, one song at a time.",
        "pt",
        "PT",
        None,
        ("fado", "voice"),
    ),
    DemoRoom(
        "Ravi Menon",
        "wellbeing",
        "Yoga for stiff backs",
        "Slow, safe and kind.",
        "en",
        "IN",
        175,
        ("yoga", "back"),
    ),
    DemoRoom(
        "Lea Moreau",
        "languages",
        "French conversation",
        "Speak, err, laugh, repeat.",
        "fr",
        "FR",
        190,
        ("french", "conversation"),
    ),
    DemoRoom(
        "Kofi Boateng",
        "music",
        "Drums without a kit",
        "Rhythm with what is at hand.",
        "en",
        "GH",
        160,
        ("drums", "rhythm"),
    ),
    DemoRoom(
        "Sofia Rossi",
        "wellbeing",
        "Sleep clinic",
        "Why you wake at four.",
        "it",
        "IT",
        350,
        ("sleep", "stress"),
    ),
    DemoRoom(
        "Omar Haddad",
        "languages",
        "Arabic letters",
        "Read a street sign in a week.",
        "ar",
        "JO",
        None,
        ("arabic", "beginners"),
    ),
    DemoRoom(
        "Hana Sato",
        "music",
        "Koto and tea",
        "Quiet strings from Kyoto.",
        "ja",
        "JP",
        300,
        ("koto", "calm"),
    ),
)
LIVE_ABLE = 4
CLIENTS = (
    ("Alex", "alex@demo.invalid", 5000),
    ("Robin", "robin@demo.invalid", 600),
    ("Kim", "kim@demo.invalid", 8000),
)


def make_demo() -> list[str]:
    """Fill a new site and return the lines to print: who can sign in, and how."""
    with unit_of_work() as session:
        if site().site_name == CORE_DEFAULTS["site_name"]:
            save_site(session, None, SITE)
        shelves = _categories(session)
    for number, plan in enumerate(ROOMS):
        _performer(plan, shelves, number)
    _person("Northlight Studio", "studio@demo.invalid", "studio", shown=True)
    for name, email, amount in CLIENTS:
        _fund(_person(name, email, "client", shown=True), amount)
    missed = notify("demo_content", ctx=_demo_context())
    return [*_sign_ins(), *(f"The plugin '{slug}' could not add its part." for slug in missed)]


def _demo_context() -> DemoContext:
    people = db.session.scalars(select(User).order_by(User.id)).all()
    actors = [actor_of(user) for user in people]

    def having(role: str) -> tuple[Actor, ...]:
        return tuple(actor for actor in actors if role in actor.roles)

    rooms = db.session.scalars(select(Room).order_by(Room.created_at, Room.id))
    return DemoContext(
        owner=having("owner")[0],
        performers=having("performer"),
        clients=having("client"),
        studios=having("studio"),
        rooms=tuple(view_of(room) for room in rooms),
    )


def _sign_ins() -> list[str]:
    names = ["owner@demo.invalid", *(_email(plan.name) for plan in ROOMS[:LIVE_ABLE])]
    names += ["studio@demo.invalid", *(email for _name, email, _amount in CLIENTS)]
    return [f"Password of every demo account: {PASSWORD}", *(f"  {name}" for name in names)]


def _email(name: str) -> str:
    return f"{name.split(maxsplit=1)[0].lower()}@demo.invalid"


def _person(name: str, email: str, role: str, *, shown: bool) -> str:
    answer = create_user(
        email=email,
        display_name=name,
        password=PASSWORD,
        roles=(role,),
        verified=True,
        actor_id=None,
        demo=shown,
    )
    if isinstance(answer, Refusal):
        raise PpvcmsError(str(answer))
    return answer.id


def _categories(session: Session) -> dict[str, str]:
    made = {}
    for weight, (slug, name) in enumerate(CATEGORIES):
        shelf = Category(id=new_id(), slug=slug, name=name, weight=weight)
        session.add(shelf)
        made[slug] = shelf.id
    return made


def _performer(plan: DemoRoom, shelves: dict[str, str], number: int) -> None:
    shown = number < LIVE_ABLE
    user_id = _person(plan.name, _email(plan.name), "performer", shown=shown)
    with unit_of_work() as session:
        now = now_ms(session)
        room = Room(
            id=new_id(),
            slug=plan.name.lower().replace(" ", "-"),
            performer_id=user_id,
            category_id=shelves[plan.category],
            title=plan.title,
            brief=plan.brief,
            description=f"{plan.brief}\n\nThis is a demo room: its person is invented.",
            tags={"all": list(plan.tags)},
            language=plan.language,
            country=plan.country,
            offline_message="Back soon. Leave a word and you will hear when the room opens.",
            # The first is featured, and the last ones are new in the list.
            featured=5 if number == 0 else 0,
            created_at=now - (len(ROOMS) - number) * 12 * DAY_MS,
        )
        session.add(room)
        session.flush()
        if plan.rate is not None:
            session.add(RoomPrice(room_id=room.id, mode="private", rate=plan.rate, changed_at=now))
        _images(session, room.id, plan.name, now)


def _images(session: Session, room_id: str, name: str, now: int) -> None:
    for weight, seed in enumerate(_seeds(name)):
        session.add(
            RoomImage(
                id=new_id(),
                room_id=room_id,
                content_type="image/webp",
                data=portrait(seed, size=(640, 480)),
                width=640,
                height=480,
                weight=weight,
                made_at=now,
            )
        )


def _seeds(name: str) -> Sequence[str]:
    return (name, f"{name}, again")


def _fund(user_id: str, amount: int) -> None:
    with unit_of_work() as session:
        buy_credits(
            session,
            user_id=user_id,
            credits=amount,
            bonus=0,
            price=amount,
            price_currency="USD",
            provider="demo",
            key=f"demo:{user_id}",
            source=f"demo:fund:{user_id}",
            memo="Credits of the demo site",
            actor_id=None,
            kind="demo",
        )
