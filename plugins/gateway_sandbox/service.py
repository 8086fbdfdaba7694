"""What the payment service does: opens payments, plays its script, tells the site."""

from __future__ import annotations

import hashlib
import json
import time
from typing import TYPE_CHECKING, Any

import httpx
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from ppvcms.api import db, new_id, now_ms, signing_secret, transaction

from .models import SandboxNotice, SandboxPayment
from .signing import HEADER, sign

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from ppvcms.api import Op

SCRIPTS = ("approve", "decline", "secure", "delay", "timeout", "twice")
DELAY_MS = 8_000
TIMEOUT_S = 5.0
MAX_ATTEMPTS = 12
BATCH = 20
CLAIM_MS = 30_000
HOLD = "authorize"
# A time-out takes the money and says nothing: only a look-up finds it.
SILENT = "timeout"


def secret() -> str:
    """Return the secret that signs notifications, of this site alone."""
    return signing_secret("gateway_sandbox")


def open_payment(op: Op) -> SandboxPayment:
    """Return the payment of an attempt, made at its first call."""
    ref = f"sb_{hashlib.sha256((secret() + op.op_id).encode()).hexdigest()[:32]}"

    def act(session: Session) -> SandboxPayment:
        known = session.get(SandboxPayment, ref)
        if known is not None:
            return known
        if op.amount is None:
            message = "a payment needs an amount"
            raise ValueError(message)
        payment = SandboxPayment(
            ref=ref,
            op_id=op.op_id,
            kind=op.kind,
            description=op.context.get("description", "")[:120],
            amount=op.amount.minor,
            currency=op.amount.currency,
            return_url=op.context["return_url"],
            notify_url=op.context["notify_url"],
            state="open",
            script="",
            made_at=now_ms(session),
        )
        session.add(payment)
        return payment

    try:
        return transaction(act)
    except IntegrityError:
        # Two calls at once met at the primary key: the second reads the first.
        return transaction(act)


def release(ref: str) -> bool | None:
    """Give a hold back and tell the site; None when nothing of that name can be given back.

    False says that the answer got lost on its way, as it does once when the payer
    chose silence: the hold is given back all the same.
    """
    answer = transaction(lambda session: _release(session, ref))
    send_due()
    return answer


def find(*, ref: str | None = None, op_id: str | None = None) -> SandboxPayment | None:
    """Return a payment by its reference or by the site's attempt."""
    query = select(SandboxPayment)
    query = query.where(SandboxPayment.ref == ref if ref else SandboxPayment.op_id == op_id)
    return db.session.scalars(query).first()


def play(ref: str, script: str) -> SandboxPayment | None:
    """Do once what the payer chose, and send what is due at once."""
    payment = transaction(lambda session: _play(session, ref, script))
    if payment is not None and payment.state != "open":
        send_due()
    return payment


def send_due() -> None:
    """Send the notifications that are due; what fails is sent again later."""
    for notice_id, url, body in transaction(_claim):
        taken = _send(url, body)
        transaction(lambda session, key=notice_id, taken=taken: _sent(session, key, taken=taken))  # type: ignore[misc] # binds now


def _claim(session: Session) -> list[tuple[str, str, str]]:
    now = now_ms(session)
    rows = session.execute(
        select(SandboxNotice, SandboxPayment.notify_url)
        .join(SandboxPayment, SandboxPayment.ref == SandboxNotice.ref)
        .where(SandboxNotice.sent_at.is_(None), SandboxNotice.due_at <= now)
        .order_by(SandboxNotice.due_at)
        .limit(BATCH)
        .with_for_update(of=SandboxNotice, skip_locked=True)
    ).all()
    for notice, _url in rows:
        notice.attempts += 1
        notice.due_at = now + CLAIM_MS
    return [(notice.id, url, notice.body) for notice, url in rows]


def _release(session: Session, ref: str) -> bool | None:
    payment = session.get(SandboxPayment, ref, with_for_update=True)
    if payment is None or payment.kind != HOLD or payment.state not in {"held", "released"}:
        return None
    if payment.state == "released":
        return True
    payment.state = "released"
    if payment.script != SILENT:
        _write_notices(session, payment, now_ms(session))
    return payment.script != SILENT


def _play(session: Session, ref: str, script: str) -> SandboxPayment | None:
    payment = session.get(SandboxPayment, ref, with_for_update=True)
    if payment is None or payment.state != "open" or script not in SCRIPTS:
        return payment
    if script == "secure":
        payment.script = "secure"
        return payment
    now = now_ms(session)
    payment.script = script
    taken = "held" if payment.kind == HOLD else "paid"
    payment.state = "declined" if script == "decline" else taken
    payment.done_at = now + (DELAY_MS if script == "delay" else 0)
    if script != SILENT:
        _write_notices(session, payment, payment.done_at)
    return payment


def _write_notices(session: Session, payment: SandboxPayment, due_at: int) -> None:
    for number in range(2 if payment.script == "twice" else 1):
        notice = SandboxNotice(
            id=new_id(),
            ref=payment.ref,
            body=json.dumps(_facts(payment)),
            due_at=due_at + number,
            attempts=0,
        )
        session.add(notice)


def _facts(payment: SandboxPayment) -> dict[str, Any]:
    ends = "_released" if payment.state == "released" else ""
    about = "hold" if payment.kind == HOLD else "payment"
    return {
        "id": f"evt_{payment.ref}{ends}",
        "type": f"{about}.{payment.state}",
        "payment": payment.ref,
        "op_id": payment.op_id,
        "amount": payment.amount,
        "currency": payment.currency,
    }


def _send(url: str, body: str) -> bool:
    raw = body.encode()
    headers = {
        HEADER: sign(secret(), raw, at=int(time.time())),
        "Content-Type": "application/json",
    }
    try:
        answer = httpx.post(url, content=raw, headers=headers, timeout=TIMEOUT_S)
    except httpx.HTTPError:
        return False
    return answer.is_success


def _sent(session: Session, notice_id: str, *, taken: bool) -> None:
    row = session.get_one(SandboxNotice, notice_id, with_for_update=True)
    now = now_ms(session)
    if taken or row.attempts >= MAX_ATTEMPTS:
        row.sent_at = now
    else:
        row.due_at = now + 1_000 * 2**row.attempts
