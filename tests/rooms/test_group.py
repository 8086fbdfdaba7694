"""MD-02, MD-04, MD-06 to MD-08, R-08, R-09, R-16, R-26, R-39 to R-42: shows that many pay for."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from ppvcms.db import db, transaction
from ppvcms.host import settings
from ppvcms.ledger.store import wallet_view
from ppvcms.metering import accepting, admission, quotes, requests, seats
from ppvcms.metering.accepting import Accepted
from ppvcms.metering.models import Seat
from ppvcms.metering.view import SeatView
from ppvcms.results import Refusal
from ppvcms.rooms import chat, listing, services, switches
from ppvcms.rooms.models import Show, ShowRequest, Visit
from tests import kit
from tests.engine import ENGINE
from tests.live import MODES, refused, site_at
from tests.rooms.test_wire import Page

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ppvcms.accounts.actor import Actor
    from ppvcms.rooms.models import Room
    from tests.live import Site


@pytest.fixture
def site(database_url: str, tmp_path: Path) -> Iterator[Site]:
    """A site with every kind of show; its books hold at the end of each test."""
    with site_at(database_url, tmp_path, *MODES) as made:
        yield made
        assert kit.books_problems() == []


@pytest.fixture
def small_site(tmp_path: Path) -> Iterator[Site]:
    """The same on SQLite, for what no database makes different."""
    with site_at(f"sqlite:///{tmp_path / 'site.sqlite3'}", tmp_path, *MODES) as made:
        yield made
        assert kit.books_problems() == []


def key() -> str:
    return uuid.uuid4().hex


def rule(slug: str, **values: object) -> None:
    """Let the owner set something of a kind of show."""

    def act(session: Any) -> None:
        for name, value in values.items():
            settings.save(session, slug, name, value)

    transaction(act)


def enter(site: Site, room: Room, client: Actor, mode: str = "group") -> SeatView:
    """Click on the panel; it must open a seat or change the role."""
    answer = admission.enter_show(client, site.offer(room, client, mode).token, key())
    assert isinstance(answer, SeatView), answer
    return answer


def admit(site: Site, room: Room, performer: Actor, client: Actor) -> str:
    """Ask for a two-way place and be let in."""
    request = requests.ask(site.offer(room, client, "two_way").token, "", client, key())
    assert isinstance(request, ShowRequest), request
    accepted = accepting.accept(request.id, performer, key())
    assert isinstance(accepted, Accepted), accepted
    return accepted.seat_id


def available(actor: Actor) -> int:
    db.session.rollback()
    return wallet_view(db.session(), str(actor.user_id)).available


def seat(seat_id: str) -> Seat:
    db.session.rollback()
    return db.session.get_one(Seat, seat_id)


def group(site: Site, *, mode: str = "group") -> tuple[Actor, Room, Show]:
    """A performer live in a group show."""
    anna = site.person("Anna", "performer")
    room = site.room(anna)
    return anna, room, site.go_live(room, anna, mode)


def test_each_viewer_of_a_group_show_has_an_own_seat(site: Site) -> None:
    _anna, room, show = group(site)
    people = [site.person(name, credits=5000) for name in ("Ben", "Carl", "Dora")]
    offer = site.offer(room, people[0], "group").as_json()
    assert (offer["rate"], offer["grace_s"], offer["entry"]) == (100, 30, "click")
    tokens = [site.offer(room, one, "group").token for one in people]
    views = [enter(site, room, one) for one in people]
    assert len({view.id for view in views}) == 3
    assert {view.show_id for view in views} == {show.id}
    assert [available(one) for one in people] == [4700] * 3
    again = admission.enter_show(people[0], tokens[0], key())
    assert isinstance(again, SeatView)
    assert again.id == views[0].id, "a click in another tab opens nothing"
    assert refused(admission.enter_show(people[0], tokens[1], key())) == "expired"
    assert [seats.end_seat(view.id, one).state for view, one in zip(views, people, strict=True)]  # type: ignore[union-attr]
    assert [available(one) for one in people] == [5000] * 3


def test_the_panel_and_the_list_say_what_the_terms_say(small_site: Site) -> None:
    rule("mode_group", slots=2, voyeurs="always", rate=120)
    anna, room, _show = group(small_site)
    switches.agree_voyeurs(room.id, anna, "group", on=True)
    ben = small_site.person("Ben", credits=5000)
    card = listing.card_of(room.id)
    assert card is not None
    prices = {price.mode: price for price in card.prices}
    assert {mode for mode, price in prices.items() if price.open} == {
        "group",
        "private",
        "exclusive",
        "two_way",
        "voyeur",
    }
    for mode, price in prices.items():
        if price.open:
            terms = small_site.offer(room, ben, mode).terms
            assert (price.rate, price.grace_s) == (terms.rate_per_minute, terms.grace_s)
            assert price.role == terms.role
            assert price.voyeurs == terms.voyeurs
    assert prices["private"].voyeurs
    assert not prices["exclusive"].voyeurs


def test_nobody_has_a_picture_before_the_click(small_site: Site) -> None:
    group(small_site)
    ben = small_site.person("Ben", credits=5000)
    page = Page(small_site, ben)
    page.ok("join", room="anna", page="public")
    assert page.no("watch") == "closed"
    offer = page.ok("quote", mode="group")["offer"]
    opened = page.ok("enter", offer=offer["token"], key=key())["seat"]
    assert (opened["role"], opened["state"], opened["private"]) == ("viewer", "secured", False)
    media = page.ok("watch")["media"]
    held = ENGINE.grants[media["grant"]]
    assert (held.role, held.lease.until) == ("viewer", seat(opened["seat"]).secured_until)
    again = Page(small_site, ben)
    assert again.ok("join", room="anna", page="public")["me"]["seat"]["seat"] == opened["seat"]
    assert again.ok("watch")["media"]["grant"] == media["grant"]
    assert page.heard("media")[-1]["reason"] == "replaced"
    again.ok("end", seat=opened["seat"])
    assert not ENGINE.carries(media["grant"])
    assert again.heard("seat_ended")[-1]["reason"] == "payer_ended"


def test_a_second_paid_seat_asks_whether_to_end_the_first(site: Site) -> None:
    _anna, room, _show = group(site)
    bela, ben = site.person("Bela", "performer"), site.person("Ben", credits=650)
    other = site.room(bela, "Bela")
    site.go_live(other, bela, "group")
    first = enter(site, room, ben)
    token = site.offer(other, ben, "group").token
    answer = admission.enter_show(ben, token, key())
    assert isinstance(answer, Refusal)
    assert (answer.code, answer.details["seat"], answer.details["room"]) == (
        "busy",
        first.id,
        "anna",
    )
    assert seat(first.id).state == "secured"
    second = admission.enter_show(ben, token, key(), end_other=True)
    assert isinstance(second, SeatView)
    assert (seat(first.id).state, second.room_slug) == ("void", "bela")
    rule("mode_group", rate=600)
    dear = site.offer(room, ben, "group").token
    assert refused(admission.enter_show(ben, dear, key(), end_other=True)) == "funds"
    assert seat(second.id).state == "secured", "neither is done when the second cannot be paid"


def test_who_watches_unseen_is_a_number_to_the_performer_alone(small_site: Site) -> None:
    rule("mode_group", voyeurs="public")
    anna, room, show = group(small_site)
    ben, carl = small_site.person("Ben", credits=5000), small_site.person("Carl", credits=5000)
    assert refused(quotes.quote(room.id, "voyeur", ben)) == "not_found"
    performer, other, page = Page(small_site, anna), Page(small_site, carl), Page(small_site, ben)
    performer.ok("join", room="anna", page="perform")
    performer.ok("agree_voyeurs", mode="group", on=True)
    other.ok("join", room="anna", page="public")
    page.ok("join", room="anna", page="public")
    assert services.state_json(services.by_id(room.id))["viewers"] == 2
    other.client.get_received("/live")
    offer = page.ok("quote", mode="voyeur")["offer"]
    opened = page.ok("enter", offer=offer["token"], key=key())["seat"]
    media = page.ok("watch")["media"]
    assert ENGINE.grants[media["grant"]].role == "voyeur"
    heard = performer.heard("audience")[-1]
    assert (heard["voyeurs"], heard["viewers"]) == (1, [])
    assert services.state_json(services.by_id(room.id))["viewers"] == 1
    assert page.no("chat", text="Hello", key=key()) == "voyeur"
    joined = other.ok("join", room="anna", page="public")
    told = str([joined, other.client.get_received("/live")])
    for secret in (opened["seat"], str(ben.user_id), "Ben"):
        assert secret not in told
    visits = {visit.user_id: visit.role for visit in db.session.scalars(sa.select(Visit))}
    assert visits[ben.user_id] == "voyeur"
    again = Page(small_site, ben)
    again.ok("join", room="anna", page="public")
    assert services.state_json(services.by_id(room.id))["viewers"] == 1
    viewer = enter(small_site, room, ben)
    assert (viewer.id, viewer.role) == (opened["seat"], "viewer"), "entering openly shows it"
    assert services.state_json(services.by_id(room.id))["viewers"] == 2
    assert performer.heard("audience")[-1]["voyeurs"] == 0
    assert isinstance(chat.post(room.id, ben, "Hello", key=key()), dict)
    seats.end_seat(viewer.id, ben)
    assert show.state == "live"


def test_only_the_performer_has_the_camera_of_a_two_way_place(small_site: Site) -> None:
    rule("mode_free", slots=1)
    anna, room, show = group(small_site, mode="free")
    ben, carl = small_site.person("Ben", credits=5000), small_site.person("Carl", credits=5000)
    page, performer = Page(small_site, ben), Page(small_site, anna)
    page.ok("join", room="anna", page="public")
    performer.ok("join", room="anna", page="perform")
    offer = page.ok("quote", mode="two_way")["offer"]
    assert (offer["entry"], offer["role"]) == ("admit", "two_way")
    assert page.no("enter", offer=offer["token"], key=key()) == "not_found"
    request = page.ok("ask", offer=offer["token"], note="", key=key())["request"]
    asked = performer.heard("requests")[-1]["queue"][0]
    assert (asked["entry"], asked["state"]) == ("admit", "waiting")
    opened = performer.ok("accept", request=request["id"], key=key())["seat"]
    assert page.heard("entered")[-1]["role"] == "two_way"
    camera = page.ok("watch")["media"]
    assert camera["role"] == "two_way"
    shown = performer.ok("watch", slot=opened)["media"]
    assert ENGINE.grants[shown["grant"]].feeds == (camera["grant"],)
    state = services.state_json(services.by_id(room.id))
    assert state["slots"] == {"total": 1, "free": 0}
    stranger = Page(small_site, carl)
    stranger.ok("join", room="anna", page="public")
    seen = stranger.ok("watch", slot=opened)["media"]
    assert ENGINE.grants[seen["grant"]].feeds != (camera["grant"],)
    late = requests.ask(small_site.offer(room, carl, "two_way").token, "", carl, key())
    assert isinstance(late, ShowRequest)
    assert refused(accepting.accept(late.id, anna, key())) == "full"
    page.ok("leave_slot", seat=opened)
    assert seat(opened).state == "void", "in a free show the seat is the place"
    assert isinstance(accepting.accept(late.id, anna, key()), Accepted)
    assert show.private is False


def test_a_two_way_place_in_a_group_show_is_a_part_of_the_same_seat(site: Site) -> None:
    rule("mode_group", slots=2)
    anna, room, _show = group(site)
    ben = site.person("Ben", credits=5000)
    viewer = enter(site, room, ben)
    offer = site.offer(room, ben, "two_way").as_json()
    assert (offer["change"], offer["grace_s"]) == (True, 0)
    assert admit(site, room, anna, ben) == viewer.id
    assert (seat(viewer.id).role, seat(viewer.id).rate) == ("two_way", 200)
    left = admission.leave_slot(viewer.id, anna)
    assert isinstance(left, SeatView)
    assert (left.role, left.rate_per_minute, left.over) == ("viewer", 100, False)
    seats.end_seat(viewer.id, ben)
    assert available(ben) == 5000
