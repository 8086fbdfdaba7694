"""MD-16, CM-03, WL-10, R-47, R-48, R-50: several performers in one show."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from ppvcms.db import db, transaction
from ppvcms.facade import charge
from ppvcms.host import registry
from ppvcms.ledger.models import Share
from ppvcms.metering import seats
from ppvcms.metering.partners import performers_in, room_shared_by
from ppvcms.results import Refusal
from ppvcms.rooms import services, shows
from ppvcms.rooms.models import ShowPerformer
from tests import kit
from tests.live import Site, refused, site_at
from tests.web.office import browser_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ppvcms.accounts.actor import Actor
    from ppvcms.rooms.models import Room


@pytest.fixture
def site(database_url: str, tmp_path: Path) -> Iterator[Site]:
    """A site with the plugin, whose books hold at the end of every test."""
    with site_at(database_url, tmp_path, "checkin") as made:
        yield made
        assert kit.books_problems() == []


@pytest.fixture
def small_site(tmp_path: Path) -> Iterator[Site]:
    """The same on SQLite alone."""
    with site_at(f"sqlite:///{tmp_path / 'site.sqlite3'}", tmp_path, "checkin") as made:
        yield made


def view(room: Room) -> Any:
    db.session.rollback()
    return services.view_of(services.by_id(room.id))


def do(name: str, room: Room, actor: Actor, **data: Any) -> Any:
    return registry.room_actions()[f"checkin.{name}"](view(room), actor, data)


def propose(room: Room, actor: Actor, *names: str, **more: Any) -> str:
    answer = do("propose", room, actor, names=list(names), **{"key": uuid.uuid4().hex, **more})
    assert not isinstance(answer, Refusal), answer
    return str(answer["question"]["id"])


def reply(question: str, actor: Actor, room: Room, *, yes: bool = True) -> Any:
    from plugins.checkin.services import answer

    return answer(question, actor, view(room), yes=yes)


def here(room: Room) -> list[tuple[str, int]]:
    db.session.rollback()
    return [(one.performer_id, one.weight) for one in performers_in(db.session(), room.id)]


def tip(
    room: Room, payer: Actor, amount: int, *, to: str | None = None
) -> dict[str, int] | Refusal:
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
            to=to,
        )

    posted = transaction(act)
    if isinstance(posted, Refusal):
        return posted
    query = sa.select(Share).where(Share.transfer_id == posted)
    return {row.party_id: row.amount for row in db.session.scalars(query)}


class Trio:
    """Anna live in her room; Bea and Cleo can be asked; Dan pays."""

    def __init__(self, site: Site, *, live: bool = True) -> None:
        self.site = site
        self.anna = site.person("Anna", "performer")
        self.bea = site.person("Bea", "performer")
        self.cleo = site.person("Cleo", "performer")
        self.dan = site.person("Dan", credits=10_000)
        self.room = site.room(self.anna)
        if live:
            site.go_live(self.room, self.anna)

    @property
    def ids(self) -> tuple[str, str, str]:
        return str(self.anna.user_id), str(self.bea.user_id), str(self.cleo.user_id)


def test_who_says_yes_shares_from_then_on(site: Site) -> None:
    trio = Trio(site)
    a, b, c = trio.ids
    question = propose(trio.room, trio.anna, "bea", "Cleo")
    assert tip(trio.room, trio.dan, 1000) == {a: 800, "gift": 200}
    assert reply(question, trio.bea, trio.room) == "waiting"
    assert here(trio.room) == [(a, 1), (b, 1)]
    assert reply(question, trio.cleo, trio.room, yes=False) == "done"
    assert here(trio.room) == [(a, 1), (b, 1)]
    assert tip(trio.room, trio.dan, 1000) == {a: 400, b: 400, "gift": 200}
    assert tip(trio.room, trio.dan, 1000, to=b) == {b: 800, "gift": 200}
    assert refused(tip(trio.room, trio.dan, 1000, to=c)) == "gone"
    question = propose(trio.room, trio.anna, "Cleo")
    assert reply(question, trio.cleo, trio.room) == "done"
    assert tip(trio.room, trio.dan, 1000) == {a: 267, b: 267, c: 266, "gift": 200}


def test_percentages_hold_only_when_all_say_yes(small_site: Site) -> None:
    trio = Trio(small_site)
    a, b, c = trio.ids
    question = propose(trio.room, trio.anna, "Bea", percents={"me": 70, "Bea": 30})
    assert reply(question, trio.bea, trio.room) == "done"
    assert tip(trio.room, trio.dan, 1000) == {a: 560, b: 240, "gift": 200}
    parts = {a: 50, b: 25, c: 25}
    question = propose(trio.room, trio.anna, guests=[c], percents=parts)
    assert reply(question, trio.cleo, trio.room) == "waiting"
    assert here(trio.room) == [(a, 70), (b, 30)]
    assert reply(question, trio.bea, trio.room, yes=False) == "refused"
    assert here(trio.room) == [(a, 70), (b, 30)]
    # Alike would change what Bea agreed to, so that is hers to confirm as well.
    question = propose(trio.room, trio.anna, "Cleo")
    assert reply(question, trio.cleo, trio.room) == "waiting"
    assert reply(question, trio.bea, trio.room) == "done"
    assert here(trio.room) == [(a, 1), (b, 1), (c, 1)]


def test_who_leaves_earns_until_then_and_the_rest_keep_their_proportions(small_site: Site) -> None:
    trio = Trio(small_site)
    a, b, c = trio.ids
    question = propose(
        trio.room, trio.anna, "Bea", "Cleo", percents={"me": 50, "Bea": 30, "Cleo": 20}
    )
    reply(question, trio.bea, trio.room)
    reply(question, trio.cleo, trio.room)
    assert refused(do("check_out", trio.room, trio.bea, performer=c)) == "forbidden"
    assert refused(do("check_out", trio.room, trio.anna, performer=a)) == "host"
    assert do("check_out", trio.room, trio.bea, performer=b)
    assert here(trio.room) == [(a, 50), (c, 20)]
    assert tip(trio.room, trio.dan, 700) == {a: 400, c: 160, "gift": 140}
    assert do("check_out", trio.room, trio.anna, performer=c)
    assert here(trio.room) == [(a, 50)]
    rows = db.session.scalars(sa.select(ShowPerformer))
    assert {row.performer_id: row.left_reason for row in rows} == {
        a: None,
        b: "left",
        c: "removed",
    }


def test_a_minute_later_the_question_has_ended(small_site: Site) -> None:
    from plugins.checkin.models import Proposal

    trio = Trio(small_site)
    question = propose(trio.room, trio.anna, "Bea")
    transaction(lambda s: s.execute(sa.update(Proposal).values(expires_at=1)))
    assert refused(reply(question, trio.bea, trio.room)) == "expired"
    assert len(here(trio.room)) == 1
    assert propose(trio.room, trio.anna, "Bea"), "and another one may be asked"
    assert refused(do("propose", trio.room, trio.anna, names=["Cleo"], key="x")) == "one_open"


def test_who_said_yes_before_is_in_when_the_room_goes_live(small_site: Site) -> None:
    trio = Trio(small_site, live=False)
    a, b, _c = trio.ids
    question = propose(trio.room, trio.anna, "Bea", percents={"me": 60, "Bea": 40})
    assert reply(question, trio.bea, trio.room) == "accepted"
    assert here(trio.room) == []
    show = small_site.go_live(trio.room, trio.anna)
    from plugins.checkin.services import begin_with

    begin_with(view(trio.room))
    begin_with(view(trio.room))
    assert here(trio.room) == [(a, 60), (b, 40)]
    shows.end_public(show.id, reason="went_off", ended_by=None)
    db.session.rollback()
    assert room_shared_by(b) is None, "the end of the show is the end of being there"


def test_nobody_is_in_two_shows_at_once(site: Site) -> None:
    trio = Trio(site)
    other = site.room(trio.cleo, "Cleo")
    site.go_live(other, trio.cleo)
    questions = [
        (propose(trio.room, trio.anna, "Bea"), trio.room),
        (propose(other, trio.cleo, "Bea"), other),
    ]
    answers = site.together(2, lambda n: reply(questions[n][0], trio.bea, questions[n][1]))
    codes = sorted(one.code if isinstance(one, Refusal) else one for one in answers)
    assert codes == ["busy", "done"]
    assert sorted([len(here(trio.room)), len(here(other))]) == [1, 2]


UNFIT: tuple[tuple[dict[str, Any], str], ...] = (
    ({"names": ["Nobody"]}, "guest"),
    ({"names": ["Dan"]}, "guest"),
    ({"names": ["Anna"]}, "nothing"),
    ({"names": ["Bea"], "percents": {"me": 60, "Bea": 30}}, "percent"),
    ({"names": ["Bea"], "percents": {"me": 100, "Bea": 0}}, "percent"),
    ({"names": ["Bea"], "percents": {"Bea": 100}}, "percent"),
    ({"names": "Bea"}, "bad_request"),
    ({"names": ["Bea"], "percents": {"me": "50", "Bea": 50}}, "bad_request"),
    ({"names": ["Bea"], "key": ""}, "bad_request"),
)


def test_what_cannot_be_asks_nobody(small_site: Site) -> None:
    trio = Trio(small_site)
    for data, code in UNFIT:
        answer = do("propose", trio.room, trio.anna, **{"key": "k", **data})
        assert refused(answer) == code, data


def test_a_check_out_races_the_end_of_a_private(site: Site) -> None:
    trio = Trio(site)
    a, b, _c = trio.ids
    question = propose(trio.room, trio.anna, "Bea")
    assert reply(question, trio.bea, trio.room) == "done"
    begun = site.begin(trio.room, trio.anna, trio.dan)
    shown = view(trio.room)

    def act(number: int) -> Any:
        if number:
            return seats.end_seat(begun.seat_id, trio.dan)
        return do("check_out", trio.room, trio.bea, performer=b)

    answers = site.together(2, act)
    assert not any(isinstance(one, Refusal) for one in answers), answers
    assert shown.state == "private"
    assert here(trio.room) == [(a, 1)]


def test_strangers_neither_answer_nor_ask(small_site: Site) -> None:
    trio = Trio(small_site)
    question = propose(trio.room, trio.anna, "Bea")
    assert refused(reply(question, trio.cleo, trio.room)) == "not_found"
    assert refused(reply(question, trio.anna, trio.room)) == "not_found"
    assert refused(do("withdraw", trio.room, trio.cleo, question=question)) == "not_found"
    assert refused(do("propose", trio.room, trio.cleo, names=["Bea"], key="k")) == "forbidden"
    assert do("state", trio.room, trio.dan) == {"here": [{"name": "Anna"}]}
    assert browser_of(small_site, trio.dan).get("/checkin/").status_code == 403
    bea = browser_of(small_site, trio.bea)
    assert "Anna asks you into Anna" in bea.get("/checkin/").text
    answered = bea.post(f"/checkin/{question}/answer", answer="yes")
    assert answered.status_code == 302
    assert "You perform in Anna" in bea.get("/checkin/").text
    page = bea.get("/perform/guest/anna")
    assert page.status_code == 200
    assert "data-pv-send" in page.text
    assert "Check out" in page.text
    cleo = browser_of(small_site, trio.cleo).get("/perform/guest/anna")
    assert cleo.status_code == 403
    assert "You are not checked in" in cleo.text
    dan = browser_of(small_site, trio.dan)
    assert "Together with Bea" in dan.text("/rooms/anna")
    assert "Anna, Bea" in dan.text("/")
    anna = browser_of(small_site, trio.anna)
    assert "data-checkin-panel" in anna.get("/perform/live").text
    assert "Bea" in anna.text("/checkin/")
