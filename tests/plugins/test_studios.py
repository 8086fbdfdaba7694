"""CM-06 to CM-11, R-47, R-49: studios, contracts, rooms, rights, statements."""

from __future__ import annotations

import csv
import io
import uuid
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from ppvcms.accounts.models import Mail, StudioPart, User
from ppvcms.db import db, now_ms, transaction
from ppvcms.facade import charge, escrow_pay, escrow_put
from ppvcms.host import dispatch, settings
from ppvcms.ledger.models import Share, Transfer
from ppvcms.ledger.releases import release_due
from ppvcms.ledger.store import reverse_transfer
from ppvcms.metering.earnings import collected
from ppvcms.metering.partners import change_performers
from ppvcms.metering.performance import balances
from ppvcms.metering.sharing import Present, sharers_of
from ppvcms.results import Refusal
from ppvcms.rooms import rates, services, shows
from tests import kit
from tests.live import Site, refused, site_at
from tests.web.office import browser_of, paid_show

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ppvcms.accounts.actor import Actor
    from ppvcms.rooms.models import Room

DAY_MS = 86_400_000


@pytest.fixture
def site(database_url: str, tmp_path: Path) -> Iterator[Site]:
    """A site with the plugin, whose books hold at the end of every test."""
    with site_at(database_url, tmp_path, "studios") as made:
        yield made
        assert kit.books_problems() == []


@pytest.fixture
def small_site(tmp_path: Path) -> Iterator[Site]:
    """The same on SQLite alone."""
    with site_at(f"sqlite:///{tmp_path / 'site.sqlite3'}", tmp_path, "studios") as made:
        yield made


class House:
    """A confirmed studio, Anna and Bea who perform, Dan who pays, Olga who owns the site."""

    def __init__(self, site: Site) -> None:
        from plugins.studios import contracts, people, rooms, statements

        self.contracts, self.people = contracts, people
        self.rooms, self.statements = rooms, statements
        self.site = site
        self.north = site.person("North", "studio")
        self.anna, self.bea = site.person("Anna", "performer"), site.person("Bea", "performer")
        self.dan = site.person("Dan", credits=100_000)
        self.olga = site.person("Olga", "owner")
        self.confirm(self.north)

    def confirm(self, studio: Actor) -> None:
        papers = self.people.Papers("North Ltd", "1", "A street 1", "PT", "Rita")
        self.people.hand_in(studio, papers)
        assert self.decide(studio) is None

    def decide(self, studio: Actor, *, ratio: int | None = None) -> Any:
        return self.people.decide(
            str(studio.user_id), confirmed=True, note="", ratio_percent=ratio, by=self.olga
        )

    def offer(
        self,
        performer: Actor,
        percent: int = 25,
        *,
        by: Actor | None = None,
        collects: bool = False,
    ) -> str:
        from plugins.studios import offers

        studio = by or self.north
        wording = offers.Wording(percent, notice_days=14, collects=collects)
        answer = self.contracts.propose(
            str(studio.user_id), str(performer.user_id), wording, by=studio
        )
        assert not isinstance(answer, Refusal), answer
        return str(answer)

    def hire(self, performer: Actor, percent: int = 25, *, by: Actor | None = None) -> str:
        contract = self.offer(performer, percent, by=by)
        assert self.contracts.accept(contract, performer) is None
        return contract

    def state(self, contract: str) -> str:
        from plugins.studios.models import Contract

        db.session.rollback()
        return str(db.session.get_one(Contract, contract, populate_existing=True).state)


def pay(room: Room, payer: Actor, amount: int) -> str:
    def act(session: Any) -> Any:
        return charge(
            session,
            payer=payer,
            room_id=room.id,
            amount=amount,
            kind="gift",
            source="test:gift",
            memo="A gift",
            key=uuid.uuid4().hex,
        )

    posted = transaction(act)
    assert isinstance(posted, str), posted
    return posted


def gift(room: Room, payer: Actor, amount: int) -> dict[str, int]:
    posted = pay(room, payer, amount)
    rows = db.session.scalars(sa.select(Share).where(Share.transfer_id == posted))
    return {row.party_id: row.amount for row in rows}


