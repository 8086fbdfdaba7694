"""Payments for reading: what people wanted to pay, and what gateways told us."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import render_template, request

from ppvcms.web.admin.frame import blueprint, page_number, page_url
from ppvcms.web.admin.queries import payments as read
from ppvcms.web.guards import policy

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


@blueprint.get("/payments")
@policy(who="ledger.view")
def payments() -> ResponseReturnValue:
    """List payments, the newest first."""
    names = ("q", "state", "provider", "user")
    asked = {name: request.args.get(name, "").strip()[:80] for name in names}
    states, providers = read.states()
    return render_template(
        "admin/payments.html",
        page=read.intents(
            words=asked["q"],
            state=asked["state"],
            provider=asked["provider"],
            user_id=asked["user"],
            page=page_number(),
        ),
        url=page_url,
        asked=asked,
        states=states,
        providers=providers,
        notes=read.by_state(),
    )


@blueprint.get("/payments/<intent_id>")
@policy(who="ledger.view")
def payment(intent_id: str) -> ResponseReturnValue:
    """Show a payment with its attempts and the facts of its gateway."""
    return render_template("admin/payment.html", payment=read.intent(intent_id))


@blueprint.get("/payments/inbox")
@policy(who="ledger.view")
def inbox() -> ResponseReturnValue:
    """List notifications as they came: also forged ones, and those that wait."""
    state = request.args.get("state", "")[:12]
    return render_template(
        "admin/inbox.html",
        page=read.inbox(state=state, page=page_number()),
        url=page_url,
        state=state,
        counts=read.by_state(),
    )


@blueprint.get("/payments/inbox/<note_id>")
@policy(who="ledger.view")
def inbox_note(note_id: str) -> ResponseReturnValue:
    """Show a notification with its headers and body, as text."""
    row, body = read.note(note_id)
    return render_template("admin/inbox_note.html", note=row, body=body)
