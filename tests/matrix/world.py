"""A site where every kind of person has something of their own, and the questions asked of it."""

from __future__ import annotations

import hashlib
import io
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import sqlalchemy as sa
from PIL import Image
from sqlalchemy import select

from ppvcms.accounts.actor import VISITOR
from ppvcms.accounts.models import LoginSession
from ppvcms.config import ROOT
from ppvcms.db import Base, db, transaction
from ppvcms.host import settings
from ppvcms.host.contract import DemoContext
from ppvcms.host.dispatch import notify
from ppvcms.ids import new_id
from ppvcms.media.models import Grant
from ppvcms.notices.models import Notice
from ppvcms.notices.services import send_notice
from ppvcms.payments import packs, services
from ppvcms.results import Refusal
from ppvcms.rooms import images
from ppvcms.rooms.services import rooms_of, view_of
from tests.web.office import Browser, browser_of, paid_show

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from ppvcms.accounts.actor import Actor
    from ppvcms.rooms.models import Room
    from tests.live import Site

VISITORS = "visitor"
STRANGERS = ("visitor", "cleo", "iva", "sam", "mod")
CAST = ("ben", "mara", "boss")
# What asking may leave behind without anything having been done.
MARKS = {"login_session", "audit_log", "host_process", "task_lease", "visit", "mail"}


# One id of each kind of thing that a plugin keeps for Mara or for Ben.
PLUGINS_OWN = {
    "item_id": "SELECT id FROM paid_items__item WHERE owner_id = :mara AND state = 'sale'",
    "draft_id": "SELECT id FROM paid_items__item WHERE owner_id = :mara AND state = 'draft'",
    "media_id": "SELECT m.id FROM paid_items__media m JOIN paid_items__item i"
    " ON i.id = m.item_id WHERE i.owner_id = :mara AND i.state = 'sale'",
    "offer_id": "SELECT o.id FROM paid_items__offer o JOIN paid_items__item i"
    " ON i.id = o.item_id WHERE i.owner_id = :mara AND i.state = 'sale'",
    "delivery_id": "SELECT id FROM paid_items__delivery WHERE buyer_id = :ben",
    "question_id": "SELECT id FROM questions__question WHERE sender_id = :ben AND state = 'open'",
    "attachment_id": "SELECT id FROM questions__attachment",
    "event_id": "SELECT id FROM events__event WHERE performer_id = :mara",
    "review_id": "SELECT id FROM reviews__review WHERE performer_id = :mara",
    "paper_id": "SELECT id FROM verification__paper WHERE user_id = :mara",
    "proposal_id": "SELECT id FROM checkin__proposal WHERE host_id = :mara",
}


@dataclass
class World:
    """People by name, and the ids of what belongs to them."""

    site: Site
    people: dict[str, Actor] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)
    browsers: dict[str, Browser] = field(default_factory=dict)
    room: Room | None = None

    def browser(self, name: str) -> Browser:
        """Return somebody's browser; the visitor's has no session."""
        if name not in self.browsers:
            self.browsers[name] = (
                self._stranger() if name == VISITORS else browser_of(self.site, self.people[name])
            )
        return self.browsers[name]

    def _stranger(self) -> Browser:
        address = self.site.app.config["PPVCMS"].public_url
        return Browser(self.site.app.test_client(), address, "/sign-in")

    def fingerprint(self) -> str:
        """Return a digest of everything that is stored, but for marks of a visit."""
        db.session.rollback()
        there = set(sa.inspect(db.engine).get_table_names()) - MARKS
        digest = hashlib.sha256()
        for table in Base.metadata.sorted_tables:
            if table.name in there:
                rows = sorted(map(str, db.session.execute(table.select())))
                digest.update(f"{table.name}{rows}".encode())
        db.session.rollback()
        return digest.hexdigest()


def make_world(site: Site) -> World:
    """Make the people and what belongs to them.

    `ben` bought from `mara`; `boss` is Mara's studio. `cleo`, `iva` and `sam` are
    another client, another performer and another studio; they own nothing here.
    `dora`, `ella` and `dan` are there for what needs several.
    """
    world = World(site)
    for name, role, has in (
        ("ben", "client", 50_000),
        ("cleo", "client", 50_000),
        ("mara", "performer", 0),
        ("iva", "performer", 0),
        ("boss", "studio", 0),
        ("sam", "studio", 0),
        ("mod", "moderator", 0),
        ("olga", "owner", 0),
        ("dora", "performer", 0),
        ("ella", "performer", 0),
        ("dan", "client", 50_000),
    ):
        world.people[name] = site.person(name.title(), role, credits=has)
    world.people[VISITORS] = VISITOR
    world.room = site.room(world.people["mara"], "Mara")
    for name in ("iva", "dora", "ella"):
        site.room(world.people[name], name.title())
    _let_everybody_work()
    # What needs more people than these is left out.
    notify("demo_content", ctx=_belongings(world))
    doras = rooms_of(str(world.people["dora"].user_id))[0]
    site.go_live(doras, world.people["dora"])
    world.ids["offer"] = site.offer(doras, world.people["ben"]).token
    _house(world)
    _show(world)
    _things(world)
    _ids_of_plugins(world)
    _further(world)
    _recording(world)
    return world


