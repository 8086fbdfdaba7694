"""Earnings become available after their wait: once, whole, and less what was taken back (R-71)."""

from __future__ import annotations

import signal
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from ppvcms.db import db, now_ms, transaction
from ppvcms.ledger.books import Sharer
from ppvcms.ledger.models import EarningRelease, Transfer
from ppvcms.ledger.releases import DAY_MS, coming, release_due
from ppvcms.ledger.store import AccountKind, Posted, account_view, charge, reverse_transfer
from tests import kit
from tests.children import in_a_child

if TYPE_CHECKING:
    from ppvcms.results import Refusal

HOLD_DAYS = 14


@pytest.fixture(autouse=True)
def fan(site: object) -> None:
    """Somebody with 100 credits on a site."""
    del site
    kit.fund("fan", 10_000)


def tip(amount: int, key: str) -> str:
    answer = transaction(
        lambda session: charge(
            session,
            payer_id="fan",
            amount=amount,
            sharers=[Sharer("star", Fraction(1), Fraction(4, 5), "house", Fraction(1, 4))],
            kind="tip",
            key=key,
            source="tips:tip:1",
            memo="A tip",
            actor_id="fan",
        )
    )
    assert isinstance(answer, Posted)
    return answer.transfer_id


def take_back(transfer_id: str) -> Posted | Refusal:
    return transaction(
        lambda session: reverse_transfer(
            session, transfer_id, key=f"back:{transfer_id}", reason="not served", actor_id="boss"
        )
    )


def has(kind: AccountKind, owner: str = "performer", name: str = "star") -> int:
    db.session.rollback()
    return account_view(db.session(), kind, owner, name).balance


def after(days: int) -> int:
    return now_ms(db.session()) + days * DAY_MS


def test_earnings_wait_and_then_are_available_whole() -> None:
    tip(1_000, "a")
    tip(500, "b")
    assert release_due(hold_days=HOLD_DAYS, now=after(HOLD_DAYS - 1)) == 0
    assert (has(AccountKind.EARNING_HOLD), has(AccountKind.EARNING)) == (900, 0)
    assert release_due(hold_days=HOLD_DAYS, now=after(HOLD_DAYS + 1)) == 2
    assert (has(AccountKind.EARNING_HOLD), has(AccountKind.EARNING)) == (0, 900)
    assert has(AccountKind.EARNING, "studio", "house") == 300
    assert release_due(hold_days=HOLD_DAYS, now=after(HOLD_DAYS + 1)) == 0


def test_what_was_taken_back_before_is_not_released() -> None:
    tip(1_000, "a")
    assert isinstance(take_back(tip(500, "b")), Posted)
    release_due(hold_days=HOLD_DAYS, now=after(HOLD_DAYS + 1))
    assert (has(AccountKind.EARNING_HOLD), has(AccountKind.EARNING)) == (0, 600)


def test_what_is_taken_back_later_comes_from_what_is_available() -> None:
    late = tip(500, "b")
    release_due(hold_days=HOLD_DAYS, now=after(HOLD_DAYS + 1))
    first = take_back(late)
    assert isinstance(first, Posted)
    assert (has(AccountKind.EARNING_HOLD), has(AccountKind.EARNING)) == (0, 0)
    assert kit.available("fan") == 10_000
    again = take_back(late)
    assert isinstance(again, Posted)
    assert (again.transfer_id, again.repeated) == (first.transfer_id, True)


def test_a_repeat_of_a_taking_back_is_known_after_the_release_too() -> None:
    one = tip(500, "b")
    tip(100, "c")
    first = take_back(one)
    release_due(hold_days=HOLD_DAYS, now=after(HOLD_DAYS + 1))
    again = take_back(one)
    assert isinstance(first, Posted)
    assert isinstance(again, Posted)
    assert again.transfer_id == first.transfer_id
    assert has(AccountKind.EARNING) == 60


def test_people_see_when_their_money_comes() -> None:
    assert coming(db.session(), "performer", "star", hold_days=HOLD_DAYS) == ()
    at = now_ms(db.session())
    tip(1_000, "a")
    (only,) = coming(db.session(), "performer", "star", hold_days=HOLD_DAYS)
    assert only.amount == 600
    assert only.at == (at // DAY_MS + 1 + HOLD_DAYS) * DAY_MS


@pytest.mark.parametrize("point", ["release.locked", "release.written"])
def test_a_release_that_is_killed_is_made_by_the_next(database_url: str, point: str) -> None:
    tip(1_000, "a")
    moment = after(HOLD_DAYS + 1)

    def play() -> None:
        with kit.open_on(database_url):
            release_due(hold_days=HOLD_DAYS, now=moment)

    assert in_a_child(play, f"{point}:2=kill") == -signal.SIGKILL
    assert release_due(hold_days=HOLD_DAYS, now=moment) == 1
    assert has(AccountKind.EARNING) == 600
    assert has(AccountKind.EARNING, "studio", "house") == 200
    moved = db.session.scalars(select(Transfer.id).filter_by(kind="release")).all()
    rows = db.session.scalars(select(EarningRelease.transfer_id)).all()
    assert sorted(moved) == sorted(rows)
