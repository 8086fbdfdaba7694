"""R-52 to R-54: money that waits, and ends once."""

from __future__ import annotations

import signal
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from ppvcms import faultpoints
from ppvcms.accounts import services as accounts
from ppvcms.db import db, now_ms, transaction
from ppvcms.ledger.books import Sharer
from ppvcms.ledger.models import Share
from ppvcms.ledger.store import AccountKind, KeyReusedError, account_view
from ppvcms.sales import escrow
from tests import kit
from tests.children import in_a_child
from tests.live import enter, refused, site_at

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ppvcms.accounts.actor import Actor
    from ppvcms.results import Refusal
    from tests.live import Site

HOUR_MS = 3_600_000


def put_away(
    anna: Actor,
    ben: Actor,
    amount: int = 500,
    *,
    key: str = "one",
    hours: int = 72,
    sharers: tuple[Sharer, ...] | None = None,
) -> escrow.EscrowView | Refusal:
    """Put Ben's money away for Anna."""
    now = now_ms(db.session())
    db.session.rollback()
    return transaction(
        lambda session: escrow.put(
            session,
            payer_id=str(ben.user_id),
            room_id="room",
            amount=amount,
            kind="question",
            source="test:1",
            memo="A question",
            key=key,
            sharers=sharers or (Sharer(str(anna.user_id), Fraction(1), Fraction(4, 5)),),
            ends_at=now + hours * HOUR_MS,
        )
    )


def waiting(anna: Actor, ben: Actor) -> str:
    """Return the id of an escrow that is open."""
    made = put_away(anna, ben)
    assert isinstance(made, escrow.EscrowView), made
    return made.id


def pay(escrow_id: str) -> escrow.EscrowView | Refusal:
    return transaction(lambda s: escrow.pay_out(s, escrow_id, reason="answered"))


def give_back(escrow_id: str) -> escrow.EscrowView | Refusal:
    return transaction(lambda s: escrow.refund(s, escrow_id, reason="refused"))


def in_escrow() -> int:
    db.session.rollback()
    return account_view(db.session(), AccountKind.ESCROW, "escrow", "question").balance


@pytest.fixture
def people(site: Site) -> tuple[Actor, Actor]:
    return site.person("Anna", "performer"), site.person("Ben", credits=1000)


def test_money_waits_and_is_divided_as_it_was_locked(people: tuple[Actor, Actor]) -> None:
    anna, ben = people
    studio = (Sharer(str(anna.user_id), Fraction(1), Fraction(1, 3), "studio", Fraction(1, 4)),)

    made = put_away(anna, ben, 500, sharers=studio)

    assert isinstance(made, escrow.EscrowView)
    assert (kit.available(str(ben.user_id)), in_escrow()) == (500, 500)
    paid = pay(made.id)
    assert isinstance(paid, escrow.EscrowView)
    assert (paid.state, paid.reason) == ("paid", "answered")
    assert in_escrow() == 0
    shares = {row.party_kind: row.amount for row in db.session.scalars(sa.select(Share))}
    assert shares == {"performer": 125, "studio": 42, "site": 333}


def test_a_refund_gives_all_of_it_back_once(people: tuple[Actor, Actor]) -> None:
    escrow_id = waiting(*people)

    assert isinstance(give_back(escrow_id), escrow.EscrowView)

    assert kit.available(str(people[1].user_id)) == 1000
    assert refused(give_back(escrow_id)) == "ended"
    assert refused(pay(escrow_id)) == "ended"
    assert kit.available(str(people[1].user_id)) == 1000


def test_one_key_puts_money_away_once(people: tuple[Actor, Actor]) -> None:
    first, again = put_away(*people), put_away(*people)

    assert isinstance(first, escrow.EscrowView)
    assert isinstance(again, escrow.EscrowView)
    assert first.id == again.id
    with pytest.raises(KeyReusedError):
        put_away(*people, 300)
    assert kit.available(str(people[1].user_id)) == 500


