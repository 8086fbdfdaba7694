"""PS-01 to PS-06, R-07, R-08, R-13, R-16, R-18, R-29: asking for a private show."""

from __future__ import annotations

import uuid
from collections import Counter
from typing import TYPE_CHECKING

import sqlalchemy as sa

from ppvcms.accounts.actor import VISITOR
from ppvcms.db import db, transaction
from ppvcms.ledger.store import wallet_view
from ppvcms.media.models import Grant
from ppvcms.metering import accepting, office, quotes, requests, seats
from ppvcms.metering.accepting import Accepted
from ppvcms.metering.models import Seat
from ppvcms.results import Refusal
from ppvcms.rooms import rates, services, shows, switches
from ppvcms.rooms.models import ShowRequest
from ppvcms.testing.engine import ENGINE
from tests.live import refused

if TYPE_CHECKING:
    from ppvcms.accounts.actor import Actor
    from tests.live import Site


def key() -> str:
    return uuid.uuid4().hex


def available(actor: Actor) -> int:
    db.session.rollback()
    return wallet_view(db.session(), str(actor.user_id)).available


def count(model: type[ShowRequest | Seat]) -> int:
    db.session.rollback()
    return db.session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


def state_of(request_id: str) -> str:
    db.session.rollback()
    return db.session.get_one(ShowRequest, request_id).state


def test_the_offer_carries_every_term_of_the_panel(small_site: Site) -> None:
    anna, ben = small_site.person("Anna", "performer"), small_site.person("Ben", credits=500)
    room = small_site.room(anna)
    small_site.go_live(room, anna)
    offer = small_site.offer(room, ben).as_json()
    assert (offer["rate"], offer["grace_s"], offer["funds_needed"]) == (200, 30, 600)
    assert (offer["available"], offer["missing"], offer["minutes"]) == (500, 100, 3)
    assert offer["grace_given"] is True


def test_what_is_clicked_is_what_is_locked_though_the_rate_changes(site: Site) -> None:
    anna, ben = site.person("Anna", "performer"), site.person("Ben", credits=5000)
    room = site.room(anna)
    site.go_live(room, anna)
    offer = site.offer(room, ben)
    rates.set_rate(room.id, "private", anna, rate=900)
    request = requests.ask(offer.token, "Hello", ben, key())
    assert isinstance(request, ShowRequest)
    begun = accepting.accept(request.id, anna, key())
    assert isinstance(begun, Accepted)
    seat = db.session.get_one(Seat, begun.seat_id)
    assert seat.terms["rate_per_minute"] == 200
    assert available(ben) == 5000 - 600


def test_an_offer_is_its_own_clients_and_ends(small_site: Site) -> None:
    anna, ben = small_site.person("Anna", "performer"), small_site.person("Ben", credits=5000)
    carl = small_site.person("Carl", credits=5000)
    room = small_site.room(anna)
    small_site.go_live(room, anna)
    token = small_site.offer(room, ben).token
    assert refused(requests.ask(token, "", carl, key())) == "expired"
    assert refused(requests.ask(token + "x", "", ben, key())) == "expired"
    old = quotes._signer().loads(token)
    old["terms"]["quoted_at"] -= quotes.OFFER_LIVES_MS + 1
    assert refused(requests.ask(quotes._signer().dumps(old), "", ben, key())) == "expired"


def test_asking_needs_funds_and_says_what_lacks(small_site: Site) -> None:
    anna, ben = small_site.person("Anna", "performer"), small_site.person("Ben", credits=320)
    room = small_site.room(anna)
    small_site.go_live(room, anna)
    answer = requests.ask(small_site.offer(room, ben).token, "", ben, key())
    assert isinstance(answer, Refusal)
    assert (answer.code, answer.missing) == ("funds", 280)
    assert "6.00" in answer.reason
    assert "2.80" in answer.remedy


def test_one_open_request_per_client_on_the_whole_site(small_site: Site) -> None:
    anna, ben = small_site.person("Anna", "performer"), small_site.person("Ben", credits=5000)
    bela = small_site.person("Bela", "performer")
    first, second = small_site.room(anna), small_site.room(bela, "Bela")
    small_site.go_live(first, anna)
    small_site.go_live(second, bela)
    request = small_site.ask(first, ben)
    answer = requests.ask(small_site.offer(second, ben).token, "", ben, key())
    assert refused(answer) == "one_open"
    requests.withdraw(request.id, ben)
    assert small_site.ask(second, ben).state == "waiting"


