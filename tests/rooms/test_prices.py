"""BO-01 to BO-03, RM-06: what a minute costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ppvcms.db import transaction
from ppvcms.host import settings
from ppvcms.results import Refusal
from ppvcms.rooms import rates, services
from ppvcms.rooms.prices import OwnRate
from tests.live import refused

if TYPE_CHECKING:
    from typing import Any

    from tests.live import Site


def set_private(key: str, value: Any) -> None:
    transaction(lambda session: settings.save(session, "mode_private", key, value))


def shown(room_id: str) -> int:
    prices = services.state_json(services.by_id(room_id))["prices"]
    return int(next(price["rate"] for price in prices if price["mode"] == "private"))


def test_a_room_without_a_rate_has_the_sites(small_site: Site) -> None:
    room = small_site.room(small_site.person("Anna", "performer"))
    assert shown(room.id) == 200
    set_private("rate_private", 250)
    assert shown(room.id) == 250


def test_an_own_rate_inside_the_range_holds(small_site: Site) -> None:
    anna = small_site.person("Anna", "performer")
    room = small_site.room(anna)
    assert rates.set_rate(room.id, "private", anna, rate=500) == OwnRate(500, 0)
    assert shown(room.id) == 500


def test_a_rate_outside_is_refused_and_names_the_range(small_site: Site) -> None:
    anna = small_site.person("Anna", "performer")
    room = small_site.room(anna)
    for rate in (49, 2001, 0, -1):
        answer = rates.set_rate(room.id, "private", anna, rate=rate)
        assert isinstance(answer, Refusal)
        assert answer.code == "range"
        assert "0.50" in answer.reason
        assert "20.00" in answer.reason
    assert shown(room.id) == 200


def test_a_performer_changes_a_rate_five_times_a_day_and_the_owner_as_often_as_needed(
    small_site: Site,
) -> None:
    anna, boss = small_site.person("Anna", "performer"), small_site.person("Boss", "owner")
    room = small_site.room(anna)
    for rate in (100, 110, 120, 130, 140):
        assert isinstance(rates.set_rate(room.id, "private", anna, rate=rate), OwnRate)
    assert isinstance(rates.set_rate(room.id, "private", anna, rate=140), OwnRate), "no change"
    assert refused(rates.set_rate(room.id, "private", anna, rate=150)) == "too_often"
    assert rates.set_rate(room.id, "private", boss, rate=160) == OwnRate(160, 0)
    assert shown(room.id) == 160


def test_own_rates_switched_off_are_kept_but_not_used(small_site: Site) -> None:
    anna = small_site.person("Anna", "performer")
    room = small_site.room(anna)
    rates.set_rate(room.id, "private", anna, rate=500)
    set_private("own_rates", value=False)
    assert shown(room.id) == 200
    assert refused(rates.set_rate(room.id, "private", anna, rate=600)) == "own_rates"
    set_private("own_rates", value=True)
    assert shown(room.id) == 500


def test_narrowing_the_range_brings_rates_back_inside(small_site: Site) -> None:
    anna, bela = small_site.person("Anna", "performer"), small_site.person("Bela", "performer")
    dear, cheap = small_site.room(anna), small_site.room(bela, "Bela")
    rates.set_rate(dear.id, "private", anna, rate=1500)
    rates.set_rate(cheap.id, "private", bela, rate=60)
    set_private("rate_max", 1000)
    set_private("rate_min", 100)
    assert (shown(dear.id), shown(cheap.id)) == (1000, 100), "at once, before anything is written"
    assert rates.clamp("private") == 2
    assert rates.clamp("private") == 0
    row = next(row for row in rates.rate_rows(dear.id) if row.mode == "private")
    assert (row.rate, row.own_rate) == (1000, 1000)


def test_nobody_sets_the_price_of_anothers_room(small_site: Site) -> None:
    anna, ben = small_site.person("Anna", "performer"), small_site.person("Ben")
    room = small_site.room(anna)
    assert refused(rates.set_rate(room.id, "private", ben, rate=500)) == "forbidden"
    assert refused(rates.set_rate(room.id, "free", anna, rate=500)) == "not_found"


def test_the_minimum_is_part_of_the_price_and_of_the_terms(small_site: Site) -> None:
    anna, ben = small_site.person("Anna", "performer"), small_site.person("Ben", credits=9000)
    room = small_site.room(anna)
    rates.set_rate(room.id, "private", anna, rate=300, minimum_minutes=5)
    small_site.go_live(room, anna)
    offer = small_site.offer(room, ben).as_json()
    assert (offer["rate"], offer["minimum_minutes"], offer["funds_needed"]) == (300, 5, 1500)


def test_the_room_quick_edit_is_for_staff_and_the_ratio_for_the_owner(small_site: Site) -> None:
    anna = small_site.person("Anna", "performer")
    mia, boss = small_site.person("Mia", "moderator"), small_site.person("Boss", "owner")
    room = small_site.room(anna)
    assert refused(services.set_listing(room.id, anna, featured=2)) == "forbidden"
    assert refused(services.set_listing(room.id, mia, ratio_percent=95)) == "forbidden"
    assert not isinstance(services.set_listing(room.id, mia, featured=2), Refusal)
    assert refused(services.set_listing(room.id, boss, ratio_percent=101)) == "range"
    assert not isinstance(services.set_listing(room.id, boss, ratio_percent=95), Refusal)
    kept = services.by_id(room.id)
    assert (kept.featured, kept.ratio_percent) == (2, 95)
