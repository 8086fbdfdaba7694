"""MS-09: word filters, slow mode, mute, kick and ban."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from ppvcms.db import db, transaction
from ppvcms.host import dispatch, registry
from ppvcms.metering.models import Seat
from ppvcms.rooms import chat, services
from tests import kit
from tests.live import refused, site_at
from tests.web.office import browser_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ppvcms.accounts.actor import Actor
    from ppvcms.host.contract import RoomView
    from ppvcms.results import Refusal
    from ppvcms.rooms.models import Room
    from tests.live import Site


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One site for all of it; each test has people of its own."""
    home = tmp_path_factory.mktemp("chat_tools")
    with site_at(f"sqlite:///{home / 'site.sqlite3'}", home, "chat_tools") as made:
        yield made
        assert kit.books_problems() == []


class Stage:
    """A room with who runs it and who chats there."""

    def __init__(self, site: Site) -> None:
        mark = uuid.uuid4().hex[:6]
        self.anna = site.person(f"Anna{mark}", "performer")
        self.ben, self.mod = (
            site.person(f"Ben{mark}", credits=1000),
            site.person(f"Mo{mark}", "moderator"),
        )
        self.room: Room = site.room(self.anna, f"Room {mark}")
        site.go_live(self.room, self.anna)

    @property
    def view(self) -> RoomView:
        db.session.rollback()
        return services.view_of(services.by_id(self.room.id))

    def say(self, actor: Actor, text: str) -> Any:
        """Say something, long after the line before."""
        transaction(lambda s: s.execute(sa.text("UPDATE chat_message SET at = at - 60000")))
        return chat.post(self.room.id, actor, text, key=uuid.uuid4().hex)

    def act(self, actor: Actor, kind: str, whom: Actor, **more: Any) -> Any:
        data = {"kind": kind, "user": whom.user_id, **more}
        return registry.room_actions()["chat_tools.act"](self.view, actor, data)

    def enters(self, actor: Actor) -> Refusal | None:
        return dispatch.decide("check_room_entry", room=self.view, actor=actor)


@pytest.fixture
def stage(site: Site) -> Stage:
    return Stage(site)


def test_words_are_replaced_whole_and_whatever_their_form() -> None:
    from plugins.chat_tools.words import as_text, cleaned, read_words

    words = read_words("darn = dear\nheck\n\n= nothing")

    assert words == {"darn": "dear", "heck": "***"}
    assert cleaned("DARN it, heckler! what the \uff28\uff25\uff23\uff2b", words) == (
        "dear it, heckler! what the ***"
    )
    assert read_words(as_text(words)) == words


def test_a_room_filters_and_slows_its_chat(stage: Stage) -> None:
    from plugins.chat_tools.services import keep

    assert refused(keep(stage.view, stage.ben, slow_s=9, words={})) == "forbidden"
    assert keep(stage.view, stage.anna, slow_s=90, words={"boring": "calm"}) is None
    assert stage.say(stage.ben, "So boring")["text"] == "So calm"
    slow = stage.say(stage.ben, "Again")
    assert refused(slow) == "too_fast"
    assert "in 30 seconds" in slow.reason or "in 29 seconds" in slow.reason
    assert stage.say(stage.anna, "I may")["text"] == "I may"


def test_who_is_muted_reads_on_and_writes_no_more(site: Site, stage: Stage) -> None:
    from plugins.chat_tools.services import lift, standing

    assert stage.act(stage.mod, "mute", stage.ben) == {"name": stage.ben.name}
    assert refused(stage.say(stage.ben, "Hello")) == "muted"
    assert stage.enters(stage.ben) is None
    [one] = standing(stage.room.id)
    assert (one.name, one.kind, one.by) == (stage.ben.name, "mute", stage.mod.name)
    page, path = browser_of(site, stage.anna), f"/chat-tools/{stage.room.slug}"
    assert f"{stage.ben.name} by {stage.mod.name} muted" in page.text(path)
    assert browser_of(site, stage.ben).get(path).status_code == 404
    assert refused(lift(stage.view, stage.ben, one.id)) == "forbidden"
    assert page.post(f"{path}/lift/{one.id}").status_code == 303
    assert stage.say(stage.ben, "Hello")["text"] == "Hello"


def test_a_kick_ends_the_paid_show_and_passes_by_itself(site: Site, stage: Stage) -> None:
    begun = site.begin(stage.room, stage.anna, stage.ben)

    assert stage.act(stage.anna, "kick", stage.ben) == {"name": stage.ben.name}

    db.session.rollback()
    seat = db.session.get_one(Seat, begun.seat_id)
    assert seat.closed_at is not None
    assert kit.available(str(stage.ben.user_id)) == 1000
    assert refused(stage.enters(stage.ben)) == "put_out"
    assert refused(stage.say(stage.ben, "But")) == "put_out"
    transaction(lambda s: s.execute(sa.text("UPDATE chat_tools__measure SET until_at = 1")))
    assert stage.enters(stage.ben) is None


def test_a_ban_holds_by_person_and_by_address(site: Site, stage: Stage) -> None:
    other = site.person(f"New{uuid.uuid4().hex[:6]}")
    browser_of(site, stage.ben)

    stage.act(stage.anna, "ban", stage.ben, address=True)

    assert refused(stage.enters(stage.ben)) == "put_out"
    with site.app.test_request_context(environ_base={"REMOTE_ADDR": "203.0.113.9"}):
        assert refused(stage.enters(other)) == "put_out"
        assert stage.enters(stage.mod) is None
    with site.app.test_request_context(environ_base={"REMOTE_ADDR": "203.0.113.10"}):
        assert stage.enters(other) is None


def test_nobody_touches_who_works_here(stage: Stage) -> None:
    assert refused(stage.act(stage.ben, "ban", stage.anna)) == "forbidden"
    assert refused(stage.act(stage.anna, "ban", stage.mod)) == "forbidden"
    assert refused(stage.act(stage.mod, "kick", stage.anna)) == "forbidden"
    assert refused(stage.act(stage.anna, "shoot", stage.ben)) == "forbidden"
    assert refused(stage.act(stage.anna, "mute", stage.ben, user=None)) == "bad_request"
