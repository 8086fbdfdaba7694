"""What gateways say, compared with what was quoted and booked once (R-04, I12).

Both doors lead here: verified notifications, and answers to attempts and look-ups.
Whoever comes second changes nothing. What does not match is left to people.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from flask_babel import gettext as _
from sqlalchemy import select

from ppvcms.db import after_commit, now_ms, transaction
from ppvcms.events import PaymentSettled
from ppvcms.faultpoints import faultpoint
from ppvcms.host.settings import site
from ppvcms.ids import new_id
from ppvcms.ledger.outbox import write_event
from ppvcms.ledger.store import buy_credits
from ppvcms.notices.services import send_notice
from ppvcms.payments.models import (
    AUTHORIZE,
    OPEN_INTENTS,
    RELEASE,
    IntentState,
    OpState,
    PaymentEvent,
    PaymentIntent,
    PaymentOp,
)
from ppvcms.payments.purposes import fulfil

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from ppvcms.payments.contract import GatewayEvent

LARGEST = 2**63 - 1


class Fate(StrEnum):
    """What became of a fact.

    `parked` waits for the attempt it speaks of; `review` credited nothing and
    waits for a person.
    """

    APPLIED = "applied"
    REPEATED = "repeated"
    IGNORED = "ignored"
    PARKED = "parked"
    REVIEW = "review"


@dataclass(frozen=True, slots=True)
class Judged:
    """The fate of a fact, and for people what is wrong with it."""

    fate: Fate
    note: str = ""


@dataclass(frozen=True, slots=True)
class Door:
    """Where facts come in: whose they are, and whether the site still tries things out."""

    provider: str
    inbox_id: str | None
    test_mode: bool


def apply_event(event: GatewayEvent, *, provider: str, inbox_id: str) -> Judged:
    """Book a verified fact of a gateway, at most once whatever is repeated or raced."""
    door = Door(provider, inbox_id, site().test_mode)
    return transaction(lambda session: apply_in(session, event, door))


def apply_in(session: Session, event: GatewayEvent, door: Door) -> Judged:
    """Do the same inside an open transaction; locks the attempt, then the payment."""
    if event.kind == "info":
        return Judged(Fate.IGNORED)
    op = _op_of(session, event, door.provider)
    if op is None:
        return Judged(Fate.PARKED)
    intent = session.get_one(PaymentIntent, op.intent_id, with_for_update=True)
    if intent.provider != door.provider:
        return Judged(Fate.REVIEW, _("It speaks of a payment at another gateway."))
    if op.provider_ref and op.provider_ref not in {event.provider_ref, event.related_ref}:
        return Judged(Fate.REVIEW, _("Its reference belongs to another payment."))
    known = _known(session, event, door.provider)
    if known is not None and known.state != Fate.REVIEW:
        return Judged(Fate.REPEATED)
    row = known or PaymentEvent(dedupe_key=event.dedupe_key, state=Fate.APPLIED)
    _write(row, event, op, door, now_ms(session))
    session.add(row)
    session.flush()
    faultpoint("pay.event_stored")
    judged = _book(session, row, event, intent, op, door)
    row.state, row.note = judged.fate, judged.note
    return judged


def fail(session: Session, intent: PaymentIntent, op: PaymentOp, message: str | None) -> None:
    """End a payment for which nothing was taken or held."""
    op.state, op.next_try_at = OpState.DECLINED, None
    intent.state = IntentState.FAILED
    intent.message = (message or _("The payment was declined. Nothing was taken."))[:300]
    intent.changed_at = now_ms(session)
    if op.kind == AUTHORIZE:
        return
    send_notice(
        session,
        intent.user_id,
        "core.payment_failed",
        link="/credits",
        key=f"payment:{intent.id}",
    )


def _op_of(session: Session, event: GatewayEvent, provider: str) -> PaymentOp | None:
    if event.op_id is not None:
        return session.get(PaymentOp, event.op_id, with_for_update=True)
    for ref in filter(None, (event.provider_ref, event.related_ref)):
        found = session.scalars(
            select(PaymentOp)
            .join(PaymentIntent, PaymentIntent.id == PaymentOp.intent_id)
            .where(PaymentOp.provider_ref == ref, PaymentIntent.provider == provider)
            .with_for_update(of=PaymentOp)
            .execution_options(populate_existing=True)
        ).all()
        if len(found) == 1:
            return found[0]
    return None


def _known(session: Session, event: GatewayEvent, provider: str) -> PaymentEvent | None:
    """Return this fact as it was heard before, under this or another delivery's name."""
    same = session.scalars(
        select(PaymentEvent).where(
            PaymentEvent.provider == provider,
            PaymentEvent.kind == event.kind,
            PaymentEvent.provider_ref == event.provider_ref,
        )
    ).first()
    return same or session.get(PaymentEvent, event.dedupe_key)


def _write(row: PaymentEvent, event: GatewayEvent, op: PaymentOp, door: Door, at: int) -> None:
    row.inbox_id, row.provider = door.inbox_id, door.provider
    row.kind, row.provider_ref, row.related_ref = event.kind, event.provider_ref, event.related_ref
    row.op_id, row.at, row.verified = op.op_id, at, True
    paid = event.amount
    # A number that no column holds matches no quote either.
    row.amount = paid.minor if paid and abs(paid.minor) <= LARGEST else None
    row.currency = paid.currency[:8] if paid else None