def test_a_contract_divides_from_the_moment_it_is_accepted(site: Site) -> None:
    house = House(site)
    room = site.room(house.anna)
    a, n = str(house.anna.user_id), str(house.north.user_id)
    first = house.offer(house.anna, 25)
    assert gift(room, house.dan, 1000) == {a: 800, "gift": 200}
    answers = site.together(4, lambda _: house.contracts.accept(first, house.anna))
    assert answers == [None] * 4
    assert gift(room, house.dan, 1000) == {a: 600, n: 200, "gift": 200}
    second = house.offer(house.anna, 50)
    assert gift(room, house.dan, 1000) == {a: 600, n: 200, "gift": 200}
    assert house.contracts.accept(second, house.anna) is None
    assert gift(room, house.dan, 1000) == {a: 400, n: 400, "gift": 200}
    assert (house.state(first), house.state(second)) == ("replaced", "accepted")
    parts = db.session.scalars(sa.select(StudioPart).order_by(StudioPart.from_at)).all()
    assert [(part.percent, part.until_at is None) for part in parts] == [(25, False), (50, True)]
    found = house.statements.statement(n, a, since=0, until=2**50)
    assert (found.gross, found.performer, found.studio) == (3000, 1600, 800)


def test_a_studio_collects_from_the_moment_both_agreed(site: Site) -> None:
    house = House(site)
    room = site.room(house.anna)
    a, n = str(house.anna.user_id), str(house.north.user_id)
    house.hire(house.anna, 25)
    gift(room, house.dan, 1000)
    offer = house.offer(house.anna, 25, collects=True)
    gift(room, house.dan, 1000)
    assert balances("performer", a) == (1200, 0)
    waits = transaction(lambda s: put_away(s, house.dan, room.id))
    assert house.contracts.accept(offer, house.anna) is None
    assert gift(room, house.dan, 1001) == {a: 601, n: 200, "gift": 200}, "shares are as before"
    transaction(lambda s: escrow_pay(s, waits, reason="answered"))
    seen = (balances("performer", a), balances("studio", n))
    assert seen == ((1800, 0), (1401, 0)), "what was agreed before the contract goes the old way"
    terms = {"sharers": sharers_of(db.session(), room, "private")}
    seat = paid_show(room, str(house.dan.user_id), seconds=90, rate=200, **terms)
    undone = pay(room, house.dan, 500)
    transaction(lambda s: reverse_transfer(s, undone, key="back", reason="x", actor_id=None))
    again = transaction(lambda s: put_away(s, house.dan, room.id))
    transaction(lambda s: escrow_pay(s, again, reason="answered"))
    db.session.rollback()
    assert balances("performer", a) == (1800, 0)
    assert collected(a) == [("North", 601 + 120 + 600)]
    assert balances("studio", n)[0] == 601 + 120 + 600 + 4 * 200 + 200 + 40
    assert release_due(hold_days=0, now=now_ms(db.session()) + 2 * DAY_MS) == 2
    assert (balances("performer", a)[1], balances("studio", n)[1]) == (1800, 2361)
    found = house.statements.statement(n, a, since=0, until=2**50)
    assert (found.performer, found.studio, found.collected) == (3121, 1040, 1321)
    pages = browser_of(site, house.anna)
    assert "Collected by North 13.21 cr" in pages.text("/perform/earnings")
    assert seat in pages.get("/perform/earnings").text
    assert pages.get("/perform/earnings/earnings.csv").text.count("North") == 4
    sheet = browser_of(site, house.north).get(f"/studio/statements/{a}.csv")
    rows = list(csv.DictReader(io.StringIO(sheet.text.lstrip("\N{ZERO WIDTH NO-BREAK SPACE}"))))
    assert sum(Decimal(row["person"]) for row in rows if row["collected"]) == Decimal("16.21")


def put_away(session: Any, payer: Actor, room_id: str) -> str:
    view = escrow_put(
        session,
        payer=payer,
        room_id=room_id,
        amount=1000,
        kind="gift",
        source="test:escrow",
        memo="A promise",
        key=uuid.uuid4().hex,
        ends_at=now_ms(session) + DAY_MS,
    )
    assert not isinstance(view, Refusal), view
    return str(view.id)


def test_two_studios_at_once_get_one_contract(site: Site) -> None:
    house = House(site)
    south = site.person("South", "studio")
    house.confirm(south)
    offers = [house.offer(house.anna), house.offer(house.anna, by=south)]
    answers = site.together(2, lambda n: house.contracts.accept(offers[n], house.anna))
    assert sorted(str(getattr(one, "code", one)) for one in answers) == ["None", "bound"]
    db.session.rollback()
    assert len(house.contracts.running(performer_id=str(house.anna.user_id))) == 1


