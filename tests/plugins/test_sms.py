"""MS-08, AC-05: SMS through a service that checks what we send, and whose number it is."""

from __future__ import annotations

import base64
import re
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import pytest
import sqlalchemy as sa

from plugins.sms import services as sms
from plugins.sms.models import Code, Kept, Phone
from plugins.sms.sender import is_safe, judged
from plugins.sms.texts import e164, fitted, segments
from ppvcms.api import Carried, NoticeChannel, PluginError, set_reachable
from ppvcms.db import db, transaction
from ppvcms.host import contributions, settings
from ppvcms.host.contributions import Contributions
from ppvcms.jobs.carrying import TRIES, carry_due
from ppvcms.notices import services
from ppvcms.notices.models import NoticeDelivery, NoticeThread
from ppvcms.notices.services import Choice, send_notice
from ppvcms.sales.orders import refusal_to_spend
from tests.live import refused, site_at
from tests.services import answering
from tests.web.office import browser_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ppvcms.accounts.actor import Actor
    from tests.live import Site

NUMBER = "+4915123456789"
KIND = "core.receipt"


class Service(ThreadingHTTPServer):
    """A stand-in that takes messages as such services do, and fails as it is told."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.taken: list[dict[str, str]] = []
        self.script: list[tuple[int, str]] = []
        self.address = f"http://127.0.0.1:{self.server_port}/2010-04-01/Accounts/AC1/Messages.json"

    def code(self) -> str:
        """Return the code in the newest message."""
        found = re.match(r"(\d{6}) is your code", self.taken[-1]["Body"])
        assert found, self.taken[-1]
        return found[1]


class Handler(BaseHTTPRequestHandler):
    server: Service

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        fields = {name: values[0] for name, values in parse_qs(body).items()}
        if self.server.script:
            self._say(*self.server.script.pop(0))
            return
        proof = base64.b64encode(b"AC1:s3cret").decode()
        if self.headers["Authorization"] != f"Basic {proof}":
            self._say(401, '{"code": 20003, "message": "Authenticate"}')
        elif e164(fields.get("To", "")) != fields.get("To") or len(fields.get("Body", "")) > 1_600:
            self._say(400, '{"code": 21211, "message": "Invalid To"}')
        elif set(fields) != {"To", "From", "Body"} or fields["From"] != "+15005550006":
            self._say(400, '{"code": 21606, "message": "Invalid From"}')
        else:
            self.server.taken.append(fields)
            self._say(201, '{"sid": "SM1", "status": "queued", "error_code": null}')

    def _say(self, status: int, body: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_args: object) -> None:
        """Print nothing."""


@pytest.fixture
def service() -> Iterator[Service]:
    with answering(Service()) as made:
        yield made


@pytest.fixture
def wired(tmp_path: Path, service: Service) -> Iterator[Site]:
    """A site whose owner has an SMS service."""
    with site_at(f"sqlite:///{tmp_path / 'site.sqlite3'}", tmp_path, "activation", "sms") as site:
        own = {"address": service.address, "user": "AC1", "secret": "s3cret"}
        for key, value in {**own, "sender": "+15005550006"}.items():
            set_(key, value)
        yield site


def set_(key: str, value: Any, slug: str = "sms") -> None:
    transaction(lambda session: settings.save(session, slug, key, value))


def later(ms: int) -> None:
    """Let time pass over the codes."""
    transaction(lambda s: s.execute(sa.update(Code).values(made_at=Code.made_at - ms)))


def verify(actor: Actor, service: Service, number: str = NUMBER) -> None:
    assert sms.send_code(actor, number) is None
    assert sms.confirm(actor, service.code()) is None


def test_a_phone_number_is_verified_before_the_first_paid_act(
    wired: Site, service: Service
) -> None:
    set_("needed", ["sms.phone"], "activation")
    ben, eve = wired.person("Ben"), wired.person("Eve")
    page = browser_of(wired, ben)
    assert refused(refusal_to_spend(ben, "item", 100)) == "activation"
    assert "A phone number" in page.text("/activation/")

    assert page.post("/sms/code", number="0151 2345").status_code == 422
    assert service.taken == []
    page.post("/sms/code", number="+49 (151) 2345-6789")
    assert (service.taken[0]["To"], segments(service.taken[0]["Body"])) == (NUMBER, 1)
    assert "+49 ••• 89" in page.text("/sms/")
    assert page.post("/sms/confirm", code="12 34 5").status_code == 422
    code = service.code()
    assert page.post("/sms/confirm", code=f"{code[:3]} {code[3:]}").status_code == 302

    assert refusal_to_spend(ben, "item", 100) is None
    assert NUMBER not in db.session.scalars(sa.select(Code.digest)).one()
    assert refused(sms.confirm(ben, code)) == "ended", "a code counts once"
    later(sms.PAUSE_MS)
    sms.send_code(eve, NUMBER)
    assert refused(sms.confirm(eve, service.code())) == "taken"
    page.post("/sms/remove")
    assert refused(refusal_to_spend(ben, "item", 100)) == "activation"


def test_codes_are_few_short_lived_and_not_to_be_guessed(wired: Site, service: Service) -> None:
    ben, eve = wired.person("Ben"), wired.person("Eve")
    assert sms.send_code(ben, NUMBER) is None
    assert refused(sms.send_code(ben, "+4915111111111")) == "soon"
    assert refused(sms.send_code(eve, NUMBER)) == "soon", "nor for another's number"
    wrong = "000000" if service.code() != "000000" else "000001"
    answers = [refused(sms.confirm(ben, wrong)) for _ in range(sms.MOST_TRIES)]
    assert answers == ["code"] * (sms.MOST_TRIES - 1) + ["ended"]
    assert refused(sms.confirm(ben, service.code())) == "ended"

    later(sms.PAUSE_MS)
    sms.send_code(ben, NUMBER)
    later(sms.GOOD_FOR_MS)
    assert refused(sms.confirm(ben, service.code())) == "ended", "too late"
    for _ in range(sms.MOST_PER_HOUR - 2):
        assert sms.send_code(ben, NUMBER) is None
        later(sms.PAUSE_MS)
    assert refused(sms.send_code(ben, NUMBER)) == "many"
    later(sms.DAY_MS)
    service.script = [(500, "oh")]
    assert refused(sms.send_code(ben, NUMBER)) == "service"
    assert db.session.scalars(sa.select(Phone)).all() == []
    sms.forget_old()
    assert len(db.session.scalars(sa.select(Code)).all()) == 1


def tell(actor: Actor, thread: str = "") -> None:
    values = {"with": "Anna", "amount": 650}
    transaction(lambda s: send_notice(s, str(actor.user_id), KIND, values=values, thread=thread))


def hurry() -> None:
    """Let the gaps and pauses pass."""
    transaction(lambda s: s.execute(sa.update(NoticeThread).values(due_at=0)))
    waiting = NoticeDelivery.state == "waiting"
    transaction(lambda s: s.execute(sa.update(NoticeDelivery).where(waiting).values(due_at=0)))


def rows() -> list[NoticeDelivery]:
    db.session.rollback()
    query = sa.select(NoticeDelivery).order_by(NoticeDelivery.id)
    return list(db.session.scalars(query.execution_options(populate_existing=True)))


def test_notices_come_by_sms_as_chosen_and_not_too_often(wired: Site, service: Service) -> None:
    ben = wired.person("Ben")
    page = browser_of(wired, ben)
    assert "Add your number" in page.text("/account/notices/settings")
    verify(ben, service)
    tell(ben)
    assert rows() == [], "nobody is written to who did not ask"
    page.post("/account/notices/settings", site=[KIND], channel=[f"sms.text:{KIND}"])
    service.taken.clear()

    for _ in range(3):
        tell(ben)
        carry_due()
    tell(ben, thread="another")
    carry_due()

    first, other = service.taken
    assert first["Body"] == other["Body"].replace(rows()[2].notice_id, rows()[0].notice_id)
    assert first["Body"].startswith("Your receipt: 6.50 cr\nhttp")
    hurry()
    carry_due()
    assert service.taken[2]["Body"].startswith("2 new, the last: Your receipt: 6.50 cr\n")
    assert [row.state for row in rows()] == ["sent"] * 3

    hurry()
    tell(ben)
    sms.give_up(ben)
    carry_due()
    assert rows()[3].state == "failed", "nobody is there any more"


def test_what_cannot_be_brought_is_tried_again_and_shown(wired: Site, service: Service) -> None:
    ben, boss = wired.person("Ben"), wired.person("Olga", "owner")
    verify(ben, service)
    ways = Choice(on_site=True, by_mail=False, channels={"sms.text": True})
    services.choose(str(ben.user_id), {KIND: ways})
    service.taken.clear()
    service.script = [(500, "oh")] * TRIES + [(400, '{"code": 21610, "message": "stopped"}')]
    tell(ben)
    tell(ben, thread="another")
    carry_due()
    assert [(row.state, row.last_error) for row in rows()] == [("waiting", "500")] * 2
    assert len(service.script) == TRIES, "who just failed is not asked twice at once"
    transaction(lambda s: s.delete(s.get_one(NoticeDelivery, rows()[1].id)))
    for _ in range(TRIES):
        hurry()
        carry_due()
    assert (rows()[0].state, rows()[0].attempts) == ("failed", TRIES)

    office = browser_of(wired, boss)
    assert "Try again" in office.text("/admin/mail/channels?state=failed")
    again = f"/admin/mail/channels/{rows()[0].id}"
    office.post(again)
    carry_due()
    assert (rows()[0].state, rows()[0].last_error) == ("failed", "400 21610 stopped")
    office.post(again)
    carry_due()
    assert (rows()[0].state, len(service.taken)) == ("sent", 1)
    assert office.post(again).status_code == 404
    set_("address", "")
    assert sms.send_code(boss, "+15550001111") is None, "in test mode messages are kept"
    assert db.session.scalars(sa.select(Kept)).one().number == "+15550001111"
    assert "+15550001111" in office.text("/sms/kept")
    assert browser_of(wired, ben).get("/sms/kept").status_code == 403


def test_notices_of_one_moment_are_counted_and_brought_once(pg_url: str, tmp_path: Path) -> None:
    with site_at(pg_url, tmp_path, "sms") as site:
        ben = site.person("Ben")
        user_id = str(ben.user_id)
        transaction(lambda s: s.add(Phone(user_id=user_id, number=NUMBER, verified_at=1)))
        transaction(lambda s: set_reachable(s, user_id, sms.CHANNEL, reachable=True))
        ways = Choice(on_site=True, by_mail=False, channels={sms.CHANNEL: True})
        services.choose(user_id, {KIND: ways})

        site.together(6, lambda _: tell(ben))
        # Whose clock was read before the first one wrote joins the first.
        counts = [row.count for row in rows()]
        assert (sum(counts), len(counts) <= 2) == (6, True)
        hurry()
        site.together(4, lambda _: carry_due())

        assert {row.state for row in rows()} == {"sent"}
        texts = [text.splitlines()[0] for text in db.session.scalars(sa.select(Kept.text))]
        told = [int(text.split()[0]) if " new, " in text else 1 for text in texts]
        assert sorted(told) == sorted(counts)


def test_a_channel_bears_the_name_of_its_plugin() -> None:
    channel = NoticeChannel("other.text", "SMS", sms.bring, 10)
    with pytest.raises(PluginError, match=r"must begin with 'sms\.'"):
        contributions.add(Contributions(), "sms", "register_notice_channels", [channel])


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("+49 151/2345-6789", "+4915123456789"),
        ("0044 20 7946 0958", "+442079460958"),
        ("0151 23456789", None),
        ("+0 151 23456789", None),
        ("+1234567890123456", None),
        ("+٤٩١٥١٢٣٤٥٦٧٨٩", None),
        ("+49151\r\nFrom: x", None),
        ("", None),
    ],
)
def test_numbers_are_e164_or_nothing(typed: str, number: str | None) -> None:
    assert e164(typed) == number


def test_texts_are_counted_and_cut_as_networks_do() -> None:
    assert [segments("a" * n) for n in (160, 161, 306, 307)] == [1, 2, 2, 3]
    assert [segments("€" * n) for n in (80, 81)] == [1, 2]
    assert [segments("я" * n) for n in (70, 71)] == [1, 2]
    assert segments("😀" * 35) == 1
    url = "https://example.org/account/notices/01"
    assert fitted("Short", url) == f"Short\n{url}"
    cut = fitted("ж" * 900, url)
    assert segments(cut) == 3
    assert cut.endswith(f"...\n{url}")


def test_answers_say_whether_to_try_again() -> None:
    outcomes = {status: judged(status, {}).outcome for status in (200, 202, 301, 400, 404, 500)}
    sent, again, never = Carried.SENT, Carried.LATER, Carried.NEVER
    assert list(outcomes.values()) == [sent, sent, again, never, never, again]
    assert {judged(status, {}).outcome for status in (401, 403, 408, 429)} == {again}
    assert judged(201, {"status": "failed", "error_code": 30003}).outcome is never
    assert not is_safe("http://sms.example.org/send")
    assert is_safe("https://sms.example.org/send")
