"""MS-01 to MS-05, R-52 to R-55: questions whose money waits for the answer."""

from __future__ import annotations

import io
import uuid
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from ppvcms.content.models import FileRecord
from ppvcms.db import db, transaction
from ppvcms.jobs.outbox import deliver_due
from ppvcms.ledger.models import Share
from ppvcms.notices.models import Notice
from ppvcms.results import Refusal
from ppvcms.rooms import services as rooms
from ppvcms.sales import escrow
from tests import kit
from tests.live import refused, site_at
from tests.web.office import browser_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ppvcms.accounts.actor import Actor
    from ppvcms.host.contract import RoomView
    from tests.live import Site

PDF = b"%PDF-1.7 a text"


class Desk:
    """Anna who answers, Ben who asks, and what they do."""

    def __init__(self, site: Site, mark: str = "") -> None:
        from plugins.questions import ending, files, offers, services

        self.ending, self.files, self.offers, self.services = ending, files, offers, services
        self.anna = site.person(f"Anna{mark}", "performer")
        self.ben = site.person(f"Ben{mark}", credits=1000)
        self.room = self.view(site.room(self.anna).id)

    def view(self, room_id: str) -> RoomView:
        return rooms.view_of(rooms.by_id(room_id))

    def ask(self, text: str = "Why?", *, price: int = 500, key: str = "", **more: Any) -> Any:
        db.session.rollback()
        draft = self.services.Draft(more.pop("kind", "text"), text, price, key or uuid.uuid4().hex)
        return self.services.ask(self.room, self.ben, draft, **more)

    def reply(self, question: str, text: str = "So.", *, key: str = "", **more: Any) -> Any:
        return self.services.reply(question, self.anna, text, key=key or uuid.uuid4().hex, **more)

    def state(self, question: str) -> str:
        from plugins.questions.models import Question

        db.session.rollback()
        return str(db.session.get_one(Question, question).state)

    def told(self, actor: Actor) -> list[str]:
        db.session.rollback()
        query = sa.select(Notice.kind).where(Notice.user_id == actor.user_id).order_by(Notice.id)
        return list(db.session.scalars(query))

    def has(self) -> int:
        return kit.available(str(self.ben.user_id))


@pytest.fixture
def site(database_url: str, tmp_path: Path) -> Iterator[Site]:
    with site_at(database_url, tmp_path, "questions") as made:
        yield made
        assert kit.books_problems() == []


@pytest.fixture
def desk(site: Site) -> Desk:
    return Desk(site)


