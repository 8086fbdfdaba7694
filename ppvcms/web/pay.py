"""Buying credits in the browser, and the door through which gateways notify us."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _

from ppvcms.host.settings import site
from ppvcms.ids import new_id
from ppvcms.ledger.store import wallet_view
from ppvcms.db import db
from ppvcms.payments import inbox, services
from ppvcms.payments.contract import Notification
from ppvcms.results import Refusal
from ppvcms.web.guards import client_address, current_actor, local_path, policy

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

blueprint = Blueprint("pay", __name__)
WAITING = ("quoted", "awaiting", "unknown")


@blueprint.get("/credits")
@policy(who="signed_in")
def credits() -> ResponseReturnValue:
    """Show the packs and the ways to pay."""
    return _shop(None)


@blueprint.post("/credits")
@policy(who="signed_in", rate="20 per minute")
def buy() -> ResponseReturnValue:
    """Start a payment and send the payer to the gateway."""
    answer = _start()
    if isinstance(answer, Refusal):
        return _shop(answer), 422
    if answer.redirect is None:
        return redirect(url_for("pay.returned", intent_id=answer.id))
    if answer.redirect.method == "POST":
        return render_template("pay/leave.html", redirect=answer.redirect)
    return redirect(answer.redirect.url)


@blueprint.post("/credits/start.json")
@policy(who="signed_in", rate="20 per minute")
def start_json() -> ResponseReturnValue:
    """Start a payment from the overlay of a room, where the video goes on."""
    answer = _start()
    if isinstance(answer, Refusal):
        return jsonify(
            error={"code": answer.code, "reason": answer.reason, "remedy": answer.remedy}
        ), 422
    target = answer.redirect.url if answer.redirect else None
    return jsonify(intent=answer.id, state=answer.state, redirect=target)


@blueprint.get("/credits/packs.json")
@policy(who="signed_in")
def packs_json() -> ResponseReturnValue:
    """Return packs and ways to pay for the overlay."""
    currency = site().shop_currency
    return jsonify(
        packs=[
            {
                "id": pack.id,
                "name": pack.name,
                "credits": pack.credits,
                "bonus": pack.bonus,
                "price": pack.price,
                "currency": pack.currency,
            }
            for pack in services.offers(current_actor().user_id)
        ],
        ways=[{"key": way.key, "label": way.label} for way in services.ways_to_pay(currency)],
        key=new_id(),
    )


@blueprint.get("/pay/return/<intent_id>")
@policy(who="signed_in")
def returned(intent_id: str) -> ResponseReturnValue:
    """Wait for the gateway's word and show what came of the payment; credits nothing."""
    intent = services.intent_view(intent_id, current_actor())
    return render_template("pay/returned.html", intent=intent, waiting=intent.state in WAITING)


@blueprint.get("/pay/intents/<intent_id>.json")
@policy(who="signed_in")
def intent_json(intent_id: str) -> ResponseReturnValue:
    """Return where a payment stands, with the balance as it is now."""
    actor = current_actor()
    intent = services.intent_view(intent_id, actor)
    wallet = wallet_view(db.session(), actor.user_id or "")
    return jsonify(
        id=intent.id,
        state=intent.state,
        message=intent.message,
        credits=intent.credits,
        return_to=local_path(intent.return_to, default=""),
        balance=wallet.balance,
        held=wallet.held,
        available=wallet.available,
    )


@blueprint.post("/pay/notify/<provider>/<secret>")
@policy(who="public", csrf="a gateway signs its notifications")
def notify(provider: str, secret: str) -> ResponseReturnValue:
    """Take a gateway's notification."""
    if secret != services.notify_secret(provider):
        return "not found", 404
    status, body = inbox.receive(
        provider,
        Notification(
            headers=dict(request.headers),
            body=request.get_data(cache=False),
            query=request.args.to_dict(),
            address=client_address(),
        ),
    )
    return body, status


def _start() -> services.IntentView | Refusal:
    form = request.form
    return services.start_purchase(
        current_actor(),
        pack_id=form.get("pack", ""),
        key=form.get("key", "")[:40] or new_id(),
        return_to=local_path(form.get("return_to"), default=""),
        gateway=form.get("gateway") or None,
    )


def _shop(refusal: Refusal | None) -> str:
    actor = current_actor()
    currency = site().shop_currency
    return render_template(
        "pay/credits.html",
        packs=services.offers(actor.user_id),
        ways=services.ways_to_pay(currency),
        refusal=refusal,
        chosen=request.values.get("pack", ""),
        key=new_id(),
        return_to=local_path(request.values.get("return_to"), default=""),
        title=_("Buy credits"),
    )
