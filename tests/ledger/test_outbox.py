"""Facts: written with what they tell of, claimed by one runner, put off and forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from ppvcms.db import db, now_ms, transaction
from ppvcms.events import ThemeChanged, rebuild
from ppvcms.ledger.models import Outbox
from ppvcms.ledger.outbox import back_off, forget_delivered, mark_delivered, take, write_event

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

pytestmark = pytest.mark.usefixtures("site")


def tell(*names: str) -> None:
    for at, name in enumerate(names):
        fact = ThemeChanged(id=f"fact-{name}", at=at, slug=name)
        transaction(lambda session, fact=fact: write_event(session, fact))


def claim() -> list[str]:
    return [row.id for row in transaction(take)]


def make_due() -> None:
    """Let the time of every claim and every pause run out."""
    transaction(lambda session: session.execute(update(Outbox).values(due_at=0)))


def waits() -> int:
    """Return in how many milliseconds the only fact is due."""
    row = db.session.scalars(select(Outbox)).one()
    return row.due_at - now_ms(db.session())


def test_facts_are_claimed_oldest_first_and_by_one() -> None:
    tell("one", "two")

    assert claim() == ["fact-one", "fact-two"]
    assert claim() == []


def test_a_claim_ends_by_itself() -> None:
    """A runner that died leaves its facts to the next."""
    tell("one")
    claim()
    make_due()

    assert claim() == ["fact-one"]


def test_a_fact_comes_back_as_it_was_written() -> None:
    tell("one")

    (row,) = transaction(take)

    assert rebuild(row.kind, row.payload) == ThemeChanged(id="fact-one", at=0, slug="one")


def test_a_fact_of_a_kind_that_is_gone_is_no_fact() -> None:
    assert rebuild("Forgotten", {"id": "x", "at": 0}) is None


def test_a_fact_of_a_rolled_back_act_is_never_claimed() -> None:
    def act(session: Session) -> None:
        write_event(session, ThemeChanged(id="fact", at=0, slug="x"))
        raise RuntimeError

    with pytest.raises(RuntimeError):
        transaction(act)

    assert claim() == []


def test_a_delivered_fact_is_not_claimed_again() -> None:
    tell("one")
    claim()
    transaction(lambda session: mark_delivered(session, "fact-one"))
    make_due()

    assert claim() == []


def test_a_fact_that_fails_waits_longer_each_time() -> None:
    tell("one")
    pauses = []
    for _ in range(3):
        make_due()
        claim()
        transaction(lambda session: back_off(session, "fact-one", "no"))
        pauses.append(round(waits() / 1_000))

    assert pauses == [2, 4, 8]


def test_a_pause_is_an_hour_at_most() -> None:
    tell("one")
    transaction(lambda session: session.execute(update(Outbox).values(attempts=60)))
    transaction(lambda session: back_off(session, "fact-one", "no"))

    assert 3_500_000 < waits() <= 3_600_000


def test_delivered_facts_can_be_forgotten() -> None:
    tell("one", "two")
    transaction(lambda session: mark_delivered(session, "fact-one"))

    assert transaction(lambda session: forget_delivered(session, before=10**15)) == 1
    assert claim() == ["fact-two"]