def _book(
    session: Session,
    row: PaymentEvent,
    event: GatewayEvent,
    intent: PaymentIntent,
    op: PaymentOp,
    door: Door,
) -> Judged:
    if op.kind in {AUTHORIZE, RELEASE} or event.kind.startswith("hold."):
        return _book_hold(session, row, event, intent, op, door)
    if event.kind == "charge.failed":
        if intent.state in OPEN_INTENTS:
            fail(session, intent, op, event.message)
        return Judged(Fate.APPLIED)
    if event.kind != "charge.succeeded":
        return Judged(Fate.REVIEW, _("This kind of notice is not booked by itself."))
    if intent.state == IntentState.CREDITED:
        note = _("This payment was credited before under another reference.")
        return Judged(Fate.REVIEW, note)
    wrong = _mismatch(event, intent, door)
    if wrong:
        intent.state, intent.message = IntentState.REVIEW, wrong
        op.state, op.next_try_at, intent.changed_at = OpState.REVIEW, None, row.at
        return Judged(Fate.REVIEW, wrong)
    _credit(session, row, intent, op)
    return Judged(Fate.APPLIED)


def _book_hold(
    session: Session,
    row: PaymentEvent,
    event: GatewayEvent,
    intent: PaymentIntent,
    op: PaymentOp,
    door: Door,
) -> Judged:
    """Take what a gateway says of a hold: whatever is held is to be given back (AC-05)."""
    if op.kind == AUTHORIZE and event.kind == "hold.failed":
        if intent.state in OPEN_INTENTS:
            fail(session, intent, op, event.message)
        return Judged(Fate.APPLIED)
    if event.kind == "hold.released":
        end_hold(session, intent)
        return Judged(Fate.APPLIED)
    if op.kind != AUTHORIZE or event.kind != "hold.authorised":
        note = _("This notice does not fit what was asked of the gateway.")
        if intent.state in OPEN_INTENTS:
            intent.state, intent.message, intent.changed_at = IntentState.REVIEW, note, row.at
            op.state, op.next_try_at = OpState.REVIEW, None
        return Judged(Fate.REVIEW, note)
    wrong = _mismatch(event, intent, door)
    intent.state = IntentState.REVIEW if wrong else IntentState.HELD
    intent.message, intent.changed_at = wrong, row.at
    op.state, op.provider_ref, op.next_try_at = OpState.OK, row.provider_ref, None
    session.add(_release_of(op, row.at))
    return Judged(Fate.REVIEW, wrong) if wrong else Judged(Fate.APPLIED)


def end_hold(session: Session, intent: PaymentIntent) -> None:
    """Keep that a hold was given back; what was not held yet is given back when it is."""
    now = now_ms(session)
    release = session.scalars(
        select(PaymentOp)
        .where(PaymentOp.intent_id == intent.id, PaymentOp.kind == RELEASE)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()
    if release is None:
        return
    release.state, release.next_try_at = OpState.OK, None
    if intent.state == IntentState.HELD:
        intent.state, intent.changed_at = IntentState.RELEASED, now


def _release_of(op: PaymentOp, at: int) -> PaymentOp:
    return PaymentOp(
        op_id=str(uuid.uuid4()),
        intent_id=op.intent_id,
        kind=RELEASE,
        amount=op.amount,
        currency=op.currency,
        state=OpState.PLANNED,
        next_try_at=at,
        made_at=at,
    )


def _mismatch(event: GatewayEvent, intent: PaymentIntent, door: Door) -> str:
    """Return what keeps a payment that arrived from being credited."""
    paid = (event.amount.minor, event.amount.currency) if event.amount else None
    if paid != (intent.amount, intent.currency):
        return str(_("The amount that arrived is not the one that was quoted."))
    if event.live != bool(intent.quote.get("live")) or not (event.live or door.test_mode):
        return str(_("A test payment and a real one were mixed up."))
    return ""


def _credit(session: Session, row: PaymentEvent, intent: PaymentIntent, op: PaymentOp) -> None:
    """Give what was quoted, in the transaction that keeps the fact."""
    granted, bonus = int(intent.quote["credits"]), int(intent.quote["bonus"])

    def credit() -> None:
        posted = buy_credits(
            session,
            user_id=intent.user_id,
            credits=granted,
            bonus=bonus,
            price=intent.amount,
            price_currency=intent.currency,
            provider=intent.provider,
            key=f"deposit:{intent.id}",
            source=f"payment:{intent.id}",
            memo=str(intent.quote["name"]),
            actor_id=intent.user_id,
        )
        faultpoint("pay.posted")
        row.transfer_id = intent.transfer_id = posted.transfer_id

    intent.message = fulfil(session, intent, credit)[:300]
    intent.state, intent.changed_at = IntentState.CREDITED, row.at
    op.state, op.provider_ref, op.next_try_at = OpState.OK, row.provider_ref, None
    settled = PaymentSettled(
        id=new_id(),
        at=row.at,
        actor_id=intent.user_id,
        intent_id=intent.id,
        user_id=intent.user_id,
        credits=granted + bonus,
    )
    write_event(session, settled)
    after_commit(session, lambda: faultpoint("pay.committed"))
