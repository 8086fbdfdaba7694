"""The pure half of the books: balance and exact shares."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ppvcms.ledger.books import Draft, Line, Part, Share, Sharer, merge, split, split_charge
from ppvcms.ledger.errors import NotBalancedError


def draft(*lines: Line, shares: tuple[Share, ...] = ()) -> Draft:
    return Draft("tip", "key", "tips:tip:1", "A tip", lines, shares=shares)


def test_a_transfer_balances_in_each_currency() -> None:
    made = draft(
        Line("gateway", "USD", -1_000),
        Line("sales", "USD", 1_000),
        Line("issued", "CRD", -10_000),
        Line("wallet", "CRD", 10_000),
    )

    assert len(made.lines) == 4


@pytest.mark.parametrize(
    "lines",
    [
        (),
        (Line("a", "CRD", 5),),
        (Line("a", "CRD", -5), Line("b", "CRD", 4)),
        (Line("a", "CRD", -5), Line("b", "USD", 5)),
        (Line("a", "CRD", -5), Line("a", "CRD", 5)),
    ],
    ids=["nothing", "one line", "unequal", "two currencies", "to itself"],
)
def test_a_transfer_that_does_not_balance_cannot_be_made(lines: tuple[Line, ...]) -> None:
    with pytest.raises(NotBalancedError):
        draft(*lines)


@pytest.mark.parametrize("amount", [0, 1.0, True, "1"])
def test_a_line_moves_a_whole_number_of_minor_units(amount: object) -> None:
    with pytest.raises(NotBalancedError):
        Line("a", "CRD", amount)  # type: ignore[arg-type]


def test_lines_of_one_account_become_one() -> None:
    lines = merge([Line("a", "CRD", 5), Line("b", "CRD", 1), Line("a", "CRD", -5)])

    assert lines == (Line("b", "CRD", 1),)


def test_shares_sum_to_what_comes_in() -> None:
    lines = (Line("a", "CRD", -5), Line("b", "CRD", 5))
    whole = Share("performer", "p", "b", Fraction(1), 5)
    part = Share("performer", "p", "b", Fraction(1), 4)

    assert draft(*lines, shares=(whole,)).shares == (whole,)
    with pytest.raises(NotBalancedError):
        draft(*lines, shares=(part,))


def test_the_example_of_r_47() -> None:
    third, side = Fraction(1, 3), Fraction(80, 100)
    sharers = [
        Sharer("A", third, side, "studio", Fraction(25, 100)),
        Sharer("B", third, side),
        Sharer("C", third, side),
    ]

    divided = [(part.party_id, amount) for part, amount in split_charge(1_000, sharers, "private")]

    assert divided == [("A", 200), ("B", 267), ("C", 267), ("studio", 66), ("private", 200)]


def test_ties_go_to_the_earlier_part() -> None:
    half = Fraction(1, 2)

    assert split(1, [Part("performer", "A", half), Part("site", "S", half)]) == [1, 0]


def test_sharers_who_take_more_than_all_are_refused() -> None:
    both = [Sharer("A", Fraction(2, 3), Fraction(1)), Sharer("B", Fraction(2, 3), Fraction(1))]

    with pytest.raises(NotBalancedError):
        split_charge(100, both, "tip")


def test_an_amount_below_zero_is_not_divided() -> None:
    with pytest.raises(NotBalancedError):
        split(-1, [Part("site", "S", Fraction(1))])


weights = st.lists(st.integers(0, 50), min_size=1, max_size=20).filter(any)


@given(amount=st.integers(0, 2**63 - 1), numbers=weights)
def test_parts_are_exact_and_sum_to_the_whole(amount: int, numbers: list[int]) -> None:
    """R-47: nothing is lost, and nobody is off by a whole unit."""
    parts = [Part("x", str(nr), Fraction(n, sum(numbers))) for nr, n in enumerate(numbers)]

    amounts = split(amount, parts)

    assert sum(amounts) == amount
    assert all(
        abs(got - amount * part.fraction) < 1 for got, part in zip(amounts, parts, strict=True)
    )


@given(amount=st.integers(0, 10_000), numbers=weights)
def test_the_left_over_units_go_one_by_one_to_the_largest_remainder(
    amount: int, numbers: list[int]
) -> None:
    """R-47, against a model that hands out one unit after another."""
    parts = [Part("x", str(nr), Fraction(n, sum(numbers))) for nr, n in enumerate(numbers)]
    owed = [amount * part.fraction for part in parts]
    model = [int(share) for share in owed]
    got_one: set[int] = set()
    for _ in range(amount - sum(model)):
        waiting = [nr for nr in range(len(parts)) if nr not in got_one]
        first = max(waiting, key=lambda nr: (owed[nr] - int(owed[nr]), -nr))
        model[first] += 1
        got_one.add(first)

    assert split(amount, parts) == model