def test_the_same_click_twice_is_one_request(site: Site) -> None:
    anna, ben = site.person("Anna", "performer"), site.person("Ben", credits=5000)
    room = site.room(anna)
    site.go_live(room, anna)
    token, same = site.offer(room, ben).token, key()

    answers = site.together(4, lambda _: requests.ask(token, "", ben, same))

    assert all(isinstance(answer, ShowRequest) for answer in answers), answers
    assert len({answer.id for answer in answers}) == 1


def test_many_clicks_with_other_keys_are_one_request(site: Site) -> None:
    anna, ben = site.person("Anna", "performer"), site.person("Ben", credits=5000)
    room = site.room(anna)
    site.go_live(room, anna)
    token = site.offer(room, ben).token

    answers = site.together(8, lambda _: requests.ask(token, "", ben, key()))

    assert sum(isinstance(answer, ShowRequest) for answer in answers) == 1
    assert count(ShowRequest) == 1


def test_two_tabs_that_accept_at_once_open_one_seat(site: Site) -> None:
    anna, ben = site.person("Anna", "performer"), site.person("Ben", credits=5000)
    room = site.room(anna)
    site.go_live(room, anna)
    request = site.ask(room, ben)

    answers = site.together(4, lambda _: accepting.accept(request.id, anna, key()))

    seats_opened = {a.seat_id for a in answers if isinstance(a, Accepted)}
    assert len(seats_opened) == 1
    assert count(Seat) == 1
    assert available(ben) == 5000 - 600


def test_two_clients_accepted_at_once_give_one_private_show(site: Site) -> None:
    anna = site.person("Anna", "performer")
    clients = [site.person(f"C{n}", credits=5000) for n in range(3)]
    room = site.room(anna)
    site.go_live(room, anna)
    asked = [site.ask(room, client).id for client in clients]

    answers = site.together(3, lambda n: accepting.accept(asked[n], anna, key()))

    assert sum(isinstance(answer, Accepted) for answer in answers) == 1
    assert sorted(state_of(one) for one in asked) == ["accepted", "waiting", "waiting"]
    assert sum(5000 - available(client) for client in clients) == 600


def test_a_withdrawal_and_an_acceptance_at_once_agree(site: Site) -> None:
    anna, ben = site.person("Anna", "performer"), site.person("Ben", credits=5000)
    room = site.room(anna)
    site.go_live(room, anna)
    for _round in range(3):
        request = site.ask(room, ben)

        def act(number: int, request_id: str = request.id) -> object:
            if number:
                return requests.withdraw(request_id, ben)
            return accepting.accept(request_id, anna, key())

        accepted, _withdrawn = site.together(2, act)
        opened = isinstance(accepted, Accepted)
        assert state_of(request.id) == ("accepted" if opened else "withdrawn")
        assert available(ben) == (4400 if opened else 5000)
        if isinstance(accepted, Accepted):
            seats.end_seat(accepted.seat_id, anna)
            site.ready(room, anna)


def test_an_expiry_and_an_acceptance_at_once_agree(site: Site) -> None:
    anna, ben = site.person("Anna", "performer"), site.person("Ben", credits=5000)
    room = site.room(anna)
    site.go_live(room, anna)
    request = site.ask(room, ben)
    transaction(lambda s: s.execute(sa.update(ShowRequest).values(expires_at=1)))

    def act(number: int) -> object:
        return requests.expire() if number else accepting.accept(request.id, anna, key())

    accepted, _expired = site.together(2, act)
    assert refused(accepted) == "gone"
    assert state_of(request.id) == "expired"
    assert available(ben) == 5000


