"""Transfers, credits, charges and keys on both databases."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select

from ppvcms.db import db, transaction
from ppvcms.ledger.books import Draft, Line, Sharer
from ppvcms.ledger.models import AccountVersion, Entry, Outbox, Share, Transfer
from ppvcms.ledger.store import (
    AccountKind,
    KeyReusedError,
    LedgerError,
    NotBalancedError,
    Posted,
    Wallet,
    account_view,
    balance_of,
    buy_credits,
    charge,
    once,
    open_account,
    post,
    reverse_transfer,
    rollup,
    wallet_of,
    wallet_view,
)
from ppvcms.results import Refusal
from tests import kit
from tests.kit import available

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session


pytestmark = pytest.mark.usefixtures("site")

FAIR = Fraction(80, 100)


def tip(amount: int, key: str, **changed: Any) -> Posted | Refusal:
    values: dict[str, Any] = {
        "payer_id": "fan",
        "amount": amount,
        "sharers": [Sharer("star", Fraction(1), FAIR)],
        "kind": "tip",
        "key": key,
        "source": "tips:tip:1",
        "memo": "A tip",
        "actor_id": "fan",
    }
    return transaction(lambda session: charge(session, **(values | changed)))


def count(model: Any) -> int:
    db.session.rollback()
    return int(db.session.scalar(select(func.count()).select_from(model)) or 0)


def earned(user_id: str = "star") -> int:
    db.session.rollback()
    return account_view(db.session(), AccountKind.EARNING_HOLD, "performer", user_id).balance


def test_bought_credits_are_two_currencies_in_one_transfer(do: Callable[..., Any]) -> None:
    posted = do(
        buy_credits,
        user_id="fan",
        credits=10_000,
        bonus=500,
        price=1_000,
        price_currency="USD",
        provider="sandbox",
        key="p1",
        source="payment:1",
        memo="100 credits",
        actor_id="fan",
        kind="test",
    )

    kinds = {AccountKind.GATEWAY: -1_000, AccountKind.SALES: 1_000}
    kinds |= {AccountKind.ISSUED: -10_000, AccountKind.PROMOTION_COST: -500}
    owners = {AccountKind.GATEWAY: ("provider", "sandbox"), AccountKind.SALES: ("site", "credits")}
    owners |= {
        AccountKind.ISSUED: ("site", "credits"),
        AccountKind.PROMOTION_COST: ("site", "bonus"),
    }
    for kind, amount in kinds.items():
        currency = "USD" if kind in {AccountKind.GATEWAY, AccountKind.SALES} else "CRD"
        view = account_view(db.session(), kind, *owners[kind], currency)
        assert view.balance == amount
    assert wallet_view(db.session(), "fan") == Wallet(10_500, 0, 10_500)
    assert posted.repeated is False


def test_a_purchase_of_nothing_is_refused() -> None:
    with pytest.raises(NotBalancedError):
        kit.fund("fan", 0)
    with pytest.raises(NotBalancedError):
        kit.fund("fan", -5)


def test_a_wallet_that_was_never_used_is_empty() -> None:
    assert wallet_view(db.session(), "nobody") == Wallet(0, 0, 0)


def test_an_account_is_opened_once(do: Callable[..., Any]) -> None:
    assert do(wallet_of, "fan").id == do(wallet_of, "fan").id
    assert do(wallet_of, "fan").id != do(wallet_of, "other").id


def test_a_tip_is_divided_between_performer_and_site() -> None:
    kit.fund("fan", 1_000)

    tip(501, "t1")

    assert available("fan") == 499
    assert earned() == 401
    assert account_view(db.session(), AccountKind.REVENUE, "site", "tip").balance == 100
    shares = db.session.scalars(select(Share).order_by(Share.nr)).all()
    assert [(s.party_kind, s.party_id, s.amount) for s in shares] == [
        ("performer", "star", 401),
        ("site", "tip", 100),
    ]


def test_a_tip_beyond_what_is_available_changes_nothing() -> None:
    kit.fund("fan", 1_000)
    before = count(Entry), count(AccountVersion), count(Outbox)

    answer = tip(1_001, "t1")

    assert isinstance(answer, Refusal)
    assert (answer.code, answer.missing) == ("funds", 1)
    assert str(answer) == (
        "This needs 10.01 credits and you have 10.00 available. Nothing was taken. "
        "Add at least 0.01 to go on."
    )
    assert (count(Entry), count(AccountVersion), count(Outbox)) == before


def test_a_refused_key_may_succeed_after_a_top_up() -> None:
    kit.fund("fan", 10)
    assert isinstance(tip(20, "t1"), Refusal)
    kit.fund("fan", 10)

    assert isinstance(tip(20, "t1"), Posted)


def test_a_repeat_gets_the_first_answer_and_pays_once() -> None:
    kit.fund("fan", 1_000)

    first, second = tip(100, "t1"), tip(100, "t1")

    assert isinstance(first, Posted)
    assert second == Posted(first.transfer_id, repeated=True)
    assert available("fan") == 900


def test_a_repeat_after_the_ratio_changed_gets_the_first_answer() -> None:
    kit.fund("fan", 1_000)
    tip(100, "t1")

    again = tip(100, "t1", sharers=[Sharer("star", Fraction(1), Fraction(1, 2))])

    assert isinstance(again, Posted)
    assert again.repeated
    assert earned() == 80


def test_a_repeat_with_an_empty_wallet_gets_the_first_answer() -> None:
    kit.fund("fan", 100)
    tip(100, "t1")

    again = tip(100, "t1")

    assert isinstance(again, Posted)
    assert again.repeated


@pytest.mark.parametrize(
    "changed",
    [{"amount": 101}, {"kind": "gift"}, {"source": "x"}, {"memo": "x"}, {"payer_id": "other"}],
    ids=str,
)
def test_a_key_with_other_content_is_refused(changed: dict[str, Any]) -> None:
    kit.fund("fan", 1_000)
    kit.fund("other", 1_000)
    tip(100, "t1")

    with pytest.raises(KeyReusedError, match="Nothing was done"):
        tip(**({"amount": 100, "key": "t1"} | changed))

    assert available("fan") == 900


@pytest.mark.parametrize("amount", [0, -5])
def test_an_amount_must_be_above_zero(amount: int) -> None:
    with pytest.raises(NotBalancedError):
        tip(amount, "t1")


def test_a_transfer_without_any_wallet_has_its_key_too(do: Callable[..., Any]) -> None:
    one = do(open_account, AccountKind.OPENING, "site", "import", "CRD").id
    two = do(open_account, AccountKind.REVENUE, "site", "import", "CRD").id
    draft = Draft("import", "i1", "import", "", (Line(one, "CRD", -5), Line(two, "CRD", 5)))

    assert do(post, draft).repeated is False
    assert do(post, draft).repeated is True
    assert balance_of(db.session(), two) == 5


def test_a_reversal_names_what_it_undoes(do: Callable[..., Any]) -> None:
    kit.fund("fan", 1_000)
    first = tip(500, "t1")
    assert isinstance(first, Posted)

    back = do(reverse_transfer, first.transfer_id, key="r1", reason="By mistake", actor_id="staff")

    assert available("fan") == 1_000
    assert earned() == 0
    row = db.session.get_one(Transfer, back.transfer_id)
    assert (row.kind, row.reverses, row.memo) == ("reversal", first.transfer_id, "By mistake")
    again = do(reverse_transfer, first.transfer_id, key="r1", reason="By mistake", actor_id="staff")
    assert again == Posted(back.transfer_id, repeated=True)


def test_nothing_is_reversed_twice(do: Callable[..., Any]) -> None:
    kit.fund("fan", 1_000)
    first = tip(500, "t1")
    assert isinstance(first, Posted)
    do(reverse_transfer, first.transfer_id, key="r1", reason="x", actor_id=None)

    answer = do(reverse_transfer, first.transfer_id, key="r2", reason="x", actor_id=None)

    assert answer.code == "reversed"


def test_what_was_spent_since_cannot_be_taken_back(do: Callable[..., Any]) -> None:
    deposit = kit.fund("fan", 1_000)
    tip(500, "t1")

    answer = do(reverse_transfer, deposit.transfer_id, key="r1", reason="x", actor_id=None)

    assert (answer.code, answer.missing) == ("funds", 500)


def test_reversing_what_does_not_exist_is_an_error(do: Callable[..., Any]) -> None:
    with pytest.raises(LedgerError):
        do(reverse_transfer, "none", key="r1", reason="x", actor_id=None)


def test_each_transfer_is_told() -> None:
    kit.fund("fan", 1_000)
    first = tip(500, "t1")
    assert isinstance(first, Posted)

    told = db.session.scalars(select(Outbox).where(Outbox.kind == "TransferPosted")).all()

    assert first.transfer_id in {row.payload["transfer_id"] for row in told}


def test_the_first_answer_to_a_key_is_kept(do: Callable[..., Any]) -> None:
    answers = iter([{"n": 1}, {"n": 2}])

    assert do(once, "k", {"ask": "a"}, lambda: next(answers)) == {"n": 1}
    assert do(once, "k", {"ask": "a"}, lambda: next(answers)) == {"n": 1}
    with pytest.raises(KeyReusedError):
        do(once, "k", {"ask": "b"}, lambda: next(answers))


def test_a_refusal_is_not_kept(do: Callable[..., Any]) -> None:
    answers = iter([Refusal("funds", "No."), {"n": 2}])

    assert isinstance(do(once, "k", {}, lambda: next(answers)), Refusal)
    assert do(once, "k", {}, lambda: next(answers)) == {"n": 2}


def test_a_rolled_back_act_leaves_no_trace() -> None:
    kit.fund("fan", 1_000)

    def act(session: Session) -> None:
        charge(
            session,
            payer_id="fan",
            amount=100,
            sharers=[],
            kind="tip",
            key="t1",
            source="s",
            memo="m",
            actor_id=None,
        )
        raise RuntimeError

    with pytest.raises(RuntimeError):
        transaction(act)

    assert available("fan") == 1_000
    assert isinstance(tip(100, "t1"), Posted)


def test_a_rolled_up_balance_stays_exact(do: Callable[..., Any]) -> None:
    kit.fund("fan", 1_000)
    for number in range(3):
        tip(100, f"a{number}")
    assert do(rollup) > 0
    for number in range(2):
        tip(100, f"b{number}")
    revenue = do(open_account, AccountKind.REVENUE, "site", "tip", "CRD").id

    assert balance_of(db.session(), revenue) == 100
    do(rollup)
    do(rollup)
    assert balance_of(db.session(), revenue) == 100
