"""AC-05: a card is checked by an amount that is held and given back, beside the books."""

from __future__ import annotations

import os
import signal
import traceback
import uuid
from typing import TYPE_CHECKING

import sqlalchemy as sa

from plugins.gateway_sandbox import service as sandbox
from plugins.gateway_sandbox.models import SandboxPayment
from ppvcms import faultpoints
from ppvcms.accounts.actor import actor_of
from ppvcms.accounts.models import User
from ppvcms.books_check import check_all
from ppvcms.db import db, transaction
from ppvcms.host import lifecycle
from ppvcms.ledger.models import Transfer
from ppvcms.payments.contract import Outcome, Result
from ppvcms.payments.holds import CARD, PAUSES_S, card_checked, check_card, release_due
from ppvcms.payments.models import PaymentIntent, PaymentOp
from ppvcms.payments.services import IntentView, open_payments
from tests.payments.till import PLUGIN, lay, served

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from ppvcms.accounts.actor import Actor
    from tests.payments.till import Till

AMOUNT = 100
LONGEST_S = 60


def begin(actor: Actor, key: str = "") -> IntentView:
    answer = check_card(actor, amount=AMOUNT, key=key or uuid.uuid4().hex)
    assert isinstance(answer, IntentView), answer
    return answer


def at_gateway(intent: IntentView) -> SandboxPayment:
    db.session.rollback()
    query = sa.select(SandboxPayment).join(PaymentOp, PaymentOp.op_id == SandboxPayment.op_id)
    mine = query.where(PaymentOp.intent_id == intent.id)
    return db.session.scalars(mine.execution_options(populate_existing=True)).one()


def go_on(till: Till, rounds: int = 3) -> None:
    """Let the time come for everything that waits, releases too, and do it."""
    for _ in range(rounds):
        till.bring()
        till.later()
        release_due()


def releases(intent: IntentView) -> list[PaymentOp]:
    db.session.rollback()
    query = sa.select(PaymentOp).where(
        PaymentOp.intent_id == intent.id, PaymentOp.kind == "release"
    )
    return list(db.session.scalars(query.execution_options(populate_existing=True)))


def test_whatever_the_gateway_does_nothing_stays_held_and_nothing_is_booked(till: Till) -> None:
    ends = {
        "approve": "released",
        "delay": "released",
        "twice": "released",
        "timeout": "released",
        "decline": "failed",
    }
    people = {script: till.client(script.title()) for script in ends}
    intents = {script: begin(actor, "one") for script, actor in people.items()}
    for script, actor in people.items():
        assert begin(actor, "one").id == intents[script].id, "a double click holds once"
        assert not card_checked(str(actor.user_id))
        sandbox.play(at_gateway(intents[script]).ref, "secure")
        sandbox.play(at_gateway(intents[script]).ref, script)

    assert till.state(intents["approve"]) == "held"
    assert card_checked(str(people["approve"].user_id))
    assert open_payments("sandbox") == 4
    assert till.state(intents["timeout"]) == "awaiting", "the site was told nothing"
    go_on(till)

    assert {script: till.state(one) for script, one in intents.items()} == ends
    for script, actor in people.items():
        assert card_checked(str(actor.user_id)) is (script != "decline")
        wanted = "declined" if script == "decline" else "released"
        assert at_gateway(intents[script]).state == wanted
        assert till.available(actor) == 0
        assert len(releases(intents[script])) == (script != "decline")
    assert releases(intents["timeout"])[0].attempts == 2, "its first answer got lost"
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Transfer)) == 0
    assert open_payments("sandbox") == 0


def test_many_words_of_one_hold_give_it_back_once(till: Till) -> None:
    actor = till.client()
    intent = begin(actor)
    ref = at_gateway(intent).ref
    facts = {**till.facts(intent, amount=AMOUNT), "id": "e1", "type": "hold.held"}

    till.together(
        lambda: sandbox.play(ref, "approve"),
        lambda: till.post(facts),
        lambda: till.post({**facts, "id": "e2"}),
    )
    till.together(
        release_due,
        lambda: till.post({**facts, "id": "e3", "type": "hold.released"}),
        release_due,
    )
    go_on(till)

    assert (till.state(intent), len(releases(intent))) == ("released", 1)
    assert at_gateway(intent).state == "released"


