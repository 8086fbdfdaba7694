"""Holds, one by one and in the meter's batch, on both databases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from ppvcms.db import db, transaction
from ppvcms.ledger.books import Line
from ppvcms.ledger.models import Account, AccountVersion, Hold, Transfer
from ppvcms.ledger.store import (
    AccountKind,
    HoldError,
    HoldPosting,
    KeyReusedError,
    Posted,
    Wallet,
    balance_of,
    capture_hold,
    charge,
    extend_hold,
    open_account,
    open_part,
    place_hold,
    post_batch,
    release_hold,
    wallet_of,
    wallet_view,
)
from ppvcms.results import Refusal
from tests import kit
from tests.kit import available

if TYPE_CHECKING:
    from collections.abc import Callable

    from ppvcms.ledger.store import BatchResult

pytestmark = pytest.mark.usefixtures("site")


@pytest.fixture
def wallet() -> str:
    kit.fund("fan", 1_000)
    return transaction(lambda session: wallet_of(session, "fan").id)


@pytest.fixture
def escrow() -> str:
    return transaction(
        lambda session: open_account(session, AccountKind.ESCROW, "seat", "s", "CRD").id
    )


def place(wallet: str, amount: int, key: str = "h1", seat: str | None = None) -> Hold | Refusal:
    return transaction(
        lambda session: place_hold(session, wallet, amount, key=key, source="seat:1", seat_id=seat)
    )


def placed(wallet: str, amount: int, key: str = "h1") -> Hold:
    hold = place(wallet, amount, key)
    assert isinstance(hold, Hold)
    return hold


def capture(hold: Hold, amount: int, escrow: str, key: str = "c1") -> Posted:
    return transaction(
        lambda session: capture_hold(
            session,
            hold.id,
            amount,
            to=[Line(escrow, "CRD", amount)],
            kind="usage",
            key=key,
            source="seat:1",
            memo="m",
        )
    )


def now(hold: Hold) -> Hold:
    db.session.rollback()
    return db.session.get_one(Hold, hold.id, populate_existing=True)


def seen(user_id: str = "fan") -> Wallet:
    db.session.rollback()
    return wallet_view(db.session(), user_id)


def test_held_money_is_owned_and_not_available(wallet: str) -> None:
    placed(wallet, 300)

    assert seen() == Wallet(1_000, 300, 700)


def test_held_money_cannot_be_spent(wallet: str) -> None:
    """R-03, R-44."""
    placed(wallet, 300)

    answer = transaction(
        lambda session: charge(
            session,
            payer_id="fan",
            amount=701,
            sharers=[],
            kind="tip",
            key="t",
            source="s",
            memo="m",
            actor_id=None,
        )
    )

    assert isinstance(answer, Refusal)
    assert answer.missing == 1


def test_a_hold_beyond_what_is_available_is_refused(wallet: str) -> None:
    placed(wallet, 900)

    answer = place(wallet, 101, "h2")

    assert isinstance(answer, Refusal)
    assert (answer.code, answer.missing) == ("funds", 1)
    assert seen().held == 900


def test_a_repeated_hold_is_the_first_one(wallet: str) -> None:
    first = placed(wallet, 300)
    transaction(lambda session: extend_hold(session, first.id, 100, key="e1"))

    again = placed(wallet, 300)

    assert again.id == first.id
    assert seen().held == 400
    with pytest.raises(KeyReusedError):
        place(wallet, 301)


def test_an_extension_is_all_or_nothing_and_once(wallet: str) -> None:
    hold = placed(wallet, 300)

    def extend(amount: int, key: str) -> Hold | Refusal:
        return transaction(lambda session: extend_hold(session, hold.id, amount, key=key))

    assert isinstance(extend(701, "e1"), Refusal)
    assert isinstance(extend(700, "e1"), Hold)
    assert isinstance(extend(700, "e1"), Hold)
    assert seen() == Wallet(1_000, 1_000, 0)
    assert now(hold).amount == 1_000


def test_a_capture_leaves_what_is_available_alone(wallet: str, escrow: str) -> None:
    hold = placed(wallet, 300)

    capture(hold, 100, escrow, "c1")
    capture(hold, 50, escrow, "c2")
    again = capture(hold, 50, escrow, "c2")

    assert again.repeated
    assert seen() == Wallet(850, 150, 700)
    assert (now(hold).captured, open_part(now(hold))) == (150, 150)
    assert balance_of(db.session(), escrow) == 150


def test_no_more_is_captured_than_was_held(wallet: str, escrow: str) -> None:
    hold = placed(wallet, 300)

    with pytest.raises(HoldError, match="has 300 left, 301 were asked for"):
        capture(hold, 301, escrow)

    assert seen() == Wallet(1_000, 300, 700)


def test_a_released_hold_ends_once(wallet: str, escrow: str) -> None:
    """I14."""
    hold = placed(wallet, 300)
    capture(hold, 100, escrow)

    for _ in range(2):
        ended = transaction(lambda session: release_hold(session, hold.id))
        assert (ended.state, ended.captured, ended.released) == ("ended", 100, 200)

    assert seen() == Wallet(900, 0, 900)
    with pytest.raises(HoldError, match="has ended"):
        capture(hold, 1, escrow, "c2")
    with pytest.raises(HoldError, match="has ended"):
        transaction(lambda session: extend_hold(session, hold.id, 1, key="e2"))


def test_a_hold_that_is_used_up_can_be_released(wallet: str, escrow: str) -> None:
    hold = placed(wallet, 300)
    capture(hold, 300, escrow)

    transaction(lambda session: release_hold(session, hold.id))

    assert now(hold).state == "ended"
    assert seen() == Wallet(700, 0, 700)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_what_was_read_before_the_lock_is_read_again(wallet: str, escrow: str) -> None:
    hold = placed(wallet, 300)
    with Session(db.engine) as session, session.begin():
        early = session.get_one(Hold, hold.id)
        transaction(lambda other: extend_hold(other, hold.id, 100, key="e1"))
        extend_hold(session, hold.id, 50, key="e2")
        assert early.amount == 450

    assert now(hold).amount == 450
    capture(hold, 450, escrow)


@pytest.mark.parametrize("amount", [0, -1, 1.5])
def test_a_hold_is_above_zero(wallet: str, amount: Any) -> None:
    with pytest.raises(HoldError):
        place(wallet, amount)


def test_nothing_is_held_on_an_account_without_a_floor(escrow: str) -> None:
    with pytest.raises(HoldError, match="no floor"):
        place(escrow, 1)


def test_a_hold_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(HoldError, match="no hold"):
        transaction(lambda session: release_hold(session, "none"))


# The batch of the meter.


def posting(hold: Hold, escrow: str, amount: int, extend_by: int, key: str = "") -> HoldPosting:
    return HoldPosting(
        seat_id=f"seat-of-{hold.id}",
        hold_id=hold.id,
        wallet_id=hold.account_id,
        escrow_id=escrow,
        amount=amount,
        extend_by=extend_by,
        key=key or f"usage:{hold.id}",
        source="seat:1",
        memo="10 s",
        at=1_000,
    )


def run(*postings: HoldPosting) -> BatchResult:
    return transaction(lambda session: post_batch(session, postings))


def test_a_batch_captures_and_extends(wallet: str, escrow: str) -> None:
    hold = placed(wallet, 300)

    done = run(posting(hold, escrow, 100, 200))

    seat = f"seat-of-{hold.id}"
    assert (done.granted[seat], done.available[seat]) == (200, 500)
    assert seen() == Wallet(900, 400, 500)
    assert (now(hold).amount, now(hold).captured) == (500, 100)
    assert db.session.get_one(Transfer, done.transfer_ids[seat]).kind == "usage"


def test_an_extension_is_granted_as_far_as_the_wallet_reaches(wallet: str, escrow: str) -> None:
    hold = placed(wallet, 300)

    done = run(posting(hold, escrow, 0, 5_000))

    assert list(done.granted.values()) == [700]
    assert done.transfer_ids == {}
    assert seen() == Wallet(1_000, 1_000, 0)


def test_seats_that_share_a_wallet_are_served_in_order(wallet: str, escrow: str) -> None:
    """Two source rows for one target in UPDATE ... FROM apply once: 100 - 30 - 30 gave 70."""
    holds = [placed(wallet, 300, f"h{number}") for number in range(3)]

    done = run(*(posting(hold, escrow, 30, 60) for hold in holds))

    assert list(done.granted.values()) == [60, 40, 0]
    assert set(done.available.values()) == {0}
    assert seen() == Wallet(910, 910, 0)
    assert balance_of(db.session(), escrow) == 90


def test_a_shared_wallet_changes_once_for_a_batch(wallet: str, escrow: str) -> None:
    holds = [placed(wallet, 100, f"h{number}") for number in range(3)]
    before = db.session.get_one(Account, wallet, populate_existing=True).version

    run(*(posting(hold, escrow, 10, 10) for hold in holds))

    db.session.rollback()
    assert db.session.get_one(Account, wallet, populate_existing=True).version == before + 1
    counted = select(func.count()).where(AccountVersion.account_id == wallet)
    assert db.session.scalar(counted) == before + 1


def test_a_batch_with_a_key_that_was_posted_does_nothing(wallet: str, escrow: str) -> None:
    """A doubled or late worker cannot charge twice (F10)."""
    first, second = placed(wallet, 300, "h1"), placed(wallet, 300, "h2")
    run(posting(first, escrow, 100, 0, "k"))

    with pytest.raises(KeyReusedError):
        run(posting(second, escrow, 50, 0, "k2"), posting(first, escrow, 100, 0, "k"))

    assert seen() == Wallet(900, 500, 400)
    assert now(second).captured == 0


def test_a_batch_with_one_bad_posting_does_nothing(wallet: str, escrow: str) -> None:
    good, bad = placed(wallet, 300, "h1"), placed(wallet, 300, "h2")

    with pytest.raises(HoldError, match="300 left, 301 are due"):
        run(posting(good, escrow, 100, 0), posting(bad, escrow, 301, 0))

    assert seen() == Wallet(1_000, 600, 400)


def test_a_batch_refuses_an_ended_hold(wallet: str, escrow: str) -> None:
    hold = placed(wallet, 300)
    transaction(lambda session: release_hold(session, hold.id))

    with pytest.raises(HoldError, match="has ended"):
        run(posting(hold, escrow, 1, 0))


def test_a_hold_stands_once_in_a_batch(wallet: str, escrow: str) -> None:
    hold = placed(wallet, 300)

    with pytest.raises(HoldError, match="twice"):
        run(posting(hold, escrow, 1, 0, "a"), posting(hold, escrow, 1, 0, "b"))


def test_a_hold_is_not_taken_from_another_wallet(wallet: str, escrow: str) -> None:
    kit.fund("other", 1_000)
    hold = placed(wallet, 300)
    hold.account_id = transaction(lambda session: wallet_of(session, "other").id)

    with pytest.raises(HoldError, match="another wallet"):
        run(posting(hold, escrow, 1, 0))


def test_an_empty_batch_is_nothing() -> None:
    assert run().granted == {}


def test_a_batch_of_many_seats_takes_few_statements(escrow: str, do: Callable[..., Any]) -> None:
    holds = []
    for number in range(60):
        kit.fund(f"fan{number}", 1_000)
        holds.append(placed(do(wallet_of, f"fan{number}").id, 100, f"h{number}"))
    statements = []

    def note(_c: object, _u: object, statement: str, *_: object) -> None:
        statements.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    run(*(posting(hold, escrow, 10, 10) for hold in holds))
    event.remove(db.engine, "before_cursor_execute", note)

    writing = [text for text in statements if not text.startswith(("BEGIN", "SELECT"))]
    assert len(writing) <= 6
    assert len(statements) <= 10
    assert available("fan7") == 890


def test_a_session_sees_its_own_batch(wallet: str, escrow: str) -> None:
    hold = placed(wallet, 300)

    def act(session: Session) -> tuple[int, int]:
        post_batch(session, [posting(hold, escrow, 100, 0)])
        return wallet_view(session, "fan").balance, balance_of(session, escrow)

    assert transaction(act) == (900, 100)
