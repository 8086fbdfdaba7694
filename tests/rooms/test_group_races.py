"""Two hands at once in a show that many pay for, on both databases."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from ppvcms.db import db
from ppvcms.metering import accepting, admission, meter, requests, running, seats, turns
from ppvcms.metering.accepting import Accepted
from ppvcms.metering.models import Seat
from ppvcms.metering.view import SeatView
from ppvcms.results import Refusal
from ppvcms.rooms.models import ShowRequest
from tests.live import refused
from tests.metering.stage import Stage, make_site
from tests.metering.together import together
from tests.rooms.test_group import available, enter, group, key, rule, seat, site

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.live import Site

__all__ = ["site"]


def open_seats() -> dict[str, Seat]:
    """Return the seats that are not over, by payer."""
    db.session.rollback()
    return {one.payer_id: one for one in db.session.scalars(sa.select(Seat)) if not one.closed_at}


def test_many_clicks_at_once_open_one_seat(site: Site) -> None:
    _anna, room, _show = group(site)
    ben = site.person("Ben", credits=5000)
    token = site.offer(room, ben, "group").token

    answers = site.together(4, lambda _: admission.enter_show(ben, token, key()))

    assert {answer.id for answer in answers if isinstance(answer, SeatView)} == {
        open_seats()[str(ben.user_id)].id
    }
    assert available(ben) == 4700
    seats.end_seat(open_seats()[str(ben.user_id)].id, ben)


def test_who_enters_while_a_private_begins_waits_or_is_refused(site: Site) -> None:
    anna, room, _show = group(site)
    ben = site.person("Ben", credits=5000)
    enter(site, room, ben)
    others = [site.person(name, credits=5000) for name in ("Carl", "Dora", "Eva")]
    request = site.ask(room, ben)
    tokens = [site.offer(room, one, "group").token for one in others]

    def act(number: int) -> object:
        if number == 0:
            return accepting.accept(request.id, anna, key())
        return admission.enter_show(others[number - 1], tokens[number - 1], key())

    begun, *entered = site.together(4, act)

    assert isinstance(begun, Accepted), begun
    running_now = open_seats()
    assert running_now.pop(str(ben.user_id)).id == begun.seat_id
    for one, answer in zip(others, entered, strict=True):
        if isinstance(answer, SeatView):
            assert running_now[str(one.user_id)].state == "waiting"
        else:
            assert refused(answer) in {"closed", "not_found"}
            assert available(one) == 5000
    seats.end_seat(begun.seat_id, ben)
    for one in open_seats().values():
        seats.end_seat(one.id, anna)


def test_who_leaves_while_a_private_begins_is_settled_once(site: Site) -> None:
    anna, room, _show = group(site)
    ben, carl = site.person("Ben", credits=5000), site.person("Carl", credits=5000)
    own, other = enter(site, room, ben), enter(site, room, carl)
    request = site.ask(room, ben)

    def act(number: int) -> object:
        if number == 0:
            return accepting.accept(request.id, anna, key())
        return seats.end_seat(*((own.id, ben) if number == 1 else (other.id, carl)))

    begun, *_ended = site.together(3, act)

    assert isinstance(begun, Accepted), begun
    assert (seat(own.id).state, seat(other.id).state) == ("void", "void")
    assert available(carl) == 5000
    assert available(ben) == 5000 - 600
    seats.end_seat(begun.seat_id, ben)


def test_the_last_two_way_place_is_given_once(site: Site) -> None:
    rule("mode_group", slots=1)
    anna, room, show = group(site)
    people = [site.person(name, credits=5000) for name in ("Ben", "Carl", "Dora")]
    enter(site, room, people[0])
    asked = []
    for one in people:
        row = requests.ask(site.offer(room, one, "two_way").token, "", one, key())
        assert isinstance(row, ShowRequest), row
        asked.append(row.id)

    answers = site.together(3, lambda n: accepting.accept(asked[n], anna, key()))

    assert sum(isinstance(answer, Accepted) for answer in answers) == 1
    roles = [one.role for one in open_seats().values()]
    assert roles.count("two_way") == 1
    running.settle_before_change(show.id)
    for one in open_seats().values():
        seats.end_seat(one.id, anna)


def test_who_enters_while_the_kind_of_show_changes_pays_for_neither_twice(site: Site) -> None:
    anna, room, show = group(site)
    people = [site.person(name, credits=5000) for name in ("Ben", "Carl")]
    tokens = [site.offer(room, one, "group").token for one in people]

    def act(number: int) -> object:
        if number == 0:
            return running.change_mode(room.id, anna, "free")
        return admission.enter_show(people[number - 1], tokens[number - 1], key())

    changed, *_entered = site.together(3, act)

    assert changed.id == show.id
    running.settle_before_change(show.id)
    assert open_seats() == {}
    assert [available(one) for one in people] == [5000, 5000]


def test_a_role_that_changes_while_the_show_is_left_is_settled_once(site: Site) -> None:
    rule("mode_group", slots=1)
    anna, room, _show = group(site)
    ben = site.person("Ben", credits=5000)
    own = enter(site, room, ben)
    row = requests.ask(site.offer(room, ben, "two_way").token, "", ben, key())
    assert isinstance(row, ShowRequest), row

    def act(number: int) -> object:
        return accepting.accept(row.id, anna, key()) if number else seats.end_seat(own.id, ben)

    site.together(2, act)

    for one in open_seats().values():
        seats.end_seat(one.id, ben)
    assert seat(own.id).state == "void"
    assert available(ben) == 5000


@pytest.fixture
def stage(database_url: str, tmp_path: Path) -> Iterator[Stage]:
    """A seat whose time is chosen by the test; its books are checked at the end."""
    with make_site(database_url, tmp_path).app_context():
        ready = Stage()
        yield ready
        ready.end_all()
        ready.check_books()


def test_a_dearer_role_beside_the_last_second_is_secured_or_refused(
    stage: Stage, database_url: str, tmp_path: Path
) -> None:
    """R-09, R-31, R-37: never at the new rate without its money."""
    for nr in range(3):
        client = stage.client(600 + 300 * (nr % 2))
        seat_id = stage.open(client, role="viewer", rate_per_minute=200)
        stage.signs(seat_id, 0, 180)
        stage.meter(1)
        moment = stage.at(180)

        def look(now: int = moment) -> int:
            return meter.run_batch(now=now).looked

        def change(seat: str = seat_id, now: int = moment) -> bool:
            answer = turns.rerate(seat, role="two_way", rate_per_minute=600, now=now)
            return not isinstance(answer, Refusal)

        together(database_url, tmp_path, look, change)

        held = stage.seat(seat_id)
        spent = stage.wallet(client)
        assert (held.role, held.rate) == ("viewer", 200), "three minutes at 6.00 are not there"
        assert spent.available >= 0
        stage.end(seat_id, 180)
        assert stage.receipt(seat_id).amount == 600
