"""What holds for every payment gateway. Subclass `GatewayContract` and speak as its processor.

Nothing here goes over a network: notices are posted to the site, and what `execute`
and `lookup` send to the processor is yours to answer.
"""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from sqlalchemy import func, select

from ppvcms.db import db, transaction
from ppvcms.host import lifecycle, registry
from ppvcms.ids import new_id
from ppvcms.ledger.models import Transfer
from ppvcms.payments import services
from ppvcms.payments.attempts import notify_secret
from ppvcms.payments.contract import (
    ForgedError,
    Gateway,
    Money,
    Notification,
    Op,
    Outcome,
)
from ppvcms.payments.models import CreditPack, PaymentInbox, PaymentIntent, PaymentOp
from ppvcms.testing.forgeries import BODIES, DATED, FORGERIES, LIES, NEVER_FITS, PRICE
from ppvcms.testing.shows import Books, Wallet, new_person
from ppvcms.testing.sites import plugin_site, require

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flask import Flask
    from werkzeug.test import TestResponse

    from ppvcms.accounts.actor import Actor

CREDITS = 5_000
HOURS_S = 7_200
REFUSED = 403


@dataclass(frozen=True)
class Payment:
    """What a notice says; a liar may put anything anywhere.

    `kind` is ``paid``, ``declined`` or ``unknown``, for a type that the adapter does
    not know. `amount` is in minor units of `currency`. `event_id` is the delivery's.
    """

    op_id: Any
    reference: Any
    amount: Any
    currency: Any
    kind: str = "paid"
    event_id: str = "evt_1"


@dataclass
class Purchase:
    """Somebody on the way to pay for a pack of credits."""

    payer: Actor
    intent_id: str
    payment: Payment

    @property
    def state(self) -> str:
        """How far it came."""
        db.session.rollback()
        return db.session.get_one(PaymentIntent, self.intent_id).state

    @property
    def credited(self) -> int:
        """What the payer can spend, in minor units."""
        return Wallet(self.payer).available


