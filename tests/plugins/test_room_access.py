"""RM-13, RM-14: a price, a password or a list at the door of a room."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from ppvcms.accounts import roles, services
from ppvcms.db import db, now_ms, transaction
from ppvcms.metering import admission, quotes, settle
from ppvcms.metering.quotes import Offer
from ppvcms.metering.state import Reason
from ppvcms.metering.view import seat_view
from ppvcms.results import Refusal
from ppvcms.rooms.services import by_id, view_of
from ppvcms.sales.models import Access
from tests import kit
from tests.live import refused, site_at
from tests.rooms.test_wire import Page
from tests.web.office import browser_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ppvcms.accounts.actor import Actor
    from ppvcms.rooms.models import Room
    from tests.live import Site


@pytest.fixture
def site(database_url: str, tmp_path: Path) -> Iterator[Site]:
    """A site with doors, on both databases; its books hold at the end."""
    with site_at(database_url, tmp_path, "room_access", "mode_group") as made:
        yield made
        assert kit.books_problems() == []


@pytest.fixture
def quick(tmp_path: Path) -> Iterator[Site]:
    """The same on SQLite, for what no database makes different."""
    with site_at(
        f"sqlite:///{tmp_path / 'site.sqlite3'}", tmp_path, "room_access", "mode_group"
    ) as made:
        yield made


def live(site: Site) -> tuple[Actor, Room]:
    anna = site.person("Anna", "performer")
    room = site.room(anna)
    site.go_live(room, anna)
    return anna, room


def door(site: Site, actor: Actor, **fields: Any) -> int:
    fields = {"price": "", "hours": "24", "entries": "", **fields}
    return browser_of(site, actor).post("/room-access/", **fields).status_code


def joins(site: Site, actor: Actor | None) -> str:
    answer = Page(site, actor).send("join", room="anna", page="public")
    return str(answer["error"]["code"]) if "error" in answer else "in"


def test_a_price_opens_the_room_once_for_its_hours(site: Site) -> None:
    from plugins.room_access.services import pay

    anna, room = live(site)
    ben = site.person("Ben", credits=1_000)
    assert door(site, anna, price="5", hours="2") == 302
    assert (joins(site, ben), joins(site, None)) == ("room_access", "room_access")
    assert refused(quotes.quote(room.id, "private", ben)) == "room_access"

    view, key = view_of(by_id(room.id)), uuid.uuid4().hex
    paid = site.together(4, lambda _: pay(view, ben, price=500, key=key))

    assert len({one.id for one in paid}) == 1
    assert kit.available(str(ben.user_id)) == 500
    assert joins(site, ben) == "in"
    again = pay(view, ben, price=500, key=uuid.uuid4().hex)
    assert refused(again) == "owned"
    assert isinstance(site.offer(room, ben), Offer)
    transaction(lambda s: s.execute(sa.update(Access).values(ends_at=now_ms(s) - 1)))
    assert joins(site, ben) == "room_access"


def test_a_password_is_typed_once_until_it_changes(quick: Site) -> None:
    anna, room = live(quick)
    ben = quick.person("Ben")
    assert door(quick, anna, password="open sesame") == 302
    page = browser_of(quick, ben)

    page.post(f"/room-access/{room.slug}/password", password="open barley")
    assert joins(quick, ben) == "room_access"
    page.post(f"/room-access/{room.slug}/password", password="open sesame")
    assert joins(quick, ben) == "in"
    stored = db.session.execute(sa.text("SELECT password FROM room_access__room")).scalar_one()
    assert "sesame" not in stored

    door(quick, anna, password="another one")
    assert joins(quick, ben) == "room_access"
    door(quick, anna, no_password="y")
    assert joins(quick, ben) == "in"


def test_a_list_lets_guests_in_by_name_mail_and_role(quick: Site) -> None:
    anna, _room = live(quick)
    people = {name: quick.person(name) for name in ("Ben", "Carl", "Dora", "Eve")}
    roles.save_role(
        key="gold", name="Gold", is_open=False, permissions=["room.enter"], actor_id=None
    )
    services.change_roles(str(people["Dora"].user_id), ["client", "gold"], actor_id=None)
    unknown = door(quick, anna, entries="Nobody Here", only_list="y")
    lines = "ben\nmail: Carl@example.org\nrole: gold"

    assert door(quick, anna, entries=lines, only_list="y") == 302

    assert unknown == 422
    came = {name: joins(quick, actor) for name, actor in people.items()}
    assert came == {"Ben": "in", "Carl": "in", "Dora": "in", "Eve": "room_access"}
    assert "Ben" in browser_of(quick, anna).text("/room-access/")
    assert joins(quick, quick.person("Mo", "moderator")) == "in"
    eve = browser_of(quick, people["Eve"])
    assert "invited guests only" in eve.text("/room-access/anna")


def test_each_kind_of_door_is_given_by_role(quick: Site) -> None:
    anna, _room = live(quick)
    ben = quick.person("Ben")
    given = roles.find_role("performer")
    assert given is not None
    less = set(given.granted) - {"room_access.price", "room_access.list"}
    roles.save_role(
        key="performer", name="Performer", is_open=True, permissions=less, actor_id=None
    )

    door(quick, anna, price="5", entries="Ben", only_list="y", password="open sesame")

    db.session.rollback()
    row = db.session.execute(
        sa.text("SELECT price, only_list, password <> '' FROM room_access__room")
    ).one()
    assert tuple(map(int, row)) == (0, 0, 1)
    assert joins(quick, ben) == "room_access"


def test_a_price_may_cover_the_minutes_of_public_shows_and_of_nothing_else(quick: Site) -> None:
    """RM-13: with "covers" who paid enters at 0 a minute; without it the show is on top."""
    from plugins.room_access.services import pay

    anna = quick.person("Anna", "performer")
    room = quick.room(anna)
    quick.go_live(room, anna, "group")
    ben, carl = quick.person("Ben", credits=1_000), quick.person("Carl")
    assert door(quick, anna, price="5") == 302
    view = view_of(by_id(room.id))
    assert not isinstance(pay(view, ben, price=500, key="pay-1"), Refusal)
    on_top = quick.offer(room, ben, "group")
    assert on_top.terms.rate_per_minute > 0
    assert on_top.funds_needed > 0

    assert door(quick, anna, price="5", covers="y") == 302
    assert (
        "The minutes of public shows are in it." in browser_of(quick, carl).get("/rooms/anna").text
    )
    assert quick.offer(room, ben).terms.rate_per_minute > 0
    offer = quick.offer(room, ben, "group")
    assert (offer.terms.rate_per_minute, offer.funds_needed, offer.missing) == (0, 0, 0)
    assert offer.as_json()["covered"]
    click = str(offer.token)
    seats = quick.together(3, lambda nr: admission.enter_show(ben, click, f"click-{nr}"))
    assert len({one.id for one in seats if not isinstance(one, Refusal)}) == 1
    assert kit.available(str(ben.user_id)) == 500
    door(quick, anna, price="5")
    assert seat_view(seats[0].id).rate_per_minute == 0, "terms are locked (R-06)"
    settle.end(seats[0].id, Reason.PAYER_ENDED)
    assert kit.available(str(ben.user_id)) == 500
