"""Random histories of the books against a ledger in memory that shares no code with them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from ppvcms.db import db, transaction
from ppvcms.ledger.books import CREDITS, Line, Sharer
from ppvcms.ledger.store import (
    AccountKind,
    HoldError,
    HoldPosting,
    Posted,
    account_view,
    balance_of,
    capture_hold,
    charge,
    extend_hold,
    open_account,
    place_hold,
    post_batch,
    release_hold,
    reverse_transfer,
    rollup,
    wallet_of,
)
from ppvcms.results import Refusal
from tests import kit

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

amounts = st.one_of(st.integers(1, 40), st.integers(1, 400))
people = st.sampled_from(["ann", "bob"])


@dataclass
class PlainHold:
    """A hold of the model."""

    owner: str
    amount: int
    captured: int = 0
    ended: bool = False

    @property
    def left(self) -> int:
        return 0 if self.ended else self.amount - self.captured


@dataclass
class PlainBooks:
    """What the books should say, kept in the plainest way."""

    balance: dict[str, int] = field(default_factory=lambda: {"ann": 0, "bob": 0})
    earned: int = 0
    site: int = 0
    escrow: int = 0
    holds: dict[str, PlainHold] = field(default_factory=dict)

    def available(self, owner: str) -> int:
        held = sum(hold.left for hold in self.holds.values() if hold.owner == owner)
        return self.balance[owner] - held


class History(RuleBasedStateMachine):
    """Every act is done in the books and in the model, and the answers compared."""

    tips = Bundle("tips")
    holds = Bundle("holds")

    def __init__(self) -> None:
        super().__init__()
        self.model = PlainBooks()
        self.run = uuid.uuid4().hex
        self.acts = 0
        self.escrow = transaction(
            lambda s: open_account(s, AccountKind.ESCROW, "seat", self.run, CREDITS).id
        )

    def name(self, person: str) -> str:
        return f"{person}-{self.run}"

    def key(self) -> str:
        self.acts += 1
        return f"{self.run}-{self.acts}"

    def wallet(self, person: str) -> str:
        return transaction(lambda s: wallet_of(s, self.name(person)).id)

    def twice(self, act: Callable[[Session], Any]) -> Any:
        """Do an act and repeat it with the same key: one effect, one answer (R-04)."""
        first = transaction(act)
        if not isinstance(first, Refusal):
            again = transaction(act)
            assert _identity(again) == _identity(first)
        return first

    @rule(person=people, amount=amounts)
    def buy(self, person: str, amount: int) -> None:
        kit.fund(self.name(person), amount)
        self.model.balance[person] += amount

    @rule(target=tips, person=people, amount=amounts)
    def tip(self, person: str, amount: int) -> Any:
        key = self.key()
        sharers = [Sharer(self.name("star"), Fraction(1), Fraction(4, 5))]
        answer = self.twice(
            lambda s: charge(
                s,
                payer_id=self.name(person),
                amount=amount,
                sharers=sharers,
                kind=f"tip-{self.run}"[:30],
                key=key,
                source="model",
                memo="m",
                actor_id=None,
            )
        )
        lacking = amount - self.model.available(person)
        if lacking > 0:
            assert (answer.code, answer.missing) == ("funds", lacking)
            return multiple()
        # The larger remainder gets the last unit; performer before site at a tie.
        side = (amount * 4 + 2) // 5
        self.model.balance[person] -= amount
        self.model.earned += side
        self.model.site += amount - side
        return answer.transfer_id, person, amount, side

    @rule(tip=consumes(tips))
    def take_back(self, tip: tuple[str, str, int, int]) -> None:
        transfer_id, person, amount, side = tip
        key = self.key()
        answer = self.twice(
            lambda s: reverse_transfer(s, transfer_id, key=key, reason="r", actor_id=None)
        )
        assert isinstance(answer, Posted)
        self.model.balance[person] += amount
        self.model.earned -= side
        self.model.site -= amount - side

    @rule(target=holds, person=people, amount=amounts)
    def reserve(self, person: str, amount: int) -> Any:
        key, wallet = self.key(), self.wallet(person)
        answer = self.twice(lambda s: place_hold(s, wallet, amount, key=key, source="model"))
        lacking = amount - self.model.available(person)
        if lacking > 0:
            assert (answer.code, answer.missing) == ("funds", lacking)
            return multiple()
        self.model.holds[answer.id] = PlainHold(person, amount)
        return answer.id

    @rule(hold_id=holds, amount=amounts)
    def reserve_more(self, hold_id: str, amount: int) -> None:
        hold, key = self.model.holds[hold_id], self.key()
        if hold.ended:
            with pytest.raises(HoldError):
                transaction(lambda s: extend_hold(s, hold_id, amount, key=key))
            return
        answer = self.twice(lambda s: extend_hold(s, hold_id, amount, key=key))
        if amount > self.model.available(hold.owner):
            assert isinstance(answer, Refusal)
        else:
            hold.amount += amount

    @rule(hold_id=holds, amount=amounts)
    def use(self, hold_id: str, amount: int) -> None:
        hold, key = self.model.holds[hold_id], self.key()

        def act(session: Session) -> Posted:
            return capture_hold(
                session,
                hold_id,
                amount,
                to=[Line(self.escrow, CREDITS, amount)],
                kind="usage",
                key=key,
                source="model",
                memo="m",
            )

        if amount > hold.left:
            with pytest.raises(HoldError):
                transaction(act)
            return
        self.twice(act)
        hold.captured += amount
        self.model.balance[hold.owner] -= amount
        self.model.escrow += amount

    @rule(hold_id=holds)
    def give_back(self, hold_id: str) -> None:
        self.twice(lambda s: release_hold(s, hold_id))
        self.model.holds[hold_id].ended = True

    @rule(data=st.data())
    def meter(self, data: st.DataObject) -> None:
        """Post a batch over some of the open holds, in any order."""
        going = [name for name, hold in self.model.holds.items() if not hold.ended]
        chosen = data.draw(st.permutations(going)) if going else []
        postings = []
        for hold_id in chosen[: data.draw(st.integers(0, 4))]:
            hold = self.model.holds[hold_id]
            due, more = data.draw(st.integers(0, hold.left)), data.draw(st.integers(0, 200))
            wallet, key = self.wallet(hold.owner), self.key()
            postings.append(
                HoldPosting(hold_id, hold_id, wallet, self.escrow, due, more, key, "model", "m", 1)
            )
        done = transaction(lambda s: post_batch(s, postings))
        for one in postings:
            hold = self.model.holds[one.hold_id]
            hold.captured += one.amount
            self.model.balance[hold.owner] -= one.amount
            self.model.escrow += one.amount
        for one in postings:
            hold = self.model.holds[one.hold_id]
            granted = min(one.extend_by, self.model.available(hold.owner))
            assert done.granted[one.seat_id] == granted
            hold.amount += granted

    @rule()
    def sum_up(self) -> None:
        transaction(rollup)

    @invariant()
    def books_say_what_the_model_says(self) -> None:
        db.session.rollback()
        session = db.session()
        for person, balance in self.model.balance.items():
            view = account_view(session, AccountKind.WALLET, "user", self.name(person))
            assert (view.balance, view.available) == (balance, self.model.available(person))
            assert view.available >= 0
        star = (AccountKind.EARNING_HOLD, "performer", self.name("star"))
        assert account_view(session, *star).balance == self.model.earned
        site = (AccountKind.REVENUE, "site", f"tip-{self.run}"[:30])
        assert account_view(session, *site).balance == self.model.site
        assert balance_of(session, self.escrow) == self.model.escrow


def _identity(answer: Any) -> object:
    return answer.transfer_id if isinstance(answer, Posted) else answer.id


@pytest.mark.usefixtures("site")
def test_random_histories_agree_with_a_ledger_in_memory() -> None:
    run_state_machine_as_test(
        History,
        settings=settings(
            max_examples=25,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
