"""The wire: sockets as pages use them, with the sessions of real sign-ins."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pytest

from ppvcms import wire
from ppvcms.accounts.sessions import Device, open_session
from ppvcms.db import db, transaction
from ppvcms.media.contract import EventKind
from ppvcms.metering import seats
from ppvcms.metering.models import Seat
from ppvcms.realtime import NAMESPACE
from ppvcms.results import Refusal
from ppvcms.rooms import services
from ppvcms.rooms.models import ChatMessage
from ppvcms.testing.engine import ENGINE
from ppvcms.wire import Caller, Field, Rate, checked, number, one_of, text

if TYPE_CHECKING:
    from flask_socketio import SocketIOTestClient

    from ppvcms.accounts.actor import Actor
    from tests.live import Site


class Page:
    """One open page of somebody."""

    def __init__(self, site: Site, actor: Actor | None = None) -> None:
        http = site.app.test_client()
        if actor is not None:
            user = str(actor.user_id)
            token = transaction(lambda s: open_session(s, user, Device("127.0.0.1", "tests")))
            with http.session_transaction(base_url="http://127.0.0.1:8000") as session:
                session["token"] = token
        self.client: SocketIOTestClient = site.app.extensions["ppvcms_realtime"].test_client(
            site.app,
            namespace=NAMESPACE,
            flask_test_client=http,
            headers={"Host": "127.0.0.1:8000"},
        )

    def send(self, event: str, **data: Any) -> dict[str, Any]:
        """Send and return the answer."""
        db.session.rollback()
        answer = self.client.emit(event, data, namespace=NAMESPACE, callback=True)
        assert isinstance(answer, dict), answer
        return answer

    def ok(self, event: str, **data: Any) -> dict[str, Any]:
        """Send what must be done."""
        answer = self.send(event, **data)
        assert answer.get("ok"), answer
        return answer

    def no(self, event: str, **data: Any) -> str:
        """Send what must be refused and return the code."""
        answer = self.send(event, **data)
        assert "error" in answer, answer
        assert answer["error"]["reason"]
        return str(answer["error"]["code"])

    def heard(self, event: str) -> list[dict[str, Any]]:
        """Return what was pushed since the last look."""
        got = self.client.get_received(NAMESPACE)
        self.log = [*getattr(self, "log", []), *got]
        found = [one["args"][0] for one in self.log if one["name"] == event]
        self.log = [one for one in self.log if one["name"] != event]
        return found


def key() -> str:
    return uuid.uuid4().hex


def test_the_whole_flow_over_the_wire(site: Site) -> None:  # noqa: PLR0915 - it is the whole flow
    anna, ben = site.person("Anna", "performer"), site.person("Ben", credits=5000)
    site.room(anna)
    lister = Page(site)
    lister.ok("follow")
    performer = Page(site, anna)
    assert performer.no("publish") == "gone"
    state = performer.ok("join", room="anna", page="perform")
    assert state["queue"] == []
    assert state["me"]["switches"]["auto_reject"] is False
    performer.ok("go_live", mode="free")
    media = performer.ok("publish")["media"]
    assert media["module"].endswith("/client.js")
    site.hear(EventKind.UP, media["grant"])
    site.hear(EventKind.EVIDENCE, media["grant"], sent_at=seats_now())
    assert lister.heard("listing")[-1]["state"] == "online"

    client = Page(site, ben)
    joined = client.ok("join", room="anna", page="public")
    assert joined["state"]["public_media"]
    assert joined["me"]["can"] == {"chat": True, "ask": True, "watch": True}
    assert joined["plugins"]["tips"]["options"] == [100, 200, 500, 1000, 2000]
    watching = client.ok("watch")["media"]
    assert client.ok("signal", grant=watching["grant"], message={"type": "offer", "sdp": "v=0"})
    client.ok("beat", grant=watching["grant"], frames=10, seq=1)
    line = client.ok("chat", text="Hello", key=key())["message"]
    assert performer.heard("chat") == [line]

    offer = client.ok("quote", mode="private")["offer"]
    request = client.ok("ask", offer=offer["token"], note="Hi", key=key())["request"]
    queue = performer.heard("requests")[-1]["queue"]
    assert [(row["id"], row["new"], row["name"]) for row in queue] == [(request["id"], True, "Ben")]
    begun = performer.ok("accept", request=request["id"], key=key())
    assert client.heard("private")[0]["seat"] == begun["seat"]
    assert client.heard("request")[-1]["state"] == "accepted"
    assert client.heard("media")[-1]["reason"] == "private"
    assert client.heard("state")[-1]["state"] == "private"
    assert lister.heard("listing")[-1]["state"] == "private"

    joined = client.ok("join", room="anna", page="private", seat=begun["seat"])
    assert joined["me"]["seat"]["state"] == "secured"
    assert joined["chat"] == []
    performer.ok("join", room="anna", page="private", seat=begun["seat"])
    mine, theirs = client.ok("watch")["media"], performer.ok("publish")["media"]
    assert ENGINE.grants[mine["grant"]].feeds == (theirs["grant"],)
    transaction(lambda s: s.execute(db.update(ChatMessage).values(at=ChatMessage.at - 5_000)))
    client.ok("chat", text="Just us", key=key())
    assert [one["text"] for one in performer.heard("chat")] == ["Just us"]
    client.ok("beat", grant=mine["grant"], frames=30, seq=1)
    tip = {"amount": 100, "note": "", "key": key(), "confirm": False}
    assert client.ok("action", name="tips.send", data=tip)["result"]["amount"] == 100
    assert performer.heard("tip")[0]["amount"] == 100

    ended = client.ok("end", seat=begun["seat"])["seat"]
    assert ended["state"] == "void"
    assert client.heard("private_ended")[0]["seat"] == begun["seat"]
    assert performer.heard("private_ended")[0]["show_live"] is True
    performer.ok("join", room="anna", page="perform")
    performer.ok("publish")
    performer.ok("go_off")
    assert lister.heard("listing")[-1]["state"] == "offline"


def seats_now() -> int:
    from ppvcms.db import now_ms

    return now_ms(db.session())


def test_visitors_watch_and_may_not_ask_or_write(small_site: Site) -> None:
    anna = small_site.person("Anna", "performer")
    small_site.go_live(small_site.room(anna), anna)
    page = Page(small_site)
    joined = page.ok("join", room="anna", page="public")
    assert joined["me"]["role"] == "visitor"
    assert joined["state"]["viewers"] == 1
    page.ok("watch")
    for event, data in {
        "chat": {"text": "x", "key": "k"},
        "quote": {"mode": "private"},
        "ask": {"offer": "x", "note": "", "key": "k"},
        "go_live": {"mode": "free"},
        "alert": {"on": True},
    }.items():
        assert page.no(event, **data) == "sign_in"


def test_places_are_for_those_whose_they_are(small_site: Site) -> None:
    anna, ben = small_site.person("Anna", "performer"), small_site.person("Ben", credits=5000)
    carl = small_site.person("Carl", credits=5000)
    room = small_site.room(anna)
    small_site.go_live(room, anna)
    begun = small_site.begin(room, anna, ben)
    page = Page(small_site, carl)
    assert page.no("join", room="anna", page="perform") == "forbidden"
    assert page.no("join", room="anna", page="private", seat=begun.seat_id) == "closed"
    assert page.no("join", room="nobody", page="public") == "not_found"
    assert page.no("end", seat=begun.seat_id) == "not_found"
    page.ok("join", room="anna", page="public")
    assert page.no("watch") == "closed"
    for event, data in {
        "switch": {"name": "hidden", "on": True},
        "go_off": {},
        "go_live": {"mode": "free"},
        "reject_all": {"reason": ""},
        "publish": {},
    }.items():
        assert page.no(event, **data) in {"forbidden", "not_found"}
    assert db.session.get_one(Seat, begun.seat_id).state == "secured"


@pytest.mark.parametrize(
    "data",
    [
        {"room": "anna"},
        {"room": "anna", "page": "elsewhere"},
        {"room": 7, "page": "public"},
        {"room": "a" * 65, "page": "public"},
        {"room": "anna", "page": "public", "more": 1},
        {"room": "anna", "page": "private", "seat": ["x"]},
    ],
)
def test_a_payload_that_does_not_fit_reaches_nothing(
    small_site: Site, data: dict[str, Any]
) -> None:
    assert Page(small_site).no("join", **data) == "bad_request"


def test_who_sends_too_fast_is_told_so(small_site: Site) -> None:
    page = Page(small_site)
    codes = [page.send("follow").get("error", {}).get("code") for _ in range(20)]
    assert codes[:10] == [None] * 10
    assert codes[-1] == "too_fast"


def test_the_end_of_a_session_reaches_an_open_page(
    small_site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    ben = small_site.person("Ben")
    small_site.room(small_site.person("Anna", "performer"))
    page = Page(small_site, ben)
    page.ok("join", room="anna", page="public")
    from ppvcms.accounts.models import LoginSession

    transaction(lambda s: s.execute(db.update(LoginSession).values(revoked_at=1)))
    monkeypatch.setattr(wire, "RECHECK_S", 0.0)
    assert page.no("chat", text="still me?", key="k") == "sign_in"
    assert not page.client.is_connected(NAMESPACE)


def test_a_page_that_goes_is_not_counted_any_more(small_site: Site) -> None:
    anna = small_site.person("Anna", "performer")
    room = small_site.room(anna)
    small_site.go_live(room, anna)
    page = Page(small_site)
    page.ok("join", room="anna", page="public")
    assert services.state_json(services.by_id(room.id))["viewers"] == 1
    page.client.disconnect(NAMESPACE)
    db.session.rollback()
    assert services.state_json(services.by_id(room.id))["viewers"] == 0


def test_a_seat_taken_to_another_page_ends_on_the_first(small_site: Site) -> None:
    anna, ben = small_site.person("Anna", "performer"), small_site.person("Ben", credits=5000)
    room = small_site.room(anna)
    small_site.go_live(room, anna)
    begun = small_site.begin(room, anna, ben)
    first, second = Page(small_site, ben), Page(small_site, ben)
    for page in (first, second):
        page.ok("join", room="anna", page="private", seat=begun.seat_id)
        page.ok("watch")
    assert first.heard("media")[-1]["reason"] == "replaced"
    assert second.heard("media") == []
    seats.end_seat(begun.seat_id, ben)


# --- The parts of the door --------------------------------------------------------------------


def test_fields_know_their_types() -> None:
    fields = {"a": text(3), "b": number(most=5), "c": one_of("x"), "d": Field(bool, needed=False)}
    assert checked(fields, {"a": "abc", "b": 5, "c": "x"}) == {"a": "abc", "b": 5, "c": "x"}
    for wrong in (
        {"a": "abcd", "b": 5, "c": "x"},
        {"a": "abc", "b": True, "c": "x"},
        {"a": "abc", "b": -1, "c": "x"},
        {"a": "abc", "b": 5, "c": "y"},
        {"a": "abc", "b": 5, "c": "x", "d": 1},
        {"a": None, "b": 5, "c": "x"},
        [],
        "text",
    ):
        assert isinstance(checked(fields, wrong), Refusal)
    assert checked({}, None) == {}


def test_a_bucket_fills_again_with_time(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr(wire.time, "monotonic", lambda: clock[0])
    caller = Caller("s", None, 0.0)  # type: ignore[arg-type] # nobody asks who it is
    rate = Rate(2, 1.0)
    assert [caller.may_send("x", rate) for _ in range(3)] == [True, True, False]
    clock[0] = 1.0
    assert caller.may_send("x", rate)
    assert not caller.may_send("x", rate)


def test_every_event_is_documented() -> None:
    import ppvcms.metering.lines  # noqa: F401 - it declares them
    from ppvcms.config import ROOT

    page = (ROOT / "docs" / "realtime.md").read_text()
    assert [name for name in wire.HANDLERS if f"| `{name}` |" not in page] == []
