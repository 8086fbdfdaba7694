"""MD-02, MD-04, MD-06 to MD-08, R-08, R-09, R-16, R-26, R-39 to R-42: shows that many pay for."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from ppvcms.accounts.models import AuditLog
from ppvcms.db import db, now_ms, transaction
from ppvcms.host import lifecycle, settings
from ppvcms.jobs import outbox
from ppvcms.ledger.store import wallet_view
from ppvcms.media.contract import EventKind
from ppvcms.media.models import Grant
from ppvcms.metering import accepting, admission, calls, quotes, requests, seats
from ppvcms.metering.accepting import Accepted
from ppvcms.metering.models import Seat, Span
from ppvcms.metering.unseen import name_for_performer
from ppvcms.metering.view import SeatView
from ppvcms.results import Refusal
from ppvcms.rooms import chat, listing, services, shows, switches, wander
from ppvcms.rooms.models import Show, ShowRequest, Visit
from ppvcms.testing.engine import ENGINE
from tests import kit
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


def test_a_private_lets_the_others_wait_and_ends_its_own_clients_seat(site: Site) -> None:
    anna, room, show = group(site)
    ben, carl = site.person("Ben", credits=5000), site.person("Carl", credits=5000)
    own, other = enter(site, room, ben), enter(site, room, carl)
    begun = site.begin(room, anna, ben)
    assert (seat(own.id).state, seat(own.id).close_reason) == ("void", "private_began")
    assert seat(other.id).state == "waiting"
    assert seat(begun.seat_id).state == "secured"
    assert available(ben) == 5000 - 600
    assert refused(quotes.quote(room.id, "group", site.person("Dora", credits=900))) == "closed"
    seats.end_seat(begun.seat_id, ben)
    assert services.state(services.by_id(room.id)).value == "away"
    assert seat(other.id).state == "waiting"
    site.ready(room, anna)
    assert seat(other.id).state == "secured"
    assert services.current_show(services.by_id(room.id)) is not None
    assert show.id == services.by_id(room.id).show_id
    seats.end_seat(other.id, carl)


@pytest.mark.parametrize(("mode", "goes_on"), [("private", True), ("exclusive", False)])
def test_who_watches_unseen_goes_on_in_a_private_that_allows_it(
    small_site: Site, mode: str, *, goes_on: bool
) -> None:
    rule("mode_group", voyeurs="always")
    anna, room, show = group(small_site)
    switches.agree_voyeurs(room.id, anna, "group", on=True)
    ben, carl = small_site.person("Ben", credits=9000), small_site.person("Carl", credits=5000)
    unseen = enter(small_site, room, carl, "voyeur")
    request = requests.ask(small_site.offer(room, ben, mode).token, "", ben, key())
    assert isinstance(request, ShowRequest)
    begun = accepting.accept(request.id, anna, key())
    assert isinstance(begun, Accepted)
    assert seat(unseen.id).state == ("secured" if goes_on else "waiting")
    page = Page(small_site, carl)
    page.ok("join", room="anna", page="public")
    if not goes_on:
        assert page.no("watch") == "closed"
        assert refused(quotes.quote(room.id, "voyeur", small_site.person("Eva"))) == "not_found"
        return
    media = page.ok("watch")["media"]
    source = db.session.scalar(
        sa.select(Grant.id).where(Grant.show_id == begun.show_id, Grant.user_id == anna.user_id)
    )
    assert ENGINE.grants[media["grant"]].feeds == (source,)
    small_site.hear(EventKind.EVIDENCE, source, sent_at=now_ms(db.session()))
    seen = sa.select(Span.id).where(Span.scope_id == show.id, Span.kind == "performer_media")
    assert len(list(db.session.scalars(seen))) == 1, "the seat is in the public show"
    late = small_site.person("Dora", credits=5000)
    assert enter(small_site, room, late, "voyeur").role == "voyeur"
    seats.end_seat(begun.seat_id, ben)
    assert not ENGINE.carries(media["grant"])
    while outbox.deliver_due():
        pass
    assert seat(unseen.id).state == "waiting", "until the performer is ready"
    small_site.ready(room, anna)
    assert seat(unseen.id).state == "secured"


def test_a_kind_of_show_that_is_switched_off_is_not_free(small_site: Site) -> None:
    _anna, _room, _show = group(small_site)
    page = Page(small_site, small_site.person("Ben", credits=5000))
    assert lifecycle.deactivate("mode_group", actor_id=None, insist=True) is None
    page.ok("join", room="anna", page="public")
    assert page.no("watch") == "closed"
    assert page.no("quote", mode="group") == "not_found"


def test_a_change_of_kind_gives_ten_seconds_to_click(small_site: Site) -> None:
    anna, room, show = group(small_site, mode="free")
    ben, carl = small_site.person("Ben", credits=5000), small_site.person("Carl", credits=5000)
    page, late = Page(small_site, ben), Page(small_site, carl)
    page.ok("join", room="anna", page="public")
    late.ok("join", room="anna", page="public")
    media = page.ok("watch")["media"]
    performer = Page(small_site, anna)
    performer.ok("join", room="anna", page="perform")
    changed = performer.ok("mode", mode="group")
    assert changed["show"] == show.id
    heard = page.heard("mode")[-1]
    assert (heard["mode"], heard["price"]["rate"]) == ("group", 100)
    assert heard["free_until"] == changed["free_until"]
    assert ENGINE.grants[media["grant"]].lease.until == changed["free_until"]
    assert page.ok("watch")["media"]["grant"] == media["grant"]
    assert late.no("watch") == "closed", "who was not there before has nothing free"
    viewer = enter(small_site, room, ben)
    assert ENGINE.carries(page.ok("watch")["media"]["grant"])
    performer.ok("mode", mode="free")
    assert (seat(viewer.id).state, seat(viewer.id).close_reason) == ("void", "mode_changed")
    assert late.ok("watch")
    db.session.expire_all()
    assert db.session.get_one(Show, show.id).free_until is None


def test_a_busy_room_keeps_a_waiting_list(small_site: Site) -> None:
    anna, room, _show = group(small_site, mode="free")
    people = [small_site.person(name, credits=5000) for name in ("Ben", "Carl", "Dora")]
    begun = small_site.begin(room, anna, people[0])
    second, third = (small_site.ask(room, one) for one in people[1:])
    assert [requests.as_json(one)["place"] for one in (second, third)] == [1, 2]
    assert [row["state"] for row in requests.queue(room.id)] == ["queued", "queued"]
    assert refused(accepting.accept(second.id, anna, key())) == "gone"
    seats.end_seat(begun.seat_id, anna)
    assert calls.call_next(room.id) is None, "not before the performer is ready"
    small_site.ready(room, anna)
    states = [row["state"] for row in requests.queue(room.id)]
    assert states == ["called", "queued"]
    assert refused(calls.answer(second.id, people[2])) == "not_found"
    answered = calls.answer(second.id, people[1])
    assert isinstance(answered, ShowRequest)
    assert answered.state == "waiting"
    transaction(
        lambda s: s.execute(
            sa.update(ShowRequest).where(ShowRequest.id == second.id).values(expires_at=1)
        )
    )
    assert requests.expire() == 1
    assert calls.call_in_all_rooms() == 1
    assert [row["state"] for row in requests.queue(room.id)] == ["called"]


def test_staff_look_in_unseen_and_unbilled_and_it_is_kept(small_site: Site) -> None:
    anna, room, _show = group(small_site)
    ben, boss = small_site.person("Ben", credits=5000), small_site.person("Mo", "moderator")
    begun = small_site.begin(room, anna, ben)
    assert Page(small_site, ben).no("join", room="anna", page="visit") == "forbidden"
    page, client = Page(small_site, boss), Page(small_site, ben)
    client.ok("join", room="anna", page="private", seat=begun.seat_id)
    client.ok("watch")
    page.ok("join", room="anna", page="visit")
    media = page.ok("watch")["media"]
    source = db.session.scalar(
        sa.select(Grant.id).where(Grant.show_id == begun.show_id, Grant.user_id == anna.user_id)
    )
    assert ENGINE.grants[media["grant"]].feeds == (source,)
    assert page.no("chat", text="Hello", key=key()) == "voyeur"
    visits = [visit.user_id for visit in db.session.scalars(sa.select(Visit))]
    assert boss.user_id not in visits
    logged = db.session.scalars(
        sa.select(AuditLog).where(AuditLog.action == "rooms.show.watched")
    ).one()
    assert (logged.actor_id, logged.subject) == (boss.user_id, f"room:{room.id}")
    seats.end_seat(begun.seat_id, ben)
    assert not ENGINE.carries(media["grant"])


def test_the_end_of_a_show_settles_every_seat_in_it(site: Site) -> None:
    rule("mode_group", minimum_minutes=5)
    anna, room, show = group(site)
    people = [site.person(name, credits=5000) for name in ("Ben", "Carl")]
    views = [enter(site, room, one) for one in people]
    assert refused(switches.switch(room.id, anna, "away", on=True)) == "busy"
    assert shows.go_off(room.id, anna) is None
    while outbox.deliver_due():
        pass
    assert [seat(view.id).close_reason for view in views] == ["went_off"] * 2
    assert [available(one) for one in people] == [5000] * 2
    assert show.id not in {room.show_id for room in [services.by_id(room.id)]}


def test_on_to_the_next_room_and_to_paid_ones_only_when_agreed(small_site: Site) -> None:
    """RM-16."""
    people = {name: small_site.person(name, "performer") for name in ("Anna", "Bela", "Cleo")}
    rooms = {name: small_site.room(one, name) for name, one in people.items()}
    for name, mode in (("Anna", "free"), ("Bela", "free"), ("Cleo", "group")):
        small_site.go_live(rooms[name], people[name], mode)
    ben = small_site.person("Ben", credits=5000)

    def onward(after: str, pool: str, **more: Any) -> str | None:
        card = wander.next_room(ben, after=after, pool=pool, **more)
        return card.slug if card is not None else None

    assert [onward(slug, "free") for slug in ("anna", "bela", "cleo")] == ["bela", "anna", "anna"]
    assert onward("bela", "paid") is None, "nobody is led into a paid room without a price"
    assert onward("bela", "paid", most=99) is None
    assert onward("bela", "all", most=100) == "cleo"
    assert {onward("anna", "free", at_random=True) for _ in range(5)} == {"bela"}
    page = Page(small_site, ben)
    page.ok("join", room="anna", page="public")
    assert page.ok("next_room", pool="free")["room"]["room"] == "bela"


def test_fixed_blocks_are_offered_chosen_and_locked(small_site: Site) -> None:
    """PS-12, R-22."""
    rule("mode_private", block_10=1500, block_30=4000)
    anna, room, _show = group(small_site, mode="free")
    ben = small_site.person("Ben", credits=5000)
    card = listing.card_of(room.id)
    assert card is not None
    private = next(price for price in card.prices if price.mode == "private")
    assert [(one.minutes, one.price) for one in private.blocks] == [(10, 1500), (30, 4000)]
    page, performer = Page(small_site, ben), Page(small_site, anna)
    page.ok("join", room="anna", page="public")
    performer.ok("join", room="anna", page="perform")
    assert page.no("quote", mode="private", block=20) == "not_found"
    offer = page.ok("quote", mode="private", block=10)["offer"]
    assert (offer["block"], offer["funds_needed"]) == ({"minutes": 10, "price": 1500}, 1500)
    request = page.ok("ask", offer=offer["token"], note="", key=key())["request"]
    begun = performer.ok("accept", request=request["id"], key=key())
    shown = page.ok("join", room="anna", page="private", seat=begun["seat"])["me"]["seat"]
    assert (shown["block"]["price"], shown["block"]["taken"]) == (1500, 1)
    assert page.no("next_block", seat=begun["seat"], nr=2) == "not_now", "it has not begun"
    assert available(ben) == 5000 - 1500
    page.ok("end", seat=begun["seat"])
    assert available(ben) == 5000


def test_towards_the_performer_the_unseen_have_numbers(small_site: Site) -> None:
    """R-42: in statements and notices; whoever entered openly has a name."""
    rule("mode_group", voyeurs="public", slots=1)
    anna, room, _show = group(small_site)
    switches.agree_voyeurs(room.id, anna, "group", on=True)
    people = [small_site.person(name, credits=5000) for name in ("Ben", "Carl", "Dora")]
    unseen = [enter(small_site, room, one, "voyeur") for one in people]
    enter(small_site, room, people[2])
    names = [name_for_performer(db.session(), view.id) for view in unseen]
    assert names == ["voyeur 1", "voyeur 2", "Dora"]
    openly = sa.update(Seat).where(Seat.id == unseen[1].id)
    transaction(lambda s: s.execute(openly.values(parts=[["viewer", 100, 0, 0]])))
    assert name_for_performer(db.session(), unseen[1].id) == "Carl"
    for view in unseen:
        seats.end_seat(view.id, anna)
