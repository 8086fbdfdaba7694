"""I12: what is planted in the payments' tables is found, and only that."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from ppvcms.books_check import check_all
from ppvcms.db import transaction
from tests import kit

if TYPE_CHECKING:
    from tests.payments.till import Till

PLANTED = {
    "credited_without_proof": "UPDATE payment_event SET verified = :no",
    "another_amount_than_quoted": "UPDATE payment_event SET amount = amount + 1",
    "no_amount": "UPDATE payment_event SET amount = NULL",
    "another_currency": "UPDATE payment_event SET currency = 'EUR'",
    "a_deposit_without_its_fact": "UPDATE payment_event SET transfer_id = NULL",
    "a_payment_that_says_it_was_credited": "UPDATE payment_intent SET transfer_id = NULL",
    "a_payment_that_hides_it_was_credited": "UPDATE payment_intent SET state = 'failed'",
}


@pytest.mark.parametrize("statement", PLANTED.values(), ids=PLANTED.keys())
def test_the_check_finds_what_is_planted(till_to_spoil: Till, statement: str) -> None:
    till = till_to_spoil
    till.choose(till.start(till.client()), "approve")
    till.assert_books_hold()
    values = {"no": False} if ":no" in statement else {}
    transaction(lambda session: session.execute(text(statement), values))
    report = check_all(till.app)
    assert {problem.number for problem in report.problems} == {"I12"}


def test_one_fact_cannot_be_kept_twice(till_to_spoil: Till) -> None:
    till = till_to_spoil
    till.choose(till.start(till.client()), "approve")
    copy = """
        INSERT INTO payment_event (dedupe_key, provider, kind, provider_ref, verified, state,
                                   note, at, transfer_id)
        SELECT 'other', provider, kind, provider_ref, verified, state, note, at, transfer_id
        FROM payment_event
    """
    with pytest.raises(Exception, match=r"(?i)unique"):
        transaction(lambda session: session.execute(text(copy)))
    assert kit.books_problems() == []
