"""The adapter: what the site calls and how it reads the payment service's notices."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ppvcms.api import (
    Capabilities,
    ForgedError,
    GatewayEvent,
    Money,
    Outcome,
    Redirect,
    Result,
    Trust,
    db,
    now_ms,
    public_url,
    test_mode,
)

from . import service
from .signing import HEADER, flaw

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ppvcms.api import Notification, Op

    from .models import SandboxPayment

CURRENCIES = frozenset({"USD", "EUR", "GBP"})
KINDS = {
    "payment.paid": "charge.succeeded",
    "payment.declined": "charge.failed",
    "hold.held": "hold.authorised",
    "hold.declined": "hold.failed",
    "hold.released": "hold.released",
}
REAL = "The site takes real payments now. Switch the sandbox off, or test mode on."
DECLINED = "The payment was declined. Nothing was taken."


class SandboxGateway:
    """A processor that lives in this site's own process and moves no real money."""

    key = "sandbox"
    label = "Test payment"

    def problems(self) -> list[str]:
        """Refuse to take payments on a site that is open for business."""
        return [] if test_mode() else [REAL]

    def capabilities(self) -> Capabilities:
        """Hosted page, holds that can be given back, look-ups and signed notices."""
        return Capabilities(
            hold=True,
            void=True,
            query=True,
            signed_notifications=Trust.STRONG,
            currencies=CURRENCIES,
            adult_allowed=True,
        )

    def execute(self, op: Op) -> Result:
        """Open a payment or a hold and send the payer to its page, or give a hold back."""
        if op.kind == "release":
            return _released(op)
        if op.kind not in {"start", service.HOLD}:
            return Result(outcome=Outcome.UNSUPPORTED)
        if not test_mode():
            return Result(outcome=Outcome.ERROR, message=f"{REAL} Nothing was taken.")
        payment = service.open_payment(op)
        return Result(
            outcome=Outcome.REDIRECT,
            provider_ref=payment.ref,
            redirect=Redirect(f"{public_url()}/sandbox/pay/{payment.ref}"),
        )

    def verify(self, notification: Notification) -> Trust:
        """Check the signature over the raw body, and its age when it came."""
        headers = {name.lower(): value for name, value in notification.headers.items()}
        reason = flaw(
            service.secret(),
            notification.body,
            headers.get(HEADER.lower()),
            now=notification.received_at // 1000,
        )
        if reason is not None:
            raise ForgedError(reason)
        return Trust.STRONG

    def parse(self, notification: Notification) -> list[GatewayEvent]:
        """Read the one fact of a notice; what has another form says nothing."""
        try:
            facts = json.loads(notification.body, object_pairs_hook=_without_doubles)
            return [_as_event(facts)]
        except (ValueError, KeyError, TypeError, RecursionError):
            return []

    def acknowledge(self, *, accepted: bool) -> tuple[int, str]:
        """Answer in plain words."""
        return (200, "ok") if accepted else (500, "again")

    def lookup(self, *, op_id: str) -> Result:
        """Say what became of an attempt."""
        payment = service.find(op_id=op_id)
        if payment is None:
            return Result(outcome=Outcome.UNKNOWN)
        return _as_result(payment, now_ms(db.session()))

    def feed(self, since: int) -> Iterable[GatewayEvent]:
        """Everything is notified or found by look-up."""
        del since
        return ()


def _released(op: Op) -> Result:
    given = service.release(op.parent_ref or "")
    if given is None:
        return Result(outcome=Outcome.DECLINED, message="There is no such hold.")
    return Result(
        outcome=Outcome.OK if given else Outcome.UNKNOWN,
        provider_ref=op.parent_ref,
        amount=op.amount,
    )


def _as_result(payment: SandboxPayment, now: int) -> Result:
    if payment.state == "open":
        return Result(outcome=Outcome.UNKNOWN, provider_ref=payment.ref)
    if payment.done_at is not None and payment.done_at > now:
        return Result(outcome=Outcome.PENDING, provider_ref=payment.ref)
    if payment.state == "declined":
        return Result(
            outcome=Outcome.DECLINED,
            provider_ref=payment.ref,
            message=DECLINED,
        )
    return Result(
        outcome=Outcome.OK,
        provider_ref=payment.ref,
        amount=Money(payment.amount, payment.currency),
    )


def _as_event(facts: dict[str, Any]) -> GatewayEvent:
    amount, currency = facts["amount"], facts["currency"]
    # An amount of another form is none, so that a person looks at it.
    readable = type(amount) is int and isinstance(currency, str)
    return GatewayEvent(
        dedupe_key=f"sandbox:{facts['id']}"[:160],
        kind=KINDS.get(facts["type"], "info"),
        provider_ref=str(facts["payment"])[:120],
        op_id=str(facts["op_id"])[:36],
        amount=Money(amount, currency) if readable else None,
        message=DECLINED,
    )


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    facts = dict(pairs)
    if len(facts) != len(pairs):
        message = "a name stands there twice"
        raise ValueError(message)
    return facts