def test_what_does_not_fit_passes_nobody_and_is_given_back(small_till: Till) -> None:
    till = small_till
    wrong, charged, early = (till.client(name) for name in ("Wim", "Cas", "Eve"))
    intents = [begin(actor) for actor in (wrong, charged, early)]
    facts = [{**till.facts(one, amount=AMOUNT), "type": "hold.held"} for one in intents]
    transaction(lambda s: s.execute(sa.update(SandboxPayment).values(state="held")))

    assert till.post({**facts[0], "amount": 1}).status_code == 200
    till.post({**facts[1], "type": "payment.paid"})
    till.post({**facts[2], "id": "e3", "type": "hold.released"})
    till.post(facts[2])
    go_on(till)

    assert [till.state(one) for one in intents] == ["review", "review", "released"]
    assert [card_checked(str(one.user_id)) for one in (wrong, charged, early)] == [0, 0, 1]
    assert [at_gateway(one).state for one in intents] == ["released", "held", "released"]
    assert till.deposits() == 0

    lost = sa.update(PaymentOp).where(PaymentOp.op_id == releases(intents[2])[0].op_id)
    transaction(lambda s: s.execute(lost.values(kind="start")))
    assert {problem.number for problem in check_all(till.app).problems} == {"I12"}
    transaction(lambda s: s.execute(lost.values(kind="release")))


def test_a_release_that_is_refused_or_never_answered_is_for_people(
    small_till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    till = small_till
    intents = [begin(till.client(name)) for name in ("Ada", "Ben", "Cleo")]
    for intent in intents:
        sandbox.play(at_gateway(intent).ref, "approve")
    ways = {intents[0].id: Outcome.DECLINED, intents[1].id: Outcome.UNKNOWN}
    gateway = "plugins.gateway_sandbox.gateway.SandboxGateway.execute"
    monkeypatch.setattr(gateway, lambda _self, op: Result(ways.get(op.intent_id, Outcome.ERROR)))
    go_on(till)
    assert [releases(one)[0].state for one in intents] == ["review", "unknown", "unknown"]
    go_on(till, rounds=len(PAUSES_S))
    assert {releases(one)[0].state for one in intents} == {"review"}
    assert {till.state(one) for one in intents} == {"held"}

    monkeypatch.undo()
    last = begin(till.client("Dora"))
    sandbox.play(at_gateway(last).ref, "approve")
    assert lifecycle.deactivate(PLUGIN, actor_id=None, insist=True) is None
    go_on(till)
    assert releases(last)[0].state == "planned", "it waits until its gateway is back"
    assert lifecycle.activate(PLUGIN, actor_id=None) is None
    go_on(till)
    assert till.state(last) == "released"


# What differs from a purchase: the hold, the news of it with its release, and the release.
POINTS = ["pay.called:1", "pay.event_stored:2", "pay.called:2"]


def test_a_check_of_a_card_survives_a_kill(
    database_url: str, tmp_path: Path, free_port: int
) -> None:
    packs = lay(database_url, tmp_path, free_port)
    with served(database_url, tmp_path, free_port, packs) as till:
        names = [str(till.client(f"Cleo{n}").user_id) for n, _point in enumerate(POINTS)]
    for user_id, point in zip(names, POINTS, strict=True):
        child = os.fork()
        if child == 0:
            _play_and_die(database_url, tmp_path, free_port, packs, user_id, point)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL, point
    with served(database_url, tmp_path, free_port, packs) as till:
        for user_id in names:
            _play(till, user_id)
        query = sa.select(PaymentIntent.state).where(PaymentIntent.purpose == CARD)
        assert list(db.session.scalars(query)) == ["released"] * len(POINTS)
        states = db.session.scalars(sa.select(SandboxPayment.state)).all()
        assert states == ["released"] * len(POINTS)
        assert till.deposits() == 0
        till.assert_books_hold()


def _play(till: Till, user_id: str) -> None:
    """Check a card once, whatever was done before, until nothing is held."""
    intent = begin(actor_of(db.session.get_one(User, user_id)), "the one")
    found = at_gateway(intent)
    if found.state == "open":
        sandbox.play(found.ref, "approve")
    go_on(till)


def _play_and_die(
    url: str, home: Path, port: int, packs: dict[str, str], user_id: str, fault: str
) -> None:
    try:
        signal.alarm(LONGEST_S)
        os.environ |= {"PPVCMS_TESTING": "1", "PPVCMS_FAULT": f"{fault}=kill"}
        faultpoints.load()
        with served(url, home, port, packs) as till:
            _play(till, user_id)
    except BaseException:  # noqa: BLE001 - a forked child must never return
        traceback.print_exc()
    finally:
        os._exit(1)
