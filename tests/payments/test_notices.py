"""F16, WL-01: notices doubled, late, out of order, raced, and while their gateway is off."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from plugins.gateway_sandbox import service as sandbox
from ppvcms.db import db, now_ms, transaction
from ppvcms.host import lifecycle
from ppvcms.payments.attempts import look_up_open
from ppvcms.payments.models import InboxState, IntentState, PaymentInbox, PaymentOp
from tests.payments.till import BONUS, CREDITS, PLUGIN

if TYPE_CHECKING:
    from tests.payments.till import Till

ALL = CREDITS + BONUS


def switch(*, on: bool) -> None:
    if on:
        answer = lifecycle.activate(PLUGIN, actor_id=None)
    else:
        answer = lifecycle.deactivate(PLUGIN, actor_id=None, insist=True)
    assert answer is None, str(answer)


@pytest.mark.parametrize("order", [("paid", "declined"), ("declined", "paid")])
def test_money_that_arrived_counts_whatever_comes_first(till: Till, order: tuple[str, ...]) -> None:
    client = till.client()
    intent = till.start(client)
    for kind in order:
        facts = till.facts(intent, type=f"payment.{kind}", id=f"evt_{kind}")
        assert till.post(facts).status_code == 200
    assert (till.state(intent), till.available(client)) == ("credited", ALL)


def test_one_payment_under_two_deliveries_is_credited_once(till: Till) -> None:
    client = till.client()
    intent = till.start(client)
    for number in range(3):
        assert till.post(till.facts(intent, id=f"evt_{number}")).status_code == 200
    assert (till.deposits(), till.available(client)) == (1, ALL)


def test_a_second_charge_for_one_payment_is_left_to_people(small_till: Till) -> None:
    client = small_till.client()
    intent = small_till.start(client)
    small_till.choose(intent, "approve")
    assert small_till.post(small_till.facts(intent, id="e2", payment="sb_2")).status_code == 200
    assert [note.state for note in small_till.notes()] == ["applied", "review"]
    assert small_till.available(client) == ALL


def test_a_notice_before_its_attempt_waits_for_it(till: Till) -> None:
    client = till.client()
    intent = till.start(client)
    facts = till.facts(intent)
    op_id = str(facts["op_id"])

    def rename(old: str, new: str) -> None:
        def act(session: object) -> None:
            op = session.get_one(PaymentOp, old)  # type: ignore[attr-defined]
            op.op_id = new

        transaction(act)

    rename(op_id, "somewhere-else")
    assert till.post(facts).status_code == 200
    assert [note.state for note in till.notes()] == ["parked"]
    till.later()
    assert till.available(client) == 0
    rename("somewhere-else", op_id)
    till.later()
    assert ([note.state for note in till.notes()], till.available(client)) == (["applied"], ALL)


def test_a_notice_whose_attempt_never_comes_is_left_to_people(small_till: Till) -> None:
    till = small_till
    intent = till.start(till.client())
    assert till.post(till.facts(intent, op_id="not-ours")).status_code == 200

    def age(session: object) -> None:
        session.query(PaymentInbox).one().received_at -= 90_000_000  # type: ignore[attr-defined]

    transaction(age)
    till.later()
    (note,) = till.notes()
    assert (note.state, note.next_try_at) == (InboxState.REVIEW, None)
    assert note.note == "No payment of ours was found for it in a day."


def test_parked_notices_do_not_stand_in_the_way_of_others(small_till: Till) -> None:
    till = small_till
    client = till.client()
    intent = till.start(client)
    for number in range(5):
        till.post(till.facts(intent, id=f"e{number}", payment=f"p{number}", op_id=f"no{number}"))
    before = now_ms(db.session())
    till.later()
    assert all((note.next_try_at or 0) > before for note in till.notes())


@pytest.mark.parametrize("round_", range(3))
def test_answers_and_notices_at_once_credit_once(till: Till, round_: int) -> None:
    del round_
    client = till.client()
    intent = till.start(client)
    facts = till.facts(intent)
    payment = till.choose(intent, "timeout")
    assert payment.state == "paid"

    def due(session: object) -> None:
        session.get_one(PaymentOp, facts["op_id"]).next_try_at = 0  # type: ignore[attr-defined]

    transaction(due)
    statuses = till.together(
        lambda: till.post(facts).status_code,
        look_up_open,
        lambda: till.post({**facts, "id": "evt_other"}).status_code,
        look_up_open,
    )
    assert statuses[0] == statuses[2] == 200
    assert (till.state(intent), till.available(client), till.deposits()) == ("credited", ALL, 1)


def test_a_notice_of_a_gateway_that_is_off_is_kept_and_booked_when_it_is_back(till: Till) -> None:
    client = till.client()
    intent = till.start(client)
    facts = till.facts(intent)
    till.choose(intent, "timeout")
    switch(on=False)
    answer = till.post(facts)
    assert (answer.status_code, answer.text) == (503, "not available")
    till.later()
    assert ([note.state for note in till.notes()], till.available(client)) == (["received"], 0)
    assert till.state(intent) == IntentState.AWAITING
    switch(on=True)
    till.later()
    assert ([note.state for note in till.notes()], till.available(client)) == (["applied"], ALL)


def test_an_old_notice_is_judged_by_when_it_came(till: Till) -> None:
    client = till.client()
    intent = till.start(client)
    facts = till.facts(intent)
    switch(on=False)
    hours = 7_200_000

    till.post(facts, till.signed(_raw(facts), at=_now() - hours // 1000))

    def age(session: object) -> None:
        session.query(PaymentInbox).one().received_at -= hours  # type: ignore[attr-defined]

    transaction(age)
    switch(on=True)
    till.later()
    assert till.available(client) == ALL


def test_switching_off_names_the_payments_that_are_open(small_till: Till) -> None:
    client = small_till.client()
    assert lifecycle.reasons_against(PLUGIN, actor_id=None) == []
    intent = small_till.start(client)
    (reason,) = lifecycle.reasons_against(PLUGIN, actor_id=None)
    assert reason.startswith("1 payment here is still open.")
    assert lifecycle.deactivate(PLUGIN, actor_id=None) is not None
    small_till.choose(intent, "approve")
    assert lifecycle.reasons_against(PLUGIN, actor_id=None) == []


def test_a_notice_that_the_site_cannot_take_is_brought_again(small_till: Till) -> None:
    client = small_till.client()
    intent = small_till.start(client)
    switch(on=False)
    sandbox.play(str(small_till.op(intent).provider_ref), "approve")
    assert small_till.notices() == 1
    switch(on=True)
    small_till.bring()
    assert (small_till.notices(), small_till.available(client)) == (0, ALL)
    small_till.later()
    assert small_till.deposits() == 1


def test_an_adapter_that_breaks_on_a_notice_is_asked_again(
    small_till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ppvcms.host import registry

    client = small_till.client()
    intent = small_till.start(client)
    facts = small_till.facts(intent)
    with monkeypatch.context() as patch:
        kind = type(registry.gateways()["sandbox"])
        patch.setattr(kind, "parse", lambda *_: 1 // 0)
        assert small_till.post(facts).status_code == 500
    assert [note.state for note in small_till.notes()] == ["received"]
    small_till.later()
    assert small_till.available(client) == ALL
    db.session.rollback()


def _now() -> int:
    import time

    return int(time.time())


def _raw(facts: dict[str, object]) -> bytes:
    import json

    return json.dumps(facts).encode()
