"""WL-01, WL-02, F17: every outcome of the sandbox, over a real server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from plugins.gateway_sandbox.gateway import REAL, SandboxGateway
from ppvcms.db import db, transaction
from ppvcms.host import registry
from ppvcms.host.settings import save_site
from ppvcms.jobs import duties
from ppvcms.jobs.outbox import deliver_due
from ppvcms.payments import services, shop
from ppvcms.payments.contract import Outcome, Result
from ppvcms.payments.models import IntentState, OpState, PaymentOp
from ppvcms.results import Refusal
from tests.payments.till import BONUS, CREDITS, PRICE, WELCOME

if TYPE_CHECKING:
    from tests.payments.till import Till

ALL = CREDITS + BONUS


def test_a_purchase_leads_to_the_gateway_and_credits_nothing_yet(small_till: Till) -> None:
    client = small_till.client()
    intent = small_till.start(client)
    assert intent.redirect is not None
    assert intent.redirect.url.startswith(f"{small_till.url}/sandbox/pay/")
    assert (intent.state, intent.amount, intent.credits) == ("awaiting", PRICE, ALL)
    assert small_till.available(client) == 0


def test_an_approved_payment_is_credited_by_its_notice(till: Till) -> None:
    client = till.client()
    intent = till.start(client)
    till.choose(intent, "approve")
    assert till.state(intent) == IntentState.CREDITED
    assert till.available(client) == ALL
    assert till.notices() == 0


def test_a_declined_payment_takes_nothing_and_says_so(till: Till) -> None:
    client = till.client()
    intent = till.start(client)
    till.choose(intent, "decline")
    seen = services.intent_view(intent.id, client)
    assert (seen.state, seen.waiting) == ("failed", False)
    assert seen.message == "The payment was declined. Nothing was taken."
    assert till.deposits() == 0


@pytest.mark.parametrize(("answer", "credits"), [("approve", ALL), ("decline", 0)])
def test_after_the_bank_asked_the_answer_counts(till: Till, answer: str, credits: int) -> None:  # noqa: A002
    client = till.client()
    intent = till.start(client)
    till.choose(intent, "secure")
    assert till.state(intent) == IntentState.AWAITING
    till.choose(intent, answer)
    assert till.available(client) == credits


def test_a_late_notice_credits_when_it_comes(till: Till) -> None:
    client = till.client()
    intent = till.start(client)
    till.choose(intent, "delay")
    till.later()
    assert till.state(intent) == IntentState.AWAITING
    till.bring()
    assert till.available(client) == ALL


def test_a_payment_nobody_tells_of_is_found_by_asking(till: Till) -> None:
    client = till.client()
    intent = till.start(client)
    till.choose(intent, "timeout")
    assert till.available(client) == 0
    till.later()
    assert (till.state(intent), till.available(client)) == ("credited", ALL)


def test_a_payment_told_twice_is_credited_once(till: Till) -> None:
    client = till.client()
    intent = till.start(client)
    till.choose(intent, "twice")
    till.bring()
    assert till.available(client) == ALL
    assert [note.state for note in till.notes()] == ["applied", "applied"]
    assert till.deposits() == 1


def test_a_choice_on_the_payment_page_is_made_once(small_till: Till) -> None:
    client = small_till.client()
    intent = small_till.start(client)
    small_till.choose(intent, "decline")
    small_till.choose(intent, "approve")
    small_till.later()
    assert small_till.available(client) == 0


def test_the_same_key_is_the_same_payment(small_till: Till) -> None:
    client = small_till.client()
    first, second = small_till.start(client, key="k"), small_till.start(client, key="k")
    assert first == second
    assert second.redirect is not None


def test_a_double_click_makes_one_payment(till: Till) -> None:
    client = till.client()
    views = till.together(*[lambda: till.start(client, key="k")] * 4)
    assert len({view.id for view in views}) == 1
    assert all(view.redirect for view in views)
    assert len({view.redirect.url for view in views}) == 1


def test_a_key_of_another_pack_is_refused(small_till: Till) -> None:
    client = small_till.client()
    small_till.start(client, key="k")
    answer = services.start_purchase(client, pack_id=small_till.welcome_id, key="k")
    assert isinstance(answer, Refusal)
    assert answer.code == "key_reused"
    assert small_till.deposits() == 0


def test_a_key_belongs_to_one_person(small_till: Till) -> None:
    one, other = small_till.client("Cleo"), small_till.client("Dora")
    assert small_till.start(one, key="k").id != small_till.start(other, key="k").id


def test_a_first_purchase_pack_is_for_new_payers_only(small_till: Till) -> None:
    client = small_till.client()
    assert small_till.welcome_id in {pack.id for pack in shop.offers(client.user_id)}
    small_till.choose(small_till.start(client, pack_id=small_till.welcome_id), "approve")
    assert small_till.available(client) == WELCOME
    assert small_till.welcome_id not in {pack.id for pack in shop.offers(client.user_id)}
    again = services.start_purchase(client, pack_id=small_till.welcome_id, key="again")
    assert isinstance(again, Refusal)
    assert again.code == "pack"


def test_a_purchase_that_failed_leaves_the_first_purchase_pack(small_till: Till) -> None:
    client = small_till.client()
    small_till.choose(small_till.start(client, pack_id=small_till.welcome_id), "decline")
    assert small_till.welcome_id in {pack.id for pack in shop.offers(client.user_id)}


def test_a_price_that_changes_leaves_the_quote_as_it_was_shown(small_till: Till) -> None:
    from ppvcms.payments.packs import PackDraft, save_pack

    client = small_till.client()
    intent = small_till.start(client)
    draft = PackDraft("Fifty", credits=1, prices={"USD": 9_900})
    assert save_pack(small_till.pack_id, draft, actor_id=None) is None
    small_till.choose(intent, "approve")
    assert small_till.available(client) == ALL


def test_an_adapter_that_raises_leaves_the_outcome_unknown_until_it_is_asked(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = till.client()
    gateway = registry.gateways()["sandbox"]
    real = SandboxGateway.execute

    def charge_and_break(self: SandboxGateway, op: object) -> object:
        real(self, op)  # type: ignore[arg-type]
        raise ConnectionResetError

    monkeypatch.setattr(type(gateway), "execute", charge_and_break)
    intent = till.start(client)
    assert (intent.state, intent.redirect) == ("unknown", None)
    payment = till.op(intent)
    from plugins.gateway_sandbox import service as sandbox

    found = sandbox.find(op_id=payment.op_id)
    assert found is not None
    sandbox.play(found.ref, "timeout")
    till.later()
    assert (till.state(intent), till.available(client)) == ("credited", ALL)


def test_what_stays_unknown_is_left_to_people(
    small_till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = small_till.client()
    kind = type(registry.gateways()["sandbox"])
    monkeypatch.setattr(kind, "execute", lambda _self, _op: Result(Outcome.UNKNOWN))
    monkeypatch.setattr(kind, "lookup", lambda _self, **_: Result(Outcome.UNKNOWN))
    intent = small_till.start(client)
    for _ in range(8):
        small_till.later()
    assert (small_till.state(intent), small_till.op(intent).state) == ("review", OpState.REVIEW)
    assert small_till.op(intent).next_try_at is None


def test_a_payer_who_never_came_back_may_still_pay(small_till: Till) -> None:
    client = small_till.client()
    intent = small_till.start(client)
    op_id = small_till.op(intent).op_id

    def age(session: object) -> None:
        session.get_one(PaymentOp, op_id).made_at -= 3_600_000  # type: ignore[attr-defined]

    transaction(age)
    small_till.later()
    assert small_till.state(intent) == IntentState.STALE
    small_till.choose(intent, "approve")
    assert small_till.available(client) == ALL


def test_only_the_payer_sees_a_payment(small_till: Till) -> None:
    from ppvcms.errors import NotFoundError

    intent = small_till.start(small_till.client("Cleo"))
    with pytest.raises(NotFoundError):
        services.intent_view(intent.id, small_till.client("Dora"))


def test_the_sandbox_takes_nothing_on_a_site_that_is_open_for_business(small_till: Till) -> None:
    client = small_till.client()
    begun = small_till.start(client)
    small_till.choose(begun, "timeout")
    transaction(lambda session: save_site(session, None, {"test_mode": False}))
    assert registry.gateways()["sandbox"].problems() == [REAL]
    assert shop.ways_to_pay() == []
    answer = services.start_purchase(client, pack_id=small_till.pack_id, key="live")
    assert isinstance(answer, Refusal)
    assert str(answer) == (
        "There is no such way to pay in USD at the moment. "
        "Nothing was taken. Please try again later."
    )
    small_till.later()
    assert (small_till.state(begun), small_till.available(client)) == ("review", 0)


def test_a_credit_is_pushed_to_its_payer(small_till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    client = small_till.client()
    heard: list[tuple[str, str, dict[str, int]]] = []
    monkeypatch.setattr(duties, "push", lambda *words: heard.append(words))
    small_till.choose(small_till.start(client), "approve")
    db.session.rollback()
    deliver_due()
    assert (f"user:{client.user_id}", "balance", {"available": ALL, "held": 0}) in heard