class GatewayContract:
    """A gateway never charges twice, believes nothing unproved, and invents no amount."""

    folder: ClassVar[Path]
    key: ClassVar[str]
    currency: ClassVar[str] = "USD"
    dated: ClassVar[bool] = True
    """Whether a proof names its moment, so that an old one is worth nothing."""

    def facts(self, payment: Payment) -> bytes:
        """Write the body of a notice, as the processor does."""
        raise NotImplementedError

    def proof(
        self, body: bytes, *, secret: str | None = None, at: int | None = None
    ) -> dict[str, str]:
        """Return the headers that prove a body: with the true secret and now, unless told else."""
        raise NotImplementedError

    def set_up(self) -> None:
        """Give the plugin the settings that it needs to take payments."""

    @pytest.fixture(scope="class")
    @classmethod
    def site(cls) -> Iterator[Flask]:
        """A site that sells a pack of credits, with the gateway on."""
        with plugin_site(cls.folder) as app, app.test_request_context():
            cls().set_up()
            pack = CreditPack(
                id=new_id(), name="Fifty", credits=CREDITS, bonus=0, prices={cls.currency: PRICE}
            )
            transaction(lambda session: session.add(pack))
            yield app
            assert Books(app).problems() == []

    @pytest.fixture
    def gateway(self, site: Flask) -> Gateway:
        """What the plugin registers."""
        del site
        return registry.gateways()[self.key]

    def begin(self) -> Purchase:
        """Let somebody press the button."""
        payer = new_person(f"Cleo{uuid.uuid4().hex[:8]}")
        pack_id = db.session.scalars(select(CreditPack.id)).one()
        intent: Any = services.start_purchase(payer, pack_id=pack_id, key=uuid.uuid4().hex)
        require(intent)
        db.session.rollback()
        op = db.session.scalars(select(PaymentOp).where(PaymentOp.intent_id == intent.id)).one()
        paid = Payment(op.op_id, op.provider_ref, PRICE, self.currency, event_id=op.op_id)
        return Purchase(payer, intent.id, paid)

    def send(self, site: Flask, body: bytes, headers: dict[str, str]) -> TestResponse:
        """Post a notice to the site as the processor does."""
        path = f"/pay/notify/{self.key}/{notify_secret(self.key)}"
        return site.test_client().post(path, data=body, headers=headers)

    def tell(self, site: Flask, payment: Payment) -> TestResponse:
        """Post a well proved notice."""
        body = self.facts(payment)
        return self.send(site, body, self.proof(body))

    def test_it_says_what_it_can(self, gateway: Gateway) -> None:
        """A key, a label, and capabilities with the currency in which it is tried."""
        assert isinstance(gateway, Gateway)
        assert gateway.key == self.key
        assert gateway.key.isidentifier()
        assert str(gateway.label).strip()
        assert gateway.problems() == []
        assert self.currency in gateway.capabilities().currencies

    def test_an_attempt_is_made_once(self, gateway: Gateway) -> None:
        """The same `op_id` gives the same payment; what it cannot do is unsupported."""
        context = {
            "description": "Credits",
            "return_url": "https://site.example/pay/return",
            "notify_url": "https://site.example/pay/notify",
            "customer": "c",
        }
        op = Op(new_id(), "start", new_id(), Money(PRICE, self.currency), context=context)
        first, again = gateway.execute(op), gateway.execute(op)
        assert first.outcome in {Outcome.REDIRECT, Outcome.OK, Outcome.PENDING}
        assert first.provider_ref
        assert (again.provider_ref, again.redirect) == (first.provider_ref, first.redirect)
        assert gateway.execute(replace(op, kind="no_such_kind")).outcome is Outcome.UNSUPPORTED

    def test_it_guesses_no_outcome(self, gateway: Gateway) -> None:
        """Asked for an attempt that it does not know, or that is still open, it says so."""
        assert gateway.lookup(op_id=new_id()).outcome is Outcome.UNKNOWN
        bought = self.begin()
        found = gateway.lookup(op_id=bought.payment.op_id).outcome
        assert found in {Outcome.UNKNOWN, Outcome.PENDING, Outcome.REDIRECT}

    def test_a_true_notice_credits_once(self, site: Flask) -> None:
        """However often it comes, and under however many delivery ids."""
        bought, before = self.begin(), _deposits()
        body = self.facts(bought.payment)
        for _ in range(2):
            assert self.send(site, body, self.proof(body)).status_code < 300
        assert self.tell(site, replace(bought.payment, event_id="another")).status_code < 300
        assert (bought.state, bought.credited) == ("credited", CREDITS)
        assert _deposits() == before + 1

    def test_a_decline_ends_it_and_takes_nothing(self, site: Flask) -> None:
        """The payer is told so; money that arrives all the same is credited."""
        bought = self.begin()
        declined = replace(bought.payment, kind="declined")
        assert self.tell(site, declined).status_code < 300
        assert (bought.state, bought.credited) == ("failed", 0)
        assert self.tell(site, replace(bought.payment, event_id="late")).status_code < 300
        assert (bought.state, bought.credited) == ("credited", CREDITS)

    def test_what_does_not_prove_itself_changes_nothing(self, site: Flask) -> None:
        """Each forgery is answered 403 and kept; the true notice is booked after all of them."""
        bought = self.begin()
        body = self.facts(bought.payment)
        for name, forge in {**FORGERIES, **(DATED if self.dated else {})}.items():
            headers, sent = forge(self.proof, body)
            answer = self.send(site, sent, headers)
            assert answer.status_code == REFUSED, name
            assert _last_note() == ("forged", None, sent), name
            assert (bought.state, bought.credited) == ("awaiting", 0), name
        assert self.tell(site, bought.payment).status_code < 300
        assert bought.credited == CREDITS

    def test_what_does_not_fit_credits_nothing(self, site: Flask) -> None:
        """An amount, currency or reference that is not the quote's is left to people."""
        for name, lie in LIES.items():
            bought = self.begin()
            told = replace(bought.payment, event_id=f"{name}-{new_id()}", **lie)
            assert self.tell(site, told).status_code < 300, name
            state = _last_note()[0]
            assert state in {"review", "parked", "ignored"}, name
            assert state == "review" or name not in NEVER_FITS, name
            assert bought.credited == 0, name
            for _ in range(2):
                assert self.tell(site, bought.payment).status_code < 300, name
            assert (bought.state, bought.credited) == ("credited", CREDITS), name

    def test_a_body_that_says_nothing_moves_nothing(self, site: Flask) -> None:
        """Well proved nonsense is kept, answered, and ignored."""
        before = _deposits()
        for name, body in BODIES.items():
            assert self.send(site, body, self.proof(body)).status_code < 300, name
            assert _last_note()[0] == "ignored", name
        assert _deposits() == before

    def test_a_proof_is_judged_by_when_it_came(self, gateway: Gateway) -> None:
        """A notice that is read again hours later is as good as it was; an old one is not."""
        body = self.facts(self.begin().payment)
        then = int(time.time()) - HOURS_S
        headers = self.proof(body, at=then)
        came = Notification(headers, body, {}, "192.0.2.1", received_at=then * 1_000)
        assert gateway.verify(came)
        if self.dated:
            with pytest.raises(ForgedError):
                gateway.verify(replace(came, received_at=int(time.time()) * 1_000))

    def test_it_answers_as_the_processor_expects(self, gateway: Gateway) -> None:
        """Accepted is a success, and what was not taken is to be brought again."""
        assert gateway.acknowledge(accepted=True)[0] < 300
        assert gateway.acknowledge(accepted=False)[0] >= 400

    def test_it_names_open_payments_before_it_goes(self, site: Flask) -> None:
        """Switching it off is refused with the number of those that wait for its word."""
        del site
        self.begin()
        assert lifecycle.reasons_against(self.folder.name, actor_id=None)


def _deposits() -> int:
    db.session.rollback()
    query = select(func.count()).select_from(Transfer).where(Transfer.kind == "deposit")
    return db.session.scalar(query) or 0


def _last_note() -> tuple[str, str | None, bytes]:
    """Return how the newest notice ended, how well it was proved, and what it said."""
    db.session.rollback()
    newest = select(PaymentInbox).order_by(PaymentInbox.received_at.desc(), PaymentInbox.id.desc())
    note = db.session.scalars(newest.limit(1)).one()
    return note.state, note.trust, note.body
