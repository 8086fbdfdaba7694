"""Load order: what is needed comes first, and how plugins were found changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from ppvcms.host.order import Wish, load_order, unmet

if TYPE_CHECKING:
    import random

NAMES = "abcdefghij"


@st.composite
def wishes_without_circles(draw: st.DrawFn) -> dict[str, Wish]:
    """Each plugin may only name ones that come before it in some order."""
    names = draw(st.permutations(NAMES))
    wishes = {}
    for place, name in enumerate(names):
        earlier = st.frozensets(st.sampled_from(names[:place]), max_size=3) if place else None
        empty: frozenset[str] = frozenset()
        wishes[name] = Wish(
            requires=draw(earlier) if earlier is not None else empty,
            after=draw(earlier) if earlier is not None else empty,
            weight=draw(st.integers(-2, 2)),
        )
    return wishes


@given(wishes_without_circles())
def test_every_plugin_comes_after_those_it_names(wishes: dict[str, Wish]) -> None:
    order = load_order(wishes)

    assert order.circular == ()
    assert sorted(order.slugs) == sorted(wishes)
    place = {slug: number for number, slug in enumerate(order.slugs)}
    for slug, wish in wishes.items():
        assert all(place[name] < place[slug] for name in wish.requires | wish.after)


@given(wishes_without_circles(), st.randoms())
def test_the_order_does_not_depend_on_discovery(
    wishes: dict[str, Wish], chance: random.Random
) -> None:
    shuffled = list(wishes.items())
    chance.shuffle(shuffled)

    assert load_order(dict(shuffled)) == load_order(wishes)


def test_ties_are_broken_by_weight_and_then_by_slug() -> None:
    wishes = {"b": Wish(weight=1), "c": Wish(), "a": Wish(), "d": Wish(weight=-1)}

    assert load_order(wishes).slugs == ("d", "a", "c", "b")


def test_a_circle_is_named_and_costs_only_those_in_it() -> None:
    wishes = {
        "a": Wish(requires=frozenset("b")),
        "b": Wish(after=frozenset("a")),
        "c": Wish(),
    }

    order = load_order(wishes)

    assert order.slugs == ("c",)
    assert order.circular == ("a", "b")


def test_names_that_are_not_there_are_no_obstacle() -> None:
    assert load_order({"a": Wish(after=frozenset("z"))}).slugs == ("a",)


def test_what_is_required_and_missing_is_named() -> None:
    assert unmet("a", {"b": ">=1", "c": ">=1"}, ["a", "c"]) == ("b",)