def _let_everybody_work() -> None:
    """Take checks away that would hide whether a thing's owner is asked for."""
    if (ROOT / "plugins" / "verification").exists():
        value = True
        for key in ("unverified_may_list", "unverified_may_live", "unverified_may_sell"):
            transaction(lambda session, key=key: settings.save(session, "verification", key, value))  # type: ignore[misc] # binds now


def _belongings(world: World) -> DemoContext:
    """Let every plugin make what Mara, Ben and Boss have there."""
    people = world.people
    performers = tuple(people[name] for name in ("mara", "dora", "ella"))
    return DemoContext(
        owner=people["olga"],
        performers=performers,
        clients=(people["ben"], people["dan"]),
        studios=(people["boss"],),
        rooms=tuple(view_of(room) for one in performers for room in rooms_of(str(one.user_id))),
    )


def _ids_of_plugins(world: World) -> None:
    """Find what the plugins made."""
    mine = {name: world.people[name].user_id for name in ("mara", "ben")}
    for name, statement in PLUGINS_OWN.items():
        used = {one: value for one, value in mine.items() if f":{one}" in statement}
        try:
            found = db.session.scalar(sa.text(statement), used)
        except sa.exc.DatabaseError:
            db.session.rollback()
            continue
        if found is not None:
            world.ids[name] = str(found)


def _house(world: World) -> None:
    """Put Mara under contract with Boss, with new terms that wait and a room."""
    if not (ROOT / "plugins" / "studios").exists():
        return
    from plugins.studios import contracts, offers, people, rooms

    boss, mara, olga = (world.people[name] for name in ("boss", "mara", "olga"))
    boss_id, mara_id = str(boss.user_id), str(mara.user_id)
    people.hand_in(boss, people.Papers("Boss", "1", "A 1", "PT", "Rita"))
    people.decide(boss_id, confirmed=True, note="", ratio_percent=None, by=olga)
    wording = offers.Wording(25, notice_days=14, collects=False)
    running = contracts.propose(boss_id, mara_id, wording, by=boss)
    assert contracts.accept(running, mara) is None
    offered = contracts.propose(boss_id, mara_id, wording, by=boss)
    room = rooms.make(boss, "Red room", mara_id)
    world.ids |= {
        "member_id": mara_id,
        "running_id": running,
        "offered_id": offered,
        "house_room_id": room,
    }


def _further(world: World) -> None:
    """Let somebody further be in Mara's account."""
    if (ROOT / "plugins" / "verification").exists():
        from plugins.verification.members import add_member

        world.ids["further_id"] = str(add_member(world.people["mara"], "Cora"))


def _recording(world: World) -> None:
    """Let Mara have recorded a show with Dora in it."""
    if world.room is None or not (ROOT / "plugins" / "paid_items").exists():
        return
    from plugins.paid_items.models import Consent, Recording

    mara, dora = (str(world.people[name].user_id) for name in ("mara", "dora"))
    made = Recording(
        id=new_id(),
        owner_id=mara,
        room_id=world.room.id,
        show_id=new_id(),
        provider="memory",
        key="one",
        state="ready",
        asked_at=1,
        ended_at=1,
        file_id=new_id(),
    )

    def act(session: Session) -> str:
        session.add(made)
        session.flush()
        session.add_all(Consent(recording_id=made.id, user_id=one) for one in (mara, dora))
        return made.id

    world.ids["recording_id"] = transaction(act)


def _show(world: World) -> None:
    """Let Ben be in a private show with Mara, and Cleo wait."""
    site, room, people = world.site, world.room, world.people
    assert room is not None
    over = paid_show(room, str(people["ben"].user_id))
    public = site.go_live(room, people["mara"])
    waits = site.ask(room, people["cleo"])
    begun = site.begin(room, people["mara"], people["ben"])
    world.ids |= {
        "slug": room.slug,
        "room_id": room.id,
        "show_id": public.id,
        "seat_id": begun.seat_id,
        "request_id": waits.id,
        "over_id": over,
    }


def _things(world: World) -> None:
    """Give Ben a payment and a notice, and Mara a picture."""
    ben, mara = world.people["ben"], world.people["mara"]
    assert world.room is not None
    picture = io.BytesIO()
    Image.new("RGB", (640, 480), "teal").save(picture, "PNG")
    image = images.upload(world.room.id, mara, picture.getvalue())
    assert not isinstance(image, Refusal), image
    draft = packs.PackDraft("Ten", 1_000, prices={"USD": 900})
    assert packs.save_pack(None, draft, actor_id=None) is None
    pack_id = packs.all_packs()[0].id
    intent = services.start_purchase(ben, pack_id=pack_id, key=uuid.uuid4().hex)
    assert not isinstance(intent, Refusal), intent
    transaction(lambda session: send_notice(session, str(ben.user_id), "core.payment_failed"))
    world.browser("ben")
    mine = select(LoginSession.id).filter_by(user_id=ben.user_id)
    grant = select(Grant.id).filter_by(user_id=ben.user_id, state="active")
    told = select(Notice.id).filter_by(user_id=ben.user_id)
    world.ids |= {
        "image_id": image.id,
        "intent_id": intent.id,
        "session_id": str(db.session.scalars(mine).first()),
        "grant_id": str(db.session.scalars(grant).first()),
        "notice_id": str(db.session.scalars(told).first()),
    }