def test_leaving_and_moving_keep_what_was_earned(small_site: Site) -> None:
    house = House(small_site)
    south = small_site.person("South", "studio")
    house.confirm(south)
    room = small_site.room(house.anna)
    a, n, s = (str(one.user_id) for one in (house.anna, house.north, south))
    old = house.hire(house.anna, 25)
    gift(room, house.dan, 1000)
    new = house.offer(house.anna, 10, by=south)
    assert refused(house.contracts.accept(new, house.anna)) == "bound"
    assert refused(house.contracts.give_notice(old, house.bea)) == "not_found"
    ends = house.contracts.give_notice(old, house.anna)
    assert ends - now_ms(db.session()) > 13 * DAY_MS
    assert house.contracts.give_notice(old, house.north) == ends, "given once"
    assert gift(room, house.dan, 1000)[n] == 200, "until then it holds"
    assert house.contracts.accept(new, house.anna) is None
    assert gift(room, house.dan, 1000)[n] == 200, "the new one begins when the old one ends"
    back = 20 * DAY_MS
    from plugins.studios.models import Contract

    transaction(
        lambda session: [
            session.execute(sa.update(StudioPart).values(from_at=StudioPart.from_at - back)),
            session.execute(sa.update(StudioPart).values(until_at=StudioPart.until_at - back)),
            session.execute(sa.update(Contract).values(starts_at=Contract.starts_at - back)),
            session.execute(sa.update(Contract).values(ends_at=Contract.ends_at - back)),
        ]
    )
    db.session.rollback()
    assert gift(room, house.dan, 1000) == {a: 720, s: 80, "gift": 200}
    assert house.people.line_of(n, a) is None
    assert [one.studio_id for one in house.contracts.running(performer_id=a)] == [s]
    theirs = house.statements.statement(s, a, since=0, until=2**50)
    assert (theirs.gross, theirs.studio) == (1000, 80), "nothing of the time before"


def test_a_studio_sees_its_own_people_in_its_own_days(small_site: Site) -> None:
    house = House(small_site)
    anna_room, bea_room = small_site.room(house.anna), small_site.room(house.bea, "Bea")
    a, b, n = (str(one.user_id) for one in (house.anna, house.bea, house.north))
    gift(anna_room, house.dan, 500)
    house.hire(house.anna)
    gift(anna_room, house.dan, 1000)
    gift(bea_room, house.dan, 1000)
    rows = house.statements.compare(n, since=0, until=2**50)
    assert [(row.id, row.earned, row.studio) for row in rows] == [(a, 800, 200)]
    assert house.statements.statement(n, b, since=0, until=2**50) is None
    studio = browser_of(small_site, house.north)
    for path in (
        f"/studio/people/{b}",
        f"/studio/statements/{b}.csv",
        f"/studio/statements/{b}.pdf",
    ):
        assert studio.get(path).status_code == 404, path
    assert studio.post(f"/studio/people/{b}/rights").status_code in {302, 404}
    assert small_site.room(house.bea, "Own").id
    assert studio.post(f"/studio/rooms/{bea_room.id}/give", performer=b).status_code == 302
    assert studio.get(f"/studio/rooms/{bea_room.id}/prices").status_code == 404
    for stranger in (house.anna, house.dan):
        assert browser_of(small_site, stranger).get("/studio/").status_code == 403
    assert browser_of(small_site, house.north).get("/studio/admin").status_code == 403
    assert browser_of(small_site, house.north).get("/studio/mine").status_code == 403


def test_the_owner_ends_a_part_and_the_contract_follows(small_site: Site) -> None:
    from plugins.studios.own import tidy

    house = House(small_site)
    room = small_site.room(house.anna)
    a, n = str(house.anna.user_id), str(house.north.user_id)
    house.hire(house.anna)
    red = house.rooms.make(house.north, "Red room", a)
    owner = browser_of(small_site, house.olga)
    assert "North takes 25 %" in owner.text(f"/admin/people/{a}")
    assert owner.post(f"/admin/people/{a}/part/end").status_code == 302
    assert n not in gift(room, house.dan, 1000)
    tidy()
    db.session.rollback()
    assert house.people.line_of(n, a) is None
    assert house.rooms.given_to(a) == []
    assert refused(house.rooms.take(house.anna, red)) == "not_found"


