"""WL-16: nobody spends past their own limit or the site's, whatever runs beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from ppvcms.db import db, now_ms, transaction
from ppvcms.ledger.books import CREDITS, Line
from ppvcms.ledger.limits import SITE, Period, change_limit, limits_of
from ppvcms.ledger.models import SpendLimit
from ppvcms.ledger.store import (
    AccountKind,
    Posted,
    capture_hold,
    lock_accounts,
    open_account,
    place_hold,
    release_hold,
    reverse_transfer,
    wallet_of,
    wallet_view,
)
from ppvcms.results import Refusal
from tests import kit
from tests.ledger.children import run_together, tip

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from ppvcms.ledger.limits import LimitView

pytestmark = pytest.mark.usefixtures("site")
HOUR_MS = 3_600_000


def limit(person: str, amount: int | None, period: Period = Period.DAY) -> None:
    """Set somebody's own limit, or the site's."""

    def act(session: Session) -> None:
        wallet = SITE if person == SITE else wallet_of(session, person).id
        lock_accounts(session, [wallet])
        change_limit(session, wallet, period, amount, at_once=person == SITE)

    transaction(act)


def day_of(person: str) -> LimitView:
    return transaction(lambda s: limits_of(s, wallet_of(s, person).id)[0])


def spend(person: str, amount: int, key: str) -> object:
    return transaction(lambda session: tip(session, person, amount, key))


def test_spending_ends_at_ones_own_limit_and_names_it() -> None:
    kit.fund("fan", 10_000)
    limit("fan", 500)

    assert isinstance(spend("fan", 300, "a"), Posted)
    refused = spend("fan", 300, "b")

    assert isinstance(refused, Refusal)
    assert refused.code == "limit"
    assert "leaves you 2.00" in refused.reason
    wallet = wallet_view(db.session(), "fan")
    assert (wallet.available, wallet.balance) == (200, 9_700)
    assert isinstance(spend("fan", 200, "c"), Posted)


def test_what_is_held_counts_and_counts_once() -> None:
    kit.fund("fan", 10_000)
    limit("fan", 500)

    def act(session: Session) -> str:
        hold = place_hold(session, wallet_of(session, "fan").id, 400, key="h", source="t")
        assert not isinstance(hold, Refusal)
        return hold.id

    hold_id = transaction(act)
    assert kit.available("fan") == 100

    def take(session: Session) -> None:
        escrow = open_account(session, AccountKind.ESCROW, "show", "s", CREDITS).id
        lines = [Line(escrow, CREDITS, 150)]
        capture_hold(session, hold_id, 150, to=lines, kind="usage", key="k", source="t", memo="m")

    transaction(take)
    assert kit.available("fan") == 100
    transaction(lambda session: release_hold(session, hold_id))
    assert kit.available("fan") == 350


def test_what_is_taken_back_may_be_spent_again_and_a_purchase_can_always_be_undone() -> None:
    bought = kit.fund("fan", 1_000)
    limit("fan", 300)
    paid = spend("fan", 300, "a")
    assert isinstance(paid, Posted)

    transaction(
        lambda s: reverse_transfer(s, paid.transfer_id, key="r", reason="sorry", actor_id=None)
    )
    assert kit.available("fan") == 300
    undone = transaction(
        lambda s: reverse_transfer(s, bought.transfer_id, key="u", reason="back", actor_id=None)
    )

    assert isinstance(undone, Posted)
    assert day_of("fan").used == 0


def test_a_lower_limit_counts_now_and_a_higher_one_after_a_day() -> None:
    kit.fund("fan", 10_000)
    limit("fan", 500)
    limit("fan", 900)
    assert (day_of("fan").amount, day_of("fan").next_amount) == (500, 900)
    assert kit.available("fan") == 500

    transaction(lambda s: s.execute(sa.update(SpendLimit).values(next_at=now_ms(s) - 1)))
    assert kit.available("fan") == 900
    limit("fan", 200)
    assert (day_of("fan").amount, day_of("fan").next_at) == (200, None)
    limit("fan", None)
    assert kit.available("fan") == 200
    assert day_of("fan").next_at is not None


def test_the_narrowest_of_all_limits_counts_and_the_sites_binds_everybody() -> None:
    kit.fund("fan", 10_000)
    kit.fund("other", 10_000)
    limit("fan", 5_000, Period.MONTH)
    limit(SITE, 400, Period.WEEK)

    refused = spend("fan", 401, "a")

    assert isinstance(refused, Refusal)
    assert "This site" in refused.reason
    assert (kit.available("fan"), kit.available("other")) == (400, 400)
    limit(SITE, None, Period.WEEK)
    assert (kit.available("fan"), kit.available("other")) == (5_000, 10_000)


def test_what_was_spent_before_the_period_is_forgotten() -> None:
    kit.fund("fan", 10_000)
    limit("fan", 500)
    spend("fan", 500, "a")
    assert kit.available("fan") == 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ppvcms.ledger.limits.now_ms", lambda s: now_ms(s) + 25 * HOUR_MS)
        assert kit.available("fan") == 500


def test_many_spenders_end_exactly_at_the_limit(database_url: str) -> None:
    """32 of 7 on a limit of 100: 14 pass, 2 are left, however many processes spend."""
    kit.fund("fan", 10_000)
    limit("fan", 100)
    orders = [["tip", "fan", 7, f"tip{nr}"] for nr in range(16)]
    orders += [["hold", "fan", 7, f"hold{nr}"] for nr in range(16)]

    outcomes = run_together(database_url, [orders[::2], orders[1::2]], threads=4)

    assert list(outcomes.values()).count("ok") == 14
    assert kit.available("fan") == 2
