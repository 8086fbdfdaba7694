"""The payment service's own page, as a payer would meet a processor's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import abort, redirect, render_template, request, url_for

from ppvcms.api import PluginBlueprint, policy, test_mode

from . import service
from .gateway import REAL

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from .models import SandboxPayment

blueprint = PluginBlueprint("gateway_sandbox", __name__, url_prefix="/sandbox")


@blueprint.get("/pay/<ref>")
@policy(who="public")
def page(ref: str) -> ResponseReturnValue:
    """Show what is to be paid, and the outcomes to choose from."""
    payment = _payment(ref)
    if payment.state != "open":
        return redirect(payment.return_url)
    return render_template("gateway_sandbox/pay.html", payment=payment)


@blueprint.post("/pay/<ref>")
@policy(who="public")
def choose(ref: str) -> ResponseReturnValue:
    """Play the chosen outcome and send the payer back."""
    _payment(ref)
    payment = service.play(ref, request.form.get("script", ""))
    if payment is None or payment.state == "open":
        return redirect(url_for("gateway_sandbox.page", ref=ref), 303)
    return redirect(payment.return_url, 303)


def _payment(ref: str) -> SandboxPayment:
    if not test_mode():
        abort(403, description=REAL)
    payment = service.find(ref=ref)
    if payment is None:
        abort(404)
    return payment
