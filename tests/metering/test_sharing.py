"""Who shares a charge, and how much exactly (R-47, R-49, CM-02, CM-03)."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppvcms.accounts.models import StudioPart
from ppvcms.db import db, transaction
from ppvcms.host.settings import save_site
from ppvcms.ids import new_id
from ppvcms.ledger.books import split_charge
from ppvcms.metering.sharing import Ratios, as_books, sharers_of
from ppvcms.metering.terms import Sharer
from ppvcms.results import Refusal
from ppvcms.rooms import office
from ppvcms.rooms.models import Room, ShowPerformer
from tests.live import Site, site_at

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

percents = st.integers(0, 100)
levels = st.none() | percents


@pytest.fixture
def small_site(tmp_path: Path) -> Iterator[Site]:
    """A site on SQLite: no database divides otherwise."""
    with site_at(f"sqlite:///{tmp_path / 'site.sqlite3'}", tmp_path) as made:
        yield made


def test_the_example_of_the_rule() -> None:
    """R-47: 1000 among A, B, C alike at 0.80, A's studio 25 %."""
    sharers = (
        Sharer("a", 1, 3, 80, "studio", 25),
        Sharer("b", 1, 3, 80),
        Sharer("c", 1, 3, 80),
    )
    divided = split_charge(1000, as_books(sharers), "private")
    assert [(part.party_id, amount) for part, amount in divided] == [
        ("a", 200),
        ("b", 267),
        ("c", 267),
        ("studio", 66),
        ("private", 200),
    ]


@given(
    amount=st.integers(0, 10**9),
    people=st.lists(st.tuples(st.integers(1, 99), percents, percents), min_size=1, max_size=6),
)
def test_every_unit_goes_to_somebody_and_nobody_is_off_by_one(
    amount: int, people: list[tuple[int, int, int]]
) -> None:
    """R-47, against exact fractions of each party."""
    whole = sum(weight for weight, _ratio, _studio in people)
    sharers = tuple(
        Sharer(f"p{nr}", weight, whole, ratio, f"s{nr}", studio)
        for nr, (weight, ratio, studio) in enumerate(people)
    )
    got = {part.party_id: paid for part, paid in split_charge(amount, as_books(sharers), "private")}
    assert sum(got.values()) == amount
    for nr, (weight, ratio, studio) in enumerate(people):
        side = Fraction(amount * weight, whole) * Fraction(ratio, 100)
        assert abs(got[f"s{nr}"] - side * studio / 100) < 1
        assert abs(got[f"p{nr}"] - side * (100 - studio) / 100) < 1


@given(site=percents, item=levels, performer=levels, studio=levels, of_type=levels, bonus=levels)
def test_the_first_ratio_that_is_set_counts_or_a_higher_bonus(
    site: int,
    item: int | None,
    performer: int | None,
    studio: int | None,
    of_type: int | None,
    bonus: int | None,
) -> None:
    """R-49."""
    found = [one for one in (item, performer, studio, of_type) if one is not None]
    usual = found[0] if found else site
    expected = bonus if bonus is not None and bonus > usual else usual
    ratios = Ratios(site, item, performer, studio, of_type, bonus)
    assert ratios.percent == expected


def _room(site: Site) -> Room:
    return db.session.get_one(Room, site.room(site.person("Anna", "performer")).id)


def _percent(room_id: str, share_type: str, **more: int) -> int:
    found = transaction(
        lambda s: sharers_of(s, s.get_one(Room, room_id), share_type, **more)  # type: ignore[arg-type]
    )
    return found[0].ratio_percent


def test_ratios_are_found_from_item_to_site(small_site: Site) -> None:
    room = _room(small_site)
    assert (_percent(room.id, "private"), _percent(room.id, "tip")) == (80, 90)
    studio = small_site.person("North", "studio")
    transaction(lambda s: s.add(_part(room.performer_id, str(studio.user_id), ratio=70)))
    assert _percent(room.id, "tip") == 70
    transaction(lambda s: setattr(s.get_one(Room, room.id), "ratio_percent", 60))
    assert _percent(room.id, "tip") == 60
    assert _percent(room.id, "tip", item_percent=50) == 50
    assert office.set_bonus(room.id, 95, 2**52, actor_id=None) is None
    assert _percent(room.id, "tip", item_percent=50) == 95
    assert office.set_bonus(room.id, 95, 1, actor_id=None) is None
    assert _percent(room.id, "tip") == 60
    half = office.set_bonus(room.id, 95, None, actor_id=None)
    assert isinstance(half, Refusal)
    assert office.set_bonus(room.id, None, None, actor_id=None) is None


def test_a_part_that_is_over_or_has_not_begun_takes_nothing(small_site: Site) -> None:
    room = _room(small_site)
    old, new = small_site.person("Old", "studio"), small_site.person("New", "studio")
    transaction(
        lambda s: s.add_all(
            [
                _part(room.performer_id, str(old.user_id), until=1),
                _part(room.performer_id, str(new.user_id), since=2**52),
            ]
        )
    )
    found = transaction(lambda s: sharers_of(s, s.get_one(Room, room.id), "private"))
    assert (found[0].studio_id, found[0].studio_percent) == (None, 0)


def test_all_who_are_in_the_show_share_by_weight(small_site: Site) -> None:
    anna, bea = small_site.person("Anna", "performer"), small_site.person("Bea", "performer")
    room = small_site.room(anna)
    show = small_site.go_live(room, anna)
    transaction(
        lambda s: s.add_all(
            ShowPerformer(
                id=new_id(),
                show_id=show.id,
                performer_id=str(one.user_id),
                present=str(one.user_id),
                place=place,
                weight=weight,
                from_at=1,
            )
            for place, (one, weight) in enumerate(((anna, 60), (bea, 40)))
        )
    )
    found = transaction(lambda s: sharers_of(s, s.get_one(Room, room.id), "tip"))
    assert [(one.performer_id, one.numerator, one.denominator) for one in found] == [
        (anna.user_id, 3, 5),
        (bea.user_id, 2, 5),
    ]
    alone = transaction(
        lambda s: sharers_of(s, s.get_one(Room, room.id), "tip", to=str(bea.user_id))
    )
    assert [(one.performer_id, one.numerator, one.denominator) for one in alone] == [
        (bea.user_id, 1, 1)
    ]


def test_without_a_room_the_seller_is_named(small_site: Site) -> None:
    anna = small_site.person("Anna", "performer")
    found = transaction(lambda s: sharers_of(s, None, "item", to=str(anna.user_id)))
    assert (found[0].performer_id, found[0].ratio_percent) == (anna.user_id, 80)
    with pytest.raises(ValueError, match="names the one performer"):
        transaction(lambda s: sharers_of(s, None, "item"))
    transaction(lambda s: save_site(s, None, {"ratio_by_type": {"item": 75}}))
    found = transaction(lambda s: sharers_of(s, None, "item", to=str(anna.user_id)))
    assert found[0].ratio_percent == 75


def _part(
    performer_id: str,
    studio_id: str,
    *,
    ratio: int | None = None,
    since: int = 1,
    until: int | None = None,
) -> StudioPart:
    return StudioPart(
        id=new_id(),
        performer_id=performer_id,
        studio_id=studio_id,
        percent=25,
        ratio_percent=ratio,
        source="test",
        from_at=since,
        until_at=until,
    )
