"""PI-14, ME-07: own shows recorded when all agreed, fetched, and made into items."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import update

from plugins.paid_items import items, live, recorded, recording, rights
from plugins.paid_items.kinds import SLUG
from plugins.paid_items.models import Item, Recording
from ppvcms.api import Present, change_performers
from ppvcms.content import stored
from ppvcms.db import db, transaction
from ppvcms.host import lifecycle, settings
from ppvcms.media.models import Grant
from ppvcms.results import Refusal
from ppvcms.rooms import services, shows
from ppvcms.testing.engine import ENGINE, RECORDED
from tests.live import refused, site_at
from tests.web.office import browser_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ppvcms.accounts.actor import Actor
    from ppvcms.host.contract import RoomView
    from ppvcms.rooms.models import Room
    from tests.live import Site


@dataclass
class Stage:
    """A room whose performer may record its free shows."""

    site: Site
    anna: Actor
    room: Room

    def view(self, show_id: str | None = None) -> RoomView:
        return services.view_of(services.by_id(self.room.id), show_id=show_id)

    def begin(self, key: str = "") -> str | Refusal:
        return recording.begin(self.view(), self.anna, key=key or uuid.uuid4().hex)

    def row(self, recording_id: object) -> Recording:
        assert isinstance(recording_id, str), recording_id
        return db.session.get_one(Recording, recording_id, populate_existing=True)

    def with_(self, *others: Actor) -> None:
        here = [Present(str(one.user_id)) for one in (self.anna, *others)]
        answer = transaction(
            lambda session: change_performers(session, self.room.id, here, reason="test")
        )
        assert answer is None, answer

    def kept(self) -> str:
        """Record, end, fetch."""
        made = self.begin()
        assert isinstance(made, str), made
        assert recording.stop(made, self.anna) is None
        recorded.tick()
        return made


def allow(slug: str, *, value: bool = True) -> None:
    transaction(lambda session: settings.save(session, slug, "recording", value))


def staged(site: Site) -> Stage:
    allow("mode_free")
    anna = site.person("Anna", "performer")
    stage = Stage(site, anna, site.room(anna))
    site.go_live(stage.room, anna)
    return stage


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with site_at(f"sqlite:///{tmp_path / 'site.sqlite3'}", tmp_path, SLUG) as site:
        yield staged(site)


def file_of(stage: Stage, recording_id: str) -> Any:
    return stored.file_of(str(stage.row(recording_id).file_id))


def test_a_recording_runs_is_fetched_and_becomes_an_item(stage: Stage) -> None:
    cleo = stage.site.person("Cleo")
    made = stage.begin("one")
    row = stage.row(made)

    assert stage.begin("one") == made
    assert refused(stage.begin()) == "busy"
    assert ENGINE.recorded[row.id].running
    assert live.state(stage.view(), cleo) == {"on": True, "open": None}
    assert live.state(stage.view(), stage.anna)["open"]["mine"]
    assert refused(recording.stop(row.id, cleo)) == "not_found"
    assert refused(recording.begin(stage.view(), cleo, key="hers")) == "forbidden"
    assert recording.stop(row.id, stage.anna) is None
    assert live.state(stage.view(), cleo)["on"] is False
    recorded.tick()

    row = stage.row(made)
    assert (row.state, row.length_ms, row.size) == ("ready", 65_000, len(RECORDED))
    assert ENGINE.recorded == {}
    file = file_of(stage, row.id)
    assert (file.kind, file.public, file.owner_id) == ("video", False, stage.anna.user_id)
    assert rights.check_file(file, stage.anna)
    assert not rights.check_file(file, cleo)
    other = items.make(stage.anna, "video", items.Draft("Another"))
    assert isinstance(other, Item)
    assert refused(items.add_file(stage.anna, other.id, file.id)) == "recording"
    assert refused(items.set_shown(stage.anna, other.id, "teaser_id", file.id)) == "recording"

    item = recorded.make_item(row.id, stage.anna, "My show")
    assert isinstance(item, Item)
    again = recorded.make_item(row.id, stage.anna, "Again")
    assert isinstance(again, Item)
    assert again.id == item.id
    assert [one.file_id for one in items.media_of(item.id)] == [file.id]
    assert refused(recorded.delete(row.id, stage.anna)) == "used"
    assert items.remove(stage.anna, item.id) is None
    assert stage.row(made).state == "deleted"
    assert not stored.path_of(file.id).exists()


def test_where_it_is_not_allowed_nothing_is_offered_and_nothing_begins(stage: Stage) -> None:
    assert live.state(stage.view(), stage.anna)["may"]
    allow("mode_free", value=False)
    assert refused(stage.begin()) == "mode"
    assert not live.state(stage.view(), stage.anna)["may"]
    allow("mode_free")
    ENGINE.away = True
    assert refused(stage.begin()) == "media"
    ENGINE.away = False
    kept = stage.kept()
    transaction(lambda session: setattr(session.get_one(Recording, kept), "size", 20 * 1024**3))
    assert refused(stage.begin()) == "storage"
    assert recorded.delete(kept, stage.anna) is None
    assert isinstance(stage.begin(), str)
    shows.go_off(stage.room.id, stage.anna)
    assert refused(stage.begin()) == "closed"


def _nobody_answers_or_says_no(stage: Stage, bea: Actor) -> None:
    first = str(stage.begin())
    assert recording.answer(first, bea, yes=False) == "refused"
    second = str(stage.begin())
    long_ago = {"asked_at": Recording.asked_at - recording.ASK_MS}
    older = update(Recording).where(Recording.id == second).values(long_ago)
    transaction(lambda session: session.execute(older))
    assert refused(recording.answer(second, bea, yes=True)) == "expired"
    recorded.tick()
    assert (stage.row(second).state, ENGINE.recorded) == ("refused", {})


def test_all_who_are_shown_agree_first_and_a_newcomer_ends_it(stage: Stage) -> None:
    bea, cleo = (stage.site.person(name, "performer") for name in ("Bea", "Cleo"))
    stage.with_(bea)
    _nobody_answers_or_says_no(stage, bea)
    made = str(stage.begin())
    assert stage.row(made).state == "asked"
    assert ENGINE.recorded == {}
    assert live.state(stage.view(), bea)["open"]["answer"] == "waiting"
    assert refused(recording.answer(made, cleo, yes=True)) == "not_found"
    assert recording.answer(made, bea, yes=True) == "running"
    assert ENGINE.recorded[made].running

    stage.with_(bea, cleo)
    for _ in range(2):
        recorded.tick()
    row = stage.row(made)
    assert (row.state, row.reason) == ("ready", "joined")
    assert refused(recorded.make_item(made, stage.anna, "All of us")) == "consent"
    assert recording.answer(made, cleo, yes=True) == "ready"
    assert recording.answer(made, bea, yes=False) == "ready"
    assert refused(recorded.make_item(made, stage.anna, "All of us")) == "consent"
    assert recording.answer(made, bea, yes=True) == "ready"
    assert isinstance(recorded.make_item(made, stage.anna, "All of us"), Item)
    assert refused(recording.answer(made, bea, yes=False)) == "used"


def test_in_a_private_show_the_client_agrees_too_and_may_end_it(stage: Stage) -> None:
    allow("mode_private")
    ben = stage.site.person("Ben", credits=5_000)
    public = str(stage.begin())
    offer = stage.site.offer(stage.room, ben)
    assert offer.terms.recording
    stage.site.begin(stage.room, stage.anna, ben)
    recorded.tick()
    assert stage.row(public).state == "ended", "it goes with the public show it is of"
    private = str(services.by_id(stage.room.id).show_id)
    view = stage.view(private)

    made = recording.begin(view, stage.anna, key="one")
    seen = live.state(view, ben)["open"]
    assert (seen["client"], seen["answer"], seen["name"]) == (True, "waiting", "Anna")
    assert live.state(stage.view(), ben)["on"] is False
    assert recording.answer(str(made), ben, yes=True) == "running"
    grant = db.session.get_one(Grant, ENGINE.recorded_of[str(made)])
    assert (grant.user_id, grant.seat_id) == (stage.anna.user_id, None)
    assert recording.stop(str(made), ben) is None
    assert not ENGINE.recorded[str(made)].running


def test_two_clicks_at_once_begin_one_recording(database_url: str, tmp_path: Path) -> None:
    with site_at(database_url, tmp_path, SLUG) as site:
        stage = staged(site)
        answers = site.together(4, lambda _number: stage.begin())
        assert len([one for one in answers if isinstance(one, str)]) == 1
        assert {one.code for one in answers if isinstance(one, Refusal)} == {"busy"}
        assert recording.stop(stage.row(next(iter(ENGINE.recorded))).id, stage.anna) is None
        recorded.tick()
        assert [row.state for row in db.session.scalars(db.select(Recording))] == ["ready"]


def test_what_a_crash_left_is_made_right(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    made = str(stage.begin())
    ENGINE.recorded.clear()
    recorded.tick()
    assert ENGINE.recorded[made].running, "the word to the engine was lost"
    ENGINE.stop_recording(made, reason="disk")
    ENGINE.away = True
    recorded.tick()
    assert stage.row(made).state == "running", "nothing is known while the engine is away"
    ENGINE.away = False
    recorded.tick()
    assert (stage.row(made).state, stage.row(made).reason) == ("ended", "disk")
    with monkeypatch.context() as patch:
        patch.setattr(ENGINE, "forget_recording", lambda _id: (_ for _ in ()).throw(gone()))
        recorded.tick()
    assert stage.row(made).state == "fetched"
    recorded.tick()
    assert (stage.row(made).state, ENGINE.recorded) == ("ready", {})

    empty = str(stage.begin())
    ENGINE.recorded[empty] = replace(ENGINE.recorded[empty], running=False, reason="ended")
    for _ in range(2):
        recorded.tick()
    assert stage.row(empty).state == "lost"
    long_ago = {"ended_at": Recording.ended_at - 91 * recorded.DAY_MS}
    transaction(lambda session: session.execute(update(Recording).values(long_ago)))
    recorded.tick()
    assert stage.row(made).state == "deleted"
    last = str(stage.begin())
    lifecycle.deactivate(SLUG, actor_id=None)
    assert not ENGINE.recorded[last].running


def gone() -> Exception:
    from ppvcms.api import MediaUnavailableError

    return MediaUnavailableError("away")


def test_the_pages_say_what_is_there_and_ask(stage: Stage) -> None:
    bea = stage.site.person("Bea", "performer")
    anna, guest = browser_of(stage.site, stage.anna), browser_of(stage.site, bea)
    assert "No recordings yet" in anna.text("/items/recordings")
    assert "data-recording-panel" in anna.get("/perform/live").text
    stage.with_(bea)
    made = str(stage.begin())
    assert "data-recording-ask" in guest.get(f"/rooms/{stage.room.slug}").text
    assert "Anna" in guest.text("/items/recordings")
    guest.post(f"/items/recordings/{made}/answer", answer="yes")
    assert stage.row(made).state == "running"
    recording.stop(made, stage.anna)
    recorded.tick()
    shown = anna.text("/items/recordings")
    assert "1:05" in shown
    assert "Bea agreed" in shown
    answered = anna.post(f"/items/recordings/{made}/item", title="My show")
    assert "Agreed to be in it" in anna.text(answered.headers["Location"])
    assert "To the item" in anna.text("/items/recordings")