def test_two_of_one_studio_in_one_show_have_each_their_own_line(small_site: Site) -> None:
    house = House(small_site)
    room = small_site.room(house.anna)
    a, b, n = (str(one.user_id) for one in (house.anna, house.bea, house.north))
    house.hire(house.anna, 25)
    house.hire(house.bea, 50)
    small_site.go_live(room, house.anna)
    crew = [Present(a, 60), Present(b, 40)]
    assert transaction(lambda s: change_performers(s, room.id, crew, reason="left")) is None
    assert gift(room, house.dan, 1001)[a] == 361
    found = [house.statements.statement(n, one, since=0, until=2**50) for one in (a, b)]
    assert [(one.gross, one.performer, one.studio) for one in found] == [
        (1001, 361, 120),
        (1001, 160, 160),
    ]
    rows = house.statements.compare(n, since=0, until=2**50)
    assert [(row.name, row.earned) for row in rows] == [("Anna", 481), ("Bea", 320)]
    assert house.statements.on_air(n)[1].room.id == room.id, "she performs in Anna's room"


def test_rights_that_are_off_refuse(small_site: Site) -> None:
    house = House(small_site)
    room = small_site.room(house.anna)
    house.hire(house.anna)
    rights = house.people.Rights(may_live=False, may_prices=False, may_write=False)
    assert house.people.set_rights(house.north, str(house.anna.user_id), rights) is None
    assert refused(shows.go_live(room.id, house.anna, "free")) == "studio"
    assert refused(rates.set_rate(room.id, "private", house.anna, rate=300)) == "studio"
    view = services.view_of(services.by_id(room.id))
    refusal = dispatch.decide("check_message", message="Hello", room=view, actor=house.anna)
    assert refused(refusal) == "studio"
    assert dispatch.decide("check_message", message="Hello", room=view, actor=house.dan) is None
    strangers = house.people.set_rights(house.north, str(house.bea.user_id), rights)
    assert refused(strangers) == "not_found"
    assert (
        house.people.set_rights(house.north, str(house.anna.user_id), house.people.Rights()) is None
    )
    small_site.go_live(room, house.anna)


def test_the_log_says_who_did_what_and_limits_and_switches_hold(small_site: Site) -> None:
    from plugins.studios import log
    from plugins.studios.offers import Wording

    house = House(small_site)
    room, a = small_site.room(house.anna), str(house.anna.user_id)
    n, b = str(house.north.user_id), str(house.bea.user_id)
    for key in ("performers", "rooms"):
        transaction(lambda session, key=key: settings.save(session, "studios", key, 1))  # type: ignore[misc] # binds now
    db.session.rollback()
    house.hire(house.anna)
    answers = small_site.together(2, lambda _: house.rooms.make(house.north, "Red room", a))
    assert sorted(str(getattr(one, "code", "made")) for one in answers) == ["made", "title"]
    wording = Wording(25, notice_days=14, collects=False)
    crowd = house.contracts.propose(n, b, wording, by=house.north)
    assert "You have 1 people" in str(crowd)
    db.session.rollback()
    studio = browser_of(small_site, house.north)
    small_site.go_live(room, house.anna)
    assert studio.post(f"/studio/people/{a}/enabled", enabled="no").status_code == 302
    db.session.rollback()
    assert services.current_show(services.by_id(room.id)) is None, "off the air at once"
    assert refused(shows.go_live(room.id, house.anna, "free")) == "studio"
    assert "Cannot go live: you have switched it off." in studio.text("/studio/")
    assert studio.post(f"/studio/people/{a}/enabled", enabled="yes").status_code == 302
    assert studio.get(f"/studio/statements/{a}.csv").status_code == 200
    assert browser_of(small_site, house.anna).get("/studio/log").status_code == 403
    db.session.rollback()
    assert [(one.who, one.what, one.about) for one in log.lines(n)] == [
        ("North", "downloaded a statement", "Anna"),
        ("North", "changed rights", "Anna"),
        ("North", "changed rights", "Anna"),
        ("North", "made a room", "Red room"),
        ("Anna", "accepted the contract", "Anna"),
        ("North", "offered a contract", "Anna"),
        ("Olga", "decided on the company's papers", ""),
        ("North", "sent the company's papers", ""),
    ]
    assert "off: performing" in studio.text(f"/studio/log?person={a}")


