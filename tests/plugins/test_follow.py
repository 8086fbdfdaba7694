"""AC-11: following, and what followers hear."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from ppvcms.accounts.models import Mail
from ppvcms.api import announce
from ppvcms.db import db, transaction
from ppvcms.jobs.outbox import deliver_due
from ppvcms.notices.services import latest
from ppvcms.rooms import services, shows
from tests.live import Site, refused, site_at
from tests.web.office import browser_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ppvcms.accounts.actor import Actor
    from ppvcms.rooms.models import Room


@pytest.fixture
def here(database_url: str, tmp_path: Path) -> Iterator[Site]:
    """A site with follow, on both databases."""
    with site_at(database_url, tmp_path, "follow") as made:
        yield made


@pytest.fixture
def quick(tmp_path: Path) -> Iterator[Site]:
    """The same on SQLite alone."""
    with site_at(f"sqlite:///{tmp_path / 'site.sqlite3'}", tmp_path, "follow") as made:
        yield made


def follow(room: Room, actor: Actor, *, on: bool = True) -> Any:
    from plugins.follow.services import follow as act

    db.session.rollback()
    return act(actor, services.view_of(services.by_id(room.id)), on=on)


def tell() -> None:
    """Let facts and news go out."""
    from ppvcms.host import registry

    for _again in range(2):
        deliver_due(limit=100)
    registry.tasks()["follow.tell"].run()
    db.session.rollback()


def titles(actor: Actor) -> list[str]:
    db.session.rollback()
    return [row.title for row in latest(str(actor.user_id))]


def test_followers_hear_once_and_get_one_mail_in_six_hours(here: Site) -> None:
    anna, ben, carl = here.person("Anna", "performer"), here.person("Ben"), here.person("Carl")
    room = here.room(anna, "Songs")
    here.together(4, lambda _n: follow(room, ben))
    show = here.go_live(room, anna)
    tell()
    tell()
    assert titles(ben) == ["Anna is live now"]
    assert titles(carl) == []

    shows.end_public(show.id, reason="went_off", ended_by=None)
    here.go_live(room, anna)
    me = str(anna.user_id)
    transaction(lambda s: announce(s, me, "item", title="A song", link="/rooms/songs"))
    tell()
    assert titles(ben) == ["New from Anna: A song", "Anna is live now", "Anna is live now"]
    letters = db.session.scalars(sa.select(Mail.subject).where(Mail.to == "ben@example.org")).all()
    assert letters == ["Anna is live now"]


def test_thousands_are_told_in_portions(quick: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    from plugins.follow import news

    monkeypatch.setattr(news, "PORTION", 2)
    anna = quick.person("Anna", "performer")
    room = quick.room(anna)
    fans = [quick.person(f"Fan{number}") for number in range(5)]
    for fan in fans:
        follow(room, fan)
    quick.go_live(room, anna)
    tell()
    assert [titles(fan) for fan in fans] == [["Anna is live now"]] * 5


def test_who_follows_no_more_hears_nothing(quick: Site) -> None:
    anna, ben = quick.person("Anna", "performer"), quick.person("Ben")
    room = quick.room(anna)
    follow(room, ben)
    follow(room, ben, on=False)
    assert refused(follow(room, anna)) == "forbidden"
    quick.go_live(room, anna)
    tell()
    assert titles(ben) == []


def test_hearts_and_favourites(quick: Site) -> None:
    anna, ben = quick.person("Anna", "performer"), quick.person("Ben")
    quick.room(anna, "Songs")
    mine = browser_of(quick, ben)
    assert "You follow nobody yet" in mine.text("/follow/")
    assert "Your favourites" not in mine.text("/")
    answer = mine.post("/follow/songs")
    assert answer.location.endswith("/profile/songs")
    assert "Your favourites" in mine.text("/")
    assert 'aria-pressed="true"' in mine.get("/").text
    assert "Anna" in mine.text("/follow/")
    assert "Following" in mine.text("/profile/songs")
    assert mine.post("/follow/none").status_code == 404
    assert "They are told when you go live" in browser_of(quick, anna).text("/perform/")