def test_what_is_not_there_does_not_wait(people: tuple[Actor, Actor]) -> None:
    assert refused(put_away(*people, 1001)) == "funds"
    assert (kit.available(str(people[1].user_id)), in_escrow()) == (1000, 0)


def test_paying_and_giving_back_at_once_is_one_of_them(
    site: Site, people: tuple[Actor, Actor]
) -> None:
    acts = (pay, give_back)
    for number in range(4):
        made = put_away(*people, 100, key=f"k{number}")
        assert isinstance(made, escrow.EscrowView)

        answers = site.together(6, partial(lambda one, nr: acts[nr % 2](one), made.id))

        assert sum(isinstance(one, escrow.EscrowView) for one in answers) == 1
    assert in_escrow() == 0


def test_what_is_overdue_goes_back_by_itself(people: tuple[Actor, Actor]) -> None:
    anna, ben = people
    late = put_away(anna, ben, 100, key="late", hours=-1)
    put_away(anna, ben, 100, key="early")

    assert escrow.refund_due() == 1

    assert isinstance(late, escrow.EscrowView)
    ended = escrow.find(late.id)
    assert ended is not None
    assert (ended.state, ended.reason) == ("refunded", "deadline")
    assert kit.available(str(ben.user_id)) == 900
    assert escrow.refund_due() == 0


def test_what_nobody_can_earn_any_more_goes_back(people: tuple[Actor, Actor]) -> None:
    anna, ben = people
    waiting(anna, ben)
    accounts.suspend(str(anna.user_id), actor_id=None, reason="test")

    assert escrow.refund_due() == 1

    assert kit.available(str(ben.user_id)) == 1000


def killed_at(point: str, act: Callable[[], object], url: str, home: Path) -> None:
    """Do something in a process that is killed at a point of it."""

    def play() -> None:
        with enter(url, home):
            act()

    assert in_a_child(play, f"{point}=kill") == -signal.SIGKILL
    assert kit.books_problems() == []


def test_a_kill_leaves_it_whole_or_not_at_all(
    people: tuple[Actor, Actor], database_url: str, tmp_path: Path
) -> None:
    escrow_id = waiting(*people)
    acts: dict[str, Callable[[], object]] = {
        "escrow.put": lambda: put_away(*people, 100, key="two"),
        "escrow.locked": lambda: pay(escrow_id),
        "escrow.ended": lambda: give_back(escrow_id),
    }
    assert set(acts) == {name for name in faultpoints.POINTS if name.startswith("escrow.")}

    for point, act in acts.items():
        killed_at(point, act, database_url, tmp_path)
        assert (kit.available(str(people[1].user_id)), in_escrow()) == (500, 500)

    pay(escrow_id)
    put_away(*people, 100, key="two")
    assert (kit.available(str(people[1].user_id)), in_escrow()) == (400, 100)


PLANTED = (
    "UPDATE escrow SET amount = amount + 1 WHERE state = 'open'",
    "UPDATE escrow SET state = 'paid', end_transfer_id = 'x', ended_at = 1 WHERE state = 'open'",
    "DELETE FROM escrow WHERE state = 'open'",
    "UPDATE escrow SET state = 'refunded' WHERE state = 'paid'",
    "UPDATE escrow SET sharers = '{\"all\": []}' WHERE state = 'paid'",
)


@pytest.mark.parametrize("statement", PLANTED)
def test_the_books_check_finds_what_is_planted(tmp_path: Path, statement: str) -> None:
    with site_at(f"sqlite:///{tmp_path / 'site.sqlite3'}", tmp_path) as site:
        anna, ben = site.person("Anna", "performer"), site.person("Ben", credits=1000)
        pay(waiting(anna, ben))
        put_away(anna, ben, 100, key="two")
        assert kit.books_problems() == []

        transaction(lambda session: session.execute(sa.text(statement)))

        assert [line[:3] for line in kit.books_problems()] == ["I25"]