def test_rooms_are_given_and_taken(small_site: Site) -> None:
    house = House(small_site)
    a, b = str(house.anna.user_id), str(house.bea.user_id)
    house.hire(house.anna)
    assert refused(house.rooms.make(house.north, "Red room", b)) == "not_found"
    room_id = house.rooms.make(house.north, "Red room", a)
    assert refused(house.rooms.give(house.north, room_id, [a, b])) == "not_found"
    house.hire(house.bea)
    assert refused(house.rooms.take(house.bea, room_id)) == "not_found"
    assert house.rooms.give(house.north, room_id, [a, b]) is None
    assert house.rooms.take(house.bea, room_id) is None
    assert services.by_id(room_id).performer_id == b
    small_site.go_live(services.by_id(room_id), house.bea)
    assert refused(house.rooms.take(house.anna, room_id)) == "busy"
    studio = browser_of(small_site, house.north)
    assert "Bea works there now" in studio.text("/studio/rooms")
    assert (
        studio.post(f"/studio/rooms/{room_id}/prices", mode="private", rate="3.00").status_code
        == 302
    )
    assert rates.rate_rows(room_id)[0].rate == 300


def test_the_studio_does_its_whole_job_in_the_browser(small_site: Site) -> None:
    house = House(small_site)
    west = small_site.person("West", "studio")
    page, owner = browser_of(small_site, west), browser_of(small_site, house.olga)
    w = str(west.user_id)
    assert "Begin with your company" in page.text("/studio/")
    wording = {"percent": "30", "notice_days": "14", "terms": "A quiet room."}
    unconfirmed = page.post("/studio/people/invite", name="Anna", **wording)
    assert "has not confirmed" in unconfirmed.text
    papers = {"company": "West", "registration": "7", "address": "B 2", "country": "es"}
    assert page.post("/studio/papers", **papers, owners="Eva").status_code == 302
    assert "West" in owner.text("/studio/admin")
    assert owner.post(f"/studio/admin/{w}/decide", decision="confirm").status_code == 302
    assert "is 30" not in page.text("/studio/people")
    assert "of this name" in page.post("/studio/people/invite", name="Nobody", **wording).text
    assert page.post("/studio/people/invite", name="Anna", **wording).status_code == 302
    made = page.post("/studio/people/invite", name="Cleo", email="cleo@example.org", **wording)
    assert made.status_code == 302
    cleo = db.session.scalar(sa.select(User).where(User.display_name == "Cleo"))
    assert cleo is not None
    mails = db.session.scalars(sa.select(Mail.to).where(Mail.to == "cleo@example.org")).all()
    assert len(mails) >= 2, "one to verify the address, one to choose the password"
    anna = browser_of(small_site, house.anna)
    assert "West offers you a contract" in anna.text("/studio/mine")
    contract = house.contracts.all_of(performer_id=str(house.anna.user_id))[0].id
    stranger = browser_of(small_site, house.bea)
    assert stranger.post(f"/studio/mine/{contract}/accept").status_code == 302
    assert house.state(contract) == "proposed"
    assert anna.post(f"/studio/mine/{contract}/accept").status_code == 302
    assert "With West" in anna.text("/studio/mine")
    gift(small_site.room(house.anna), house.dan, 1000)
    assert "5.60" in page.text("/studio/compare") or "8.00" in page.text("/studio/compare")
    sheet = page.get(f"/studio/statements/{house.anna.user_id}.csv")
    rows = list(csv.DictReader(io.StringIO(sheet.text.lstrip("\N{ZERO WIDTH NO-BREAK SPACE}"))))
    assert [(row["charged"], row["person"], row["studio"]) for row in rows] == [
        ("10.00", "5.60", "2.40")
    ]
    paper = page.get(f"/studio/statements/{house.anna.user_id}.pdf")
    assert (paper.mimetype, paper.data[:5]) == ("application/pdf", b"%PDF-")
    for path in (
        "",
        "people",
        f"people/{house.anna.user_id}",
        "statements",
        "compare.csv",
        "papers",
    ):
        assert page.get(f"/studio/{path}").status_code == 200, path
    assert "version 1" in owner.text(f"/studio/admin/{w}")
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Transfer)) > 0
