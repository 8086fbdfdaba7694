"""What a payment can be for beside credits, and who fulfils it once the money came.

The core's own parts register here, so that what they give and the deposit are
one transaction. No plugin is asked meanwhile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import current_app

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask
    from sqlalchemy.orm import Session

    from ppvcms.payments.models import PaymentIntent

    Fulfil = Callable[[Session, PaymentIntent, Callable[[], None]], str]

KEY = "ppvcms_payment_purposes"
CREDITS = "credits"


def register(app: Flask, purpose: str, fulfil: Fulfil) -> None:
    """Let a function fulfil what payments of a purpose paid for.

    It gets the open transaction, the payment, and a function that credits the
    payer's wallet with what was paid; it locks what comes before wallets, calls
    that function exactly once, then gives what was bought. It returns a sentence
    for the payer when that was not possible: the money stays as credits then.
    """
    app.extensions.setdefault(KEY, {})[purpose] = fulfil


def fulfil(session: Session, intent: PaymentIntent, credit: Callable[[], None]) -> str:
    """Credit a payment and give what it was for; return what the payer should know, if anything."""
    known: dict[str, Fulfil] = current_app.extensions.get(KEY, {})
    if intent.purpose in known:
        return known[intent.purpose](session, intent, credit)
    credit()
    return ""