def test_two_requests_on_one_balance_open_what_it_pays_for(site: Site) -> None:
    """One client can only ask once; the money may go elsewhere while the request waits."""
    anna, ben = site.person("Anna", "performer"), site.person("Ben", credits=700)
    room = site.room(anna)
    site.go_live(room, anna)
    request = site.ask(room, ben)
    from ppvcms.facade import charge

    transaction(
        lambda s: charge(
            s, payer=ben, room_id=room.id, amount=200, kind="tip", source="t:1", memo="", key="t1"
        )
    )
    answer = accepting.accept(request.id, anna, key())
    assert refused(answer) == "client_out_of_time"
    assert state_of(request.id) == "closed"
    assert services.state(services.by_id(room.id)).value == "online"
    assert available(ben) == 500
    assert "not enough" in requests.as_json(db.session.get_one(ShowRequest, request.id))["reason"]


def test_who_is_in_a_paid_show_cannot_ask_for_another(small_site: Site) -> None:
    anna, ben = small_site.person("Anna", "performer"), small_site.person("Ben", credits=5000)
    bela = small_site.person("Bela", "performer")
    first, second = small_site.room(anna), small_site.room(bela, "Bela")
    small_site.go_live(first, anna)
    small_site.go_live(second, bela)
    begun = small_site.begin(first, anna, ben)
    answer = requests.ask(small_site.offer(second, ben).token, "", ben, key())
    assert isinstance(answer, Refusal)
    assert (answer.code, answer.details["seat"]) == ("busy", begun.seat_id)


def test_staff_and_performers_of_the_room_are_never_billed_there(small_site: Site) -> None:
    anna, boss = small_site.person("Anna", "performer"), small_site.person("Boss", "owner")
    room = small_site.room(anna)
    small_site.go_live(room, anna)
    for somebody in (anna, boss, VISITOR):
        assert refused(quotes.quote(room.id, "private", somebody)) in {"forbidden", "sign_in"}


def test_auto_reject_refuses_with_the_performers_own_words(small_site: Site) -> None:
    anna, ben = small_site.person("Anna", "performer"), small_site.person("Ben", credits=5000)
    room = small_site.room(anna)
    small_site.go_live(room, anna)
    token = small_site.offer(room, ben).token
    switches.switch(room.id, anna, "auto_reject", on=True, text="Back at nine.")
    for answer in (
        quotes.quote(room.id, "private", ben),
        requests.ask(token, "", ben, key()),
    ):
        assert isinstance(answer, Refusal)
        assert (answer.code, answer.reason) == ("auto_reject", "Back at nine.")
    assert services.state_json(services.by_id(room.id))["requests_open"] is False


def test_hidden_performers_can_be_asked_and_offline_ones_not(small_site: Site) -> None:
    anna, ben = small_site.person("Anna", "performer"), small_site.person("Ben", credits=5000)
    room = small_site.room(anna)
    assert refused(quotes.quote(room.id, "private", ben)) == "offline"
    small_site.go_live(room, anna)
    switches.switch(room.id, anna, "hidden", on=True)
    assert small_site.ask(room, ben).state == "waiting"


def test_a_rejection_gives_the_reason_to_the_client(small_site: Site) -> None:
    anna, ben = small_site.person("Anna", "performer"), small_site.person("Ben", credits=5000)
    room = small_site.room(anna)
    small_site.go_live(room, anna)
    request = small_site.ask(room, ben)
    assert refused(requests.reject(request.id, ben, "No")) == "not_found"
    answer = requests.reject(request.id, anna, "In ten minutes")
    assert isinstance(answer, ShowRequest)
    assert requests.as_json(answer)["reason"] == "In ten minutes"
    assert refused(requests.reject(request.id, anna)) == "gone"


def test_all_who_wait_can_be_rejected_at_once(small_site: Site) -> None:
    anna = small_site.person("Anna", "performer")
    room = small_site.room(anna)
    small_site.go_live(room, anna)
    for number in range(3):
        small_site.ask(room, small_site.person(f"C{number}", credits=5000))
    assert requests.reject_all(room.id, anna, "Sorry") == 3
    assert requests.queue(room.id) == []


def test_the_queue_shows_who_waits_and_how_long_they_can_pay(small_site: Site) -> None:
    anna = small_site.person("Anna", "performer")
    room = small_site.room(anna)
    small_site.go_live(room, anna)
    small_site.ask(room, small_site.person("Ben", credits=900), "Hi  there")
    small_site.ask(room, small_site.person("Carl", credits=90_000))
    rows = requests.queue(room.id)
    assert [row["name"] for row in rows] == ["Ben", "Carl"]
    assert (rows[0]["minutes"], rows[0]["minutes_more"], rows[0]["note"]) == (5, False, "Hi there")
    assert (rows[1]["minutes"], rows[1]["minutes_more"]) == (30, True)


