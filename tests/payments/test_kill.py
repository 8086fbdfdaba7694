"""kill -9 at every point of a payment: credited once or not at all, and no word lost."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from plugins.gateway_sandbox import service as sandbox
from plugins.gateway_sandbox.models import SandboxNotice, SandboxPayment
from ppvcms.accounts.actor import actor_of
from ppvcms.accounts.models import User
from ppvcms.db import db
from ppvcms.faultpoints import POINTS
from ppvcms.payments.models import PaymentIntent, PaymentOp
from tests.children import in_a_child
from tests.payments.till import BONUS, CREDITS, app_on, lay, served

if TYPE_CHECKING:
    from pathlib import Path

    from tests.payments.till import Till

ALL = CREDITS + BONUS
# Twice: once when the notice is kept as it came, once when its fact is.
POINTS_OF_PAYMENT = [
    *(f"{name}:1" for name in sorted(POINTS) if name.startswith("pay.")),
    "pay.event_stored:2",
]


def play(till: Till, script: str) -> None:
    """Buy once, whatever was done before, until the payment has an end."""
    buyer = actor_of(db.session.scalars(select(User)).one())
    intent = till.start(buyer, key="the one")
    found = sandbox.find(op_id=till.op(intent).op_id)
    if found is not None and found.state == "open":
        sandbox.play(found.ref, script)
    for _ in range(5):
        till.bring()
        till.later()


def played(url: str, home: Path, port: int, packs: dict[str, str], script: str, fault: str) -> int:
    """Play in a process of its own; return its exit code, below 0 for a signal."""

    def buy() -> None:
        with served(url, home, port, packs) as till:
            play(till, script)

    return in_a_child(buy, fault)


@pytest.mark.slow
@pytest.mark.parametrize("point", POINTS_OF_PAYMENT)
def test_a_payment_survives_a_kill_at_every_point(
    database_url: str, tmp_path: Path, free_port: int, point: str
) -> None:
    survives(database_url, tmp_path, free_port, point, "approve")


@pytest.mark.slow
@pytest.mark.parametrize("point", ["pay.called:1", "pay.event_stored:1", "pay.posted:1"])
def test_a_payment_found_by_asking_survives_a_kill(
    database_url: str, tmp_path: Path, free_port: int, point: str
) -> None:
    survives(database_url, tmp_path, free_port, point, "timeout")


def survives(url: str, home: Path, port: int, point: str, script: str) -> None:
    packs = lay(url, home, port)
    with app_on(url, home, port).test_request_context():
        from tests.payments.till import Till

        buyer = Till(None, "").client()  # type: ignore[arg-type]
        db.session.remove()
        db.engine.dispose()

    assert played(url, home, port, packs, script, f"{point}=kill") == -signal.SIGKILL

    with served(url, home, port, packs) as till:
        # Whatever stands: credited whole or not at all, and thanked only for what is credited.
        assert till.available(buyer) in {0, ALL}
        thanked = db.session.scalars(
            select(SandboxNotice.ref).where(SandboxNotice.sent_at.is_not(None))
        ).all()
        assert not thanked or till.available(buyer) == ALL
        till.assert_books_hold()

    # The dead one's claim on its notice runs out, which `bring` does not wait for.
    assert played(url, home, port, packs, script, "") == 0

    with served(url, home, port, packs) as till:
        assert (till.available(buyer), till.deposits()) == (ALL, 1)
        assert [one.state for one in db.session.scalars(select(PaymentIntent))] == ["credited"]
        assert [one.state for one in db.session.scalars(select(PaymentOp))] == ["ok"]
        assert len(db.session.scalars(select(SandboxPayment)).all()) == 1
        assert till.notices() == 0
        assert not [note for note in till.notes() if note.state in {"received", "parked"}]
        till.assert_books_hold()
