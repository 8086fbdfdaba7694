"""Buying credits in the browser, and the door through which gateways notify us."""

from __future__ import annotations

import hmac
from dataclasses import asdict
from typing import TYPE_CHECKING

from flask import Blueprint, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _

from ppvcms.db import db
from ppvcms.ids import new_id
from ppvcms.ledger.store import wallet_view
from ppvcms.payments import inbox, services, shop
from ppvcms.payments.attempts import look_up_soon, notify_secret
from ppvcms.payments.contract import Notification
from ppvcms.results import Refusal
from ppvcms.web.guards import (
    client_address,
    current_actor,
    local_path,
    policy,
    require_verified,
)

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

blueprint = Blueprint("pay", __name__)
MOST_TRIES = "20 per minute"


@blueprint.get("/credits")
@policy(who="signed_in")
def credits() -> ResponseReturnValue:  # noqa: A001 - the page's name in links
    """Show the packs and the ways to pay."""
    return _shop(None)


@blueprint.post("/credits")
@policy(who="signed_in", rate=MOST_TRIES)
@require_verified
def buy() -> ResponseReturnValue:
    """Start a payment and send the payer to the gateway."""
    answer = _start()
    if isinstance(answer, Refusal):
        return _shop(answer), 422
    return redirect(_way_on(answer), 303)


@blueprint.post("/credits/start.json")
@policy(who="signed_in", rate=MOST_TRIES)
@require_verified
def start_json() -> ResponseReturnValue:
    """Start a payment from the overlay of a room, where the video goes on."""
    answer = _start()
    if isinstance(answer, Refusal):
        return jsonify(
            error={"code": answer.code, "reason": answer.reason, "remedy": answer.remedy}
        ), 422
    return jsonify(intent=answer.id, state=answer.state, redirect=_way_on(answer))


@blueprint.get("/credits/packs.json")
@policy(who="signed_in")
def packs_json() -> ResponseReturnValue:
    """Return packs and ways to pay for the overlay."""
    return jsonify(
        packs=[asdict(pack) for pack in shop.offers(current_actor().user_id)],
        ways=[asdict(way) for way in shop.ways_to_pay()],
        key=new_id(),
    )


@blueprint.get("/pay/checkout/<intent_id>")
@policy(who="signed_in")
def checkout(intent_id: str) -> ResponseReturnValue:
    """Lead a payer on to the gateway, as long as it waits for them."""
    intent = services.intent_view(intent_id, current_actor())
    if intent.redirect is None:
        return redirect(url_for("pay.returned", intent_id=intent_id))
    if intent.redirect.method == "POST":
        return render_template("pay/leave.html", redirect=intent.redirect)
    return redirect(intent.redirect.url)


@blueprint.get("/pay/return/<intent_id>")
@policy(who="signed_in")
def returned(intent_id: str) -> ResponseReturnValue:
    """Wait for the gateway's word and show what came of the payment; credits nothing."""
    actor = current_actor()
    intent = services.intent_view(intent_id, actor)
    if intent.waiting:
        look_up_soon(intent_id)
    wallet = wallet_view(db.session(), actor.user_id or "")
    return render_template("pay/returned.html", intent=intent, available=wallet.available)


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
        waiting=intent.waiting,
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
    if not hmac.compare_digest(secret.encode(), notify_secret(provider).encode()):
        return "not found", 404
    request.max_content_length = inbox.MAX_BODY
    status, body = inbox.receive(
        provider,
        Notification(
            headers=dict(request.headers),
            body=request.get_data(cache=False),
            query=request.args.to_dict(),
            address=client_address(),
        ),
    )
    return body, status, {"Content-Type": "text/plain; charset=utf-8"}


def _start() -> services.IntentView | Refusal:
    form = request.form
    return services.start_purchase(
        current_actor(),
        pack_id=form.get("pack", ""),
        key=form.get("key", "")[:40] or new_id(),
        return_to=local_path(form.get("return_to"), default=""),
        gateway=form.get("gateway") or None,
    )


def _way_on(intent: services.IntentView) -> str:
    place = "pay.checkout" if intent.redirect is not None else "pay.returned"
    return url_for(place, intent_id=intent.id)


def _shop(refusal: Refusal | None) -> str:
    packs = shop.offers(current_actor().user_id)
    chosen = request.values.get("pack", "")
    if chosen not in {pack.id for pack in packs}:
        chosen = packs[min(1, len(packs) - 1)].id if packs else ""
    return render_template(
        "pay/credits.html",
        packs=packs,
        ways=shop.ways_to_pay(),
        refusal=refusal,
        chosen_pack=chosen,
        key=new_id(),
        return_to=local_path(request.values.get("return_to"), default=""),
        title=_("Buy credits"),
    )