@pytest.fixture(scope="module")
def small_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One site for all that no database makes different; each test has people of its own."""
    home = tmp_path_factory.mktemp("questions")
    with site_at(f"sqlite:///{home / 'site.sqlite3'}", home, "questions") as made:
        yield made
        assert kit.books_problems() == []


@pytest.fixture
def small(small_site: Site) -> Desk:
    return Desk(small_site, uuid.uuid4().hex[:6])


def test_the_first_reply_earns_what_waited(desk: Desk) -> None:
    question = desk.ask(key="one")
    assert desk.ask(key="one") == question
    assert (desk.has(), desk.told(desk.anna)) == (500, ["questions.asked"])

    assert desk.reply(question, key="r1") is None
    assert desk.reply(question, key="r1") is None
    assert desk.reply(question, "And so.") is None

    assert (desk.state(question), desk.has()) == ("answered", 500)
    shares = {row.party_kind: row.amount for row in db.session.scalars(sa.select(Share))}
    assert shares == {"performer": 400, "site": 100}
    assert desk.told(desk.ben) == ["questions.answered"] * 2
    assert refused(desk.services.refuse(question, desk.anna, "")) == "over"


def test_a_refusal_or_a_change_of_mind_gives_all_of_it_back(small: Desk) -> None:
    one, two = small.ask(), small.ask()

    assert small.services.refuse(one, small.anna, "Not my field.") is None
    assert small.services.withdraw(two, small.ben) is None

    assert (small.state(one), small.state(two), small.has()) == ("refused", "withdrawn", 1000)
    assert refused(small.reply(one)) == "over"
    assert small.told(small.ben) == ["questions.refused"]


def test_what_was_read_is_not_taken_back(small: Desk) -> None:
    question = small.ask()
    small.services.mark_read(question, small.ben)
    small.services.mark_read(question, small.anna)

    assert refused(small.services.withdraw(question, small.ben)) == "read"
    assert small.has() == 500


def due_now() -> None:
    """Let the time of all that waits be over."""
    db.session.rollback()
    transaction(lambda session: session.execute(sa.text("UPDATE escrow SET ends_at = 1")))


def test_no_answer_in_time_comes_back_by_itself_and_both_are_told(site: Site, desk: Desk) -> None:
    question = desk.ask()
    due_now()

    assert escrow.refund_due() == 1
    while deliver_due():
        pass

    assert (desk.state(question), desk.has()) == ("returned", 1000)
    assert refused(desk.reply(question)) == "over"
    assert desk.told(desk.ben) == ["questions.returned"]
    assert desk.told(desk.anna) == ["questions.asked", "questions.missed"]
    for _ in range(3):
        a_reply_and_the_deadline_at_once(site, desk)


def a_reply_and_the_deadline_at_once(site: Site, desk: Desk) -> None:
    """R-54: whichever commits first wins, the other is told."""
    question, before = desk.ask(), desk.has()
    due_now()
    acts = (partial(desk.reply, question), escrow.refund_due)

    replied, given_back = site.together(2, lambda nr: acts[nr]())

    if given_back:
        assert refused(replied) == "over"
    else:
        assert replied is None
    assert desk.has() == before + 500 * given_back
    kit.fund(str(desk.ben.user_id), 500)


def test_free_questions_end_too(small: Desk) -> None:
    prices = {"text": 0, "audio": 100, "video": 100}
    saved = small.offers.save_offer(
        str(small.anna.user_id), is_open=True, prices=prices, daily_cap=2, refusals=["Not now."]
    )
    assert saved is None
    question = small.ask(price=0)
    transaction(
        lambda session: session.execute(sa.text("UPDATE questions__question SET deadline_at = 1"))
    )

    small.ending.end_overdue()

    assert (small.state(question), small.has()) == ("returned", 1000)
    small.ask(price=0)
    assert refused(small.ask(price=0)) == "closed"


def test_nothing_is_taken_when_it_cannot_be_asked(small: Desk) -> None:
    anna = str(small.anna.user_id)
    assert refused(small.ask(price=400)) == "price"
    assert refused(small.ask("")) == "text"
    assert refused(small.ask(kind="audio")) == "recording"
    usual = dict.fromkeys(small.offers.KINDS, 500)
    shut = small.offers.save_offer(anna, is_open=False, prices=usual, daily_cap=5, refusals=[])
    assert shut is None
    assert refused(small.ask()) == "closed"
    dear = small.offers.save_offer(
        anna, is_open=True, prices=usual | {"video": 10_001}, daily_cap=5, refusals=[]
    )
    assert refused(dear) == "range"
    assert small.has() == 1000


def test_a_file_that_fails_leaves_all_as_it_was(small: Desk) -> None:
    incoming = small.files.Incoming
    good = incoming(io.BytesIO(PDF), "notes.pdf")

    refusal = small.ask(incoming=[good, incoming(io.BytesIO(b"MZ program"), "run.pdf")])

    assert isinstance(refusal, Refusal)
    assert refusal.reason.startswith("run.pdf: ")
    assert small.has() == 1000
    assert db.session.scalars(sa.select(FileRecord)).all() == []
    big = [incoming(io.BytesIO(PDF + bytes(4 << 20)), f"{nr}.pdf") for nr in range(3)]
    assert refused(small.ask(incoming=big)) == "too_large"
    poor = small.ask(price=500, incoming=[incoming(io.BytesIO(PDF), "notes.pdf")])
    small.ask()
    assert refused(small.ask(incoming=[incoming(io.BytesIO(PDF), "notes.pdf")])) == "funds"
    assert (
        len(db.session.scalars(sa.select(FileRecord).filter_by(owner_id=small.ben.user_id)).all())
        == 1
    )
    assert isinstance(poor, str)


def test_the_pages_show_a_question_to_its_two_sides_alone(small_site: Site, small: Desk) -> None:
    from plugins.questions.models import QuestionAttachment

    eve = small_site.person("Eve", credits=100)
    question = small.ask("How high?", incoming=[small.files.Incoming(io.BytesIO(PDF), "notes.pdf")])
    file = db.session.scalars(sa.select(QuestionAttachment).filter_by(question_id=question)).one()
    paths = (f"/questions/{question}", f"/questions/files/{file.id}")
    browsers = {
        person.name[:3]: browser_of(small_site, person) for person in (small.ben, small.anna, eve)
    }
    seen = {name: [one.get(path).status_code for path in paths] for name, one in browsers.items()}

    assert seen == {"Ben": [200, 302], "Ann": [200, 302], "Eve": [404, 404]}
    link = browsers["Ben"].get(paths[1]).headers["Location"]
    with browsers["Ben"].get(link) as answer:
        assert answer.data == PDF
    assert browsers["Ann"].get(link).status_code == 404


def test_a_question_goes_through_the_pages(small_site: Site, small: Desk) -> None:
    ben, anna = browser_of(small_site, small.ben), browser_of(small_site, small.anna)
    assert "5.00 cr" in ben.text(f"/profile/{small.room.slug}")

    ask = f"/questions/ask/{small.room.slug}"
    assert "You have 10.00 cr available" in ben.text(ask)
    sent = ben.post(ask, key="k", kind="text", text="How high?", price_text="500")
    thread = sent.headers["Location"]
    assert "How high?" in anna.text("/questions/inbox")
    assert anna.post(f"{thread}/reply", key="r", text="That high.").status_code == 303
    assert "That high." in ben.text(thread)
    assert "answered" in ben.text("/questions")
    assert "Your questions All of them 0 waiting, 1 answered" in ben.text("/account")
    assert anna.post(f"{thread}/refuse").status_code == 303
    assert small.state(thread.rpartition("/")[2]) == "answered"