def test_an_unanswered_request_ends_by_itself(small_site: Site) -> None:
    anna, ben = small_site.person("Anna", "performer"), small_site.person("Ben", credits=5000)
    room = small_site.room(anna)
    small_site.go_live(room, anna)
    request = small_site.ask(room, ben)
    assert requests.expire() == 0
    transaction(lambda s: s.execute(sa.update(ShowRequest).values(expires_at=1)))
    assert requests.expire() == 1
    assert state_of(request.id) == "expired"
    assert small_site.ask(room, ben).state == "waiting"


def test_accepting_moves_both_sides_and_their_media(site: Site) -> None:
    anna, ben = site.person("Anna", "performer"), site.person("Ben", credits=5000)
    room = site.room(anna)
    public = site.go_live(room, anna)
    begun = site.begin(room, anna, ben)
    grants = list(db.session.scalars(sa.select(Grant).where(Grant.show_id == begun.show_id)))
    assert {grant.user_id for grant in grants} == {anna.user_id, ben.user_id}
    payer = next(grant for grant in grants if grant.seat_id == begun.seat_id)
    performer = next(grant for grant in grants if grant.seat_id is None)
    assert payer.feeds == {"grants": [performer.id]}
    assert performer.feeds == {"grants": [payer.id]}
    public_grants = db.session.scalars(sa.select(Grant).where(Grant.show_id == public.id))
    assert all(grant.state == "revoked" for grant in public_grants)
    assert not any(ENGINE.carries(grant.id) for grant in grants)


def test_after_the_private_the_public_show_goes_on(site: Site) -> None:
    anna, ben = site.person("Anna", "performer"), site.person("Ben", credits=5000)
    room = site.room(anna)
    public = site.go_live(room, anna)
    begun = site.begin(room, anna, ben)
    assert refused(shows.go_off(room.id, anna)) == "busy"
    seats.end_seat(begun.seat_id, anna)
    db.session.rollback()
    assert services.by_id(room.id).show_id == public.id
    assert services.state(services.by_id(room.id)).value == "away"
    site.ready(room, anna)
    assert services.state(services.by_id(room.id)).value == "online"
    assert db.session.get_one(Seat, begun.seat_id).state == "void"
    assert available(ben) == 5000
    grants = db.session.scalars(sa.select(Grant).where(Grant.show_id == begun.show_id))
    assert Counter(grant.state for grant in grants) == {"revoked": 2}


def test_a_second_seat_within_the_hour_has_no_grace_and_the_panel_says_so(
    small_site: Site,
) -> None:
    anna, ben = small_site.person("Anna", "performer"), small_site.person("Ben", credits=5000)
    room = small_site.room(anna)
    small_site.go_live(room, anna)
    begun = small_site.begin(room, anna, ben)
    seats.end_seat(begun.seat_id, ben)
    small_site.ready(room, anna)
    assert small_site.offer(room, ben).as_json()["grace_s"] == 30, "a void seat used no grace"
    transaction(lambda s: s.execute(sa.update(Seat).values(counted_ms=5_000)))
    again = small_site.offer(room, ben).as_json()
    assert (again["grace_s"], again["grace_given"]) == (0, False)
    assert "60 minutes" in again["grace_note"]
    transaction(lambda s: s.execute(sa.update(Seat).values(closed_at=Seat.closed_at - 3_600_001)))
    assert small_site.offer(room, ben).as_json()["grace_s"] == 30


def test_a_suspended_person_leaves_every_show_at_once(site: Site) -> None:
    anna, ben = site.person("Anna", "performer"), site.person("Ben", credits=5000)
    boss = site.person("Boss", "owner")
    room = site.room(anna)
    site.go_live(room, anna)
    begun = site.begin(room, anna, ben)
    office.stop_person(str(anna.user_id), boss)
    db.session.rollback()
    assert db.session.get_one(Seat, begun.seat_id).close_reason == "staff"
    assert services.state(services.by_id(room.id)).value == "offline"
    assert available(ben) == 5000
    assert {grant.state for grant in db.session.scalars(sa.select(Grant))} == {"revoked"}
