"""Facts: written with what they tell of, delivered at least once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from ppvcms import faultpoints
from ppvcms.db import db, transaction
from ppvcms.events import Event, ThemeChanged
from ppvcms.faultpoints import FaultError
from ppvcms.ledger.models import Outbox
from ppvcms.ledger.outbox import deliver_due, forget_delivered, take, write_event

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

pytestmark = pytest.mark.usefixtures("site")


def tell(*names: str) -> None:
    for at, name in enumerate(names):
        fact = ThemeChanged(id=f"fact-{name}", at=at, slug=name)
        transaction(lambda session, fact=fact: write_event(session, fact))


def waiting() -> list[Outbox]:
    db.session.rollback()
    rows = db.session.scalars(select(Outbox).where(Outbox.delivered_at.is_(None)))
    return list(rows.all())


def make_due() -> None:
    """Let the time of every claim and every pause run out."""
    transaction(lambda session: session.execute(update(Outbox).values(due_at=0)))


def test_facts_are_heard_oldest_first_and_once() -> None:
    tell("one", "two")
    heard: list[Event] = []

    assert deliver_due(heard.append) == 2
    assert deliver_due(heard.append) == 0

    assert heard == [
        ThemeChanged(id="fact-one", at=0, slug="one"),
        ThemeChanged(id="fact-two", at=1, slug="two"),
    ]


def test_a_fact_of_a_rolled_back_act_is_never_heard() -> None:
    def act(session: Session) -> None:
        write_event(session, ThemeChanged(id="fact", at=0, slug="x"))
        raise RuntimeError

    with pytest.raises(RuntimeError):
        transaction(act)

    assert waiting() == []


def test_a_handler_that_raises_puts_its_fact_off_and_stops_no_other() -> None:
    tell("bad", "good")
    heard = []

    def handle(event: Event) -> None:
        if event.id == "fact-bad":
            raise ValueError("no")
        heard.append(event.id)

    assert deliver_due(handle) == 1
    assert heard == ["fact-good"]
    (row,) = waiting()
    assert (row.attempts, row.last_error) == (1, "ValueError: no")
    first_wait = row.due_at
    make_due()
    deliver_due(handle)
    assert waiting()[0].due_at > first_wait + 1_000


def test_a_claimed_fact_is_left_to_its_runner_until_the_time_is_up() -> None:
    tell("one")

    assert len(transaction(take)) == 1
    assert transaction(take) == []

    make_due()
    assert len(transaction(take)) == 1


def test_a_runner_that_dies_after_the_delivery_delivers_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tell("one")
    heard: list[Event] = []
    monkeypatch.setenv("PPVCMS_TESTING", "1")
    monkeypatch.setenv("PPVCMS_FAULT", "outbox.delivered=raise")
    faultpoints.load()

    with pytest.raises(FaultError):
        deliver_due(heard.append)
    monkeypatch.undo()
    faultpoints.load()
    make_due()

    assert deliver_due(heard.append) == 1
    assert len(heard) == 2


def test_a_fact_of_a_kind_that_is_gone_is_done_with() -> None:
    tell("one")
    transaction(lambda session: session.execute(update(Outbox).values(kind="Forgotten")))
    heard: list[Event] = []

    deliver_due(heard.append)

    assert heard == []
    assert waiting() == []


def test_delivered_facts_can_be_forgotten() -> None:
    tell("one", "two")
    deliver_due(lambda _: None, limit=1)

    assert transaction(lambda session: forget_delivered(session, before=10**15)) == 1
    assert len(waiting()) == 1
