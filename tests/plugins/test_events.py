"""EV-01, EV-02, EV-04: events, hours, reminders and calendar files."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from ppvcms.db import db, now_ms, transaction
from ppvcms.host import registry
from ppvcms.notices.services import latest
from ppvcms.rooms import listing, services
from tests.live import Site, refused, site_at
from tests.web.office import browser_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ppvcms.accounts.actor import Actor
    from ppvcms.rooms.models import Room

HOUR, DAY = 3_600_000, 86_400_000


def wall(*parts: int) -> datetime:
    """Return a time as it stands on a clock, without a zone."""
    return datetime(*parts)  # type: ignore[arg-type] # noqa: DTZ001


@pytest.fixture
def here(database_url: str, tmp_path: Path) -> Iterator[Site]:
    """A site with events, on both databases."""
    with site_at(database_url, tmp_path, "events") as made:
        yield made


@pytest.fixture
def quick(tmp_path: Path) -> Iterator[Site]:
    """The same on SQLite alone."""
    with site_at(f"sqlite:///{tmp_path / 'site.sqlite3'}", tmp_path, "events") as made:
        yield made


def soon(hours: float) -> int:
    return now_ms(db.session()) + int(hours * HOUR)


def draft(starts_in: float, hours: float = 1, **more: Any) -> Any:
    from plugins.events.planning import Draft

    start = soon(starts_in)
    values = {"title": "Songs, old; and new", "mode": "private", **more}
    return Draft(starts_at=start, ends_at=start + int(hours * HOUR), **values)


def plan(room: Room, actor: Actor, wanted: Any, key: str = "one") -> Any:
    from plugins.events.planning import plan as act

    db.session.rollback()
    answer = act(services.view_of(services.by_id(room.id)), actor, wanted, key=key)
    db.session.rollback()
    return answer


def wish(event: Any, actor: Actor) -> Any:
    from plugins.events.planning import wish as act

    return act(event.id, actor, on=True)


def remind() -> None:
    registry.tasks()["events.remind"].run()
    registry.tasks()["events.remind"].run()
    db.session.rollback()


def move(event: Any, starts_in: float) -> None:
    """Let time pass: an event comes nearer."""
    from plugins.events.models import Event

    start = soon(starts_in)
    nearer = sa.update(Event).where(Event.id == event.id)
    values = {"starts_at": start, "ends_at": start + HOUR}
    transaction(lambda session: session.execute(nearer.values(values)))


def titles(actor: Actor) -> list[str]:
    db.session.rollback()
    return [row.title for row in latest(str(actor.user_id))]


def test_an_event_is_planned_once_and_inside_the_limits(here: Site) -> None:
    anna, dora = here.person("Anna", "performer"), here.person("Dora", "performer")
    room = here.room(anna)
    made = here.together(4, lambda _n: plan(room, anna, draft(30)))
    assert len({event.id for event in made}) == 1
    assert refused(plan(room, dora, draft(40), "b")) == "not_found"
    assert refused(plan(room, anna, draft(-1), "c")) == "starts"
    assert refused(plan(room, anna, draft(61 * 24), "d")) == "starts"
    assert refused(plan(room, anna, draft(50, 13), "e")) == "ends"
    assert refused(plan(room, anna, draft(50, 0.01), "f")) == "ends"
    assert refused(plan(room, anna, draft(30.5), "g")) == "starts", "it overlaps"
    assert plan(room, anna, draft(31.01), "h").title == "Songs, old; and new"


def test_reminders_come_a_day_and_a_quarter_of_an_hour_before(here: Site) -> None:
    anna, ben, carl = here.person("Anna", "performer"), here.person("Ben"), here.person("Carl")
    event = plan(here.room(anna), anna, draft(30))
    here.together(3, lambda _n: wish(event, ben))
    remind()
    assert titles(ben) == []
    move(event, 23)
    remind()
    assert titles(ben) == ["Tomorrow: Songs, old; and new"]
    move(event, 0.2)
    remind()
    assert titles(ben)[0] == "In 15 minutes: Songs, old; and new"
    assert len(titles(ben)) == 2
    assert titles(carl) == []


def test_who_waits_hears_what_moved_and_what_is_cancelled(here: Site) -> None:
    from plugins.events.planning import cancel, change

    anna, ben = here.person("Anna", "performer"), here.person("Ben")
    olga = here.person("Olga", "owner")
    event = plan(here.room(anna), anna, draft(30))
    wish(event, ben)
    assert refused(change(event.id, ben, draft(31))) == "not_found"
    assert refused(cancel(event.id, ben, "")) == "not_found"
    change(event.id, anna, draft(40))
    change(event.id, anna, draft(41))
    assert titles(ben) == ["Songs, old; and new has another time"] * 2
    assert cancel(event.id, olga, "The hall is flooded.") is None
    assert refused(cancel(event.id, anna, "")) == "gone"
    db.session.rollback()
    note = latest(str(ben.user_id))[0]
    assert (note.title, "flooded" in note.body) == ("Songs, old; and new is cancelled", True)
    assert refused(wish(event, ben)) == "gone"
    move(event, 0.1)
    remind()
    assert len(titles(ben)) == 3


@pytest.mark.parametrize(
    ("local", "zone", "utc"),
    [
        (wall(2026, 7, 1, 19, 0), "Europe/Berlin", "2026-07-01T17:00"),
        (wall(2026, 12, 1, 19, 0), "Europe/Berlin", "2026-12-01T18:00"),
        (wall(2026, 3, 29, 2, 30), "Europe/Berlin", None),
        (wall(2026, 10, 25, 2, 30), "Europe/Berlin", "2026-10-25T00:30"),
        (wall(2026, 7, 1, 19, 0), "Nowhere/Land", "2026-07-01T19:00"),
    ],
)
def test_local_time_is_one_moment(local: datetime, zone: str, utc: str | None) -> None:
    from plugins.events.times import local_of, moment_of

    at = moment_of(local, zone)
    if utc is None:
        assert at is None
        return
    assert at is not None
    assert local_of(at, "UTC").isoformat(timespec="minutes") == utc


def test_weekly_hours_keep_their_wall_time_across_the_clocks(quick: Site) -> None:
    from plugins.events.times import local_of, moment_of, next_span

    del quick
    zone = "Europe/Berlin"
    saturday = moment_of(wall(2026, 10, 24, 12, 0), zone)
    assert saturday is not None
    start, end = next_span(6, 22 * 60, 60, zone, now=saturday)
    assert local_of(start, zone) == wall(2026, 10, 25, 22, 0)
    assert local_of(end, zone) == wall(2026, 10, 26, 1, 0)
    assert next_span(6, 22 * 60, 60, zone, now=end - 1) == (start, end), "it runs after midnight"
    assert local_of(next_span(6, 22 * 60, 60, zone, now=end)[0], zone).day == 1


def test_a_calendar_file_is_as_the_standard_has_it() -> None:
    from plugins.events.calendar import Entry, calendar, fold

    text = "Bring: pen; paper, \\ and\nyourself. " + "Ä" * 60
    entry = Entry("1@x", text, text, "https://x.example/1", 0, HOUR, 0, 2, cancelled=True)
    lines = calendar("Anna", [entry]).split("\r\n")
    assert lines[-1] == ""
    assert all(len(line.encode()) <= 75 for line in lines)
    whole = calendar("Anna", [entry]).replace("\r\n ", "")
    assert "SUMMARY:Bring: pen\\; paper\\, \\\\ and\\nyourself. ÄÄÄ" in whole
    assert "DTSTART:19700101T000000Z\r\nDTEND:19700101T010000Z" in whole
    assert "STATUS:CANCELLED" in whole
    assert "SEQUENCE:2" in whole
    assert fold("a" * 75) == "a" * 75
    assert fold("a" * 76) == "a" * 75 + "\r\n a"


def test_the_pages_of_events(quick: Site) -> None:
    anna, ben = quick.person("Anna", "performer"), quick.person("Ben")
    room = quick.room(anna)
    hers, his = browser_of(quick, anna), browser_of(quick, ben)
    assert "Nothing is planned" in hers.text("/events/mine")
    wrong = hers.post("/events/mine", title="<i>x", starts="2020-01-01T10:00", ends="nonsense")
    assert (wrong.status_code, "&lt;i&gt;x" in wrong.text) == (422, True)
    event = plan(room, anna, draft(30, text="Come <b>all</b>", places=12, price=250))
    for path in ("/", "/events/", f"/events/{event.id}", "/profile/anna", "/rooms/anna"):
        assert "Songs, old; and new" in his.text(path), path
    page = his.get(f"/events/{event.id}").text
    assert "&lt;b&gt;all" in page
    assert "data-pv-local" in page
    his.post(f"/events/{event.id}/wish")
    assert "You will be told" in his.text(f"/events/{event.id}")
    file = his.get(f"/events/{event.id}.ics")
    assert (file.mimetype, "BEGIN:VEVENT" in file.text) == ("text/calendar", True)
    assert "BEGIN:VEVENT" in his.get("/events/room/anna.ics").text
    assert his.get(f"/events/mine/{event.id}").status_code == 403
    assert "Songs" in hers.get(f"/events/mine/{event.id}").text
    assert his.post(f"/events/{event.id}/cancel", reason="x").status_code == 302
    assert "cancelled" not in his.text(f"/events/{event.id}")


def test_weekly_hours_stand_on_profile_and_card(quick: Site) -> None:
    anna = quick.person("Anna", "performer")
    room = quick.room(anna)
    hers = browser_of(quick, anna)
    hers.post("/events/mine/hours", from0="22:00", to0="01:00", from3="9:00", to3="9:00")
    assert "different times" in hers.text("/events/mine")
    hers.post("/events/mine/hours", from0="22:00", to0="01:00")
    assert "Usually here" in hers.text("/profile/anna")
    db.session.rollback()
    card = next(card for card in listing.listing(listing.Filters()).cards if card.id == room.id)
    ahead = (card.facts.next_event_at or 0) - now_ms(db.session())
    assert card.facts.next_event_at is None or 0 < ahead <= 7 * DAY
