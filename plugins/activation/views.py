"""The pages of who activates an account, and of whose account it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup

from ppvcms.api import (
    PluginBlueprint,
    Refusal,
    activation_checks,
    can_hold,
    card_checked,
    current_actor,
    names_of,
    new_id,
    person_named,
    policy,
    settings,
    shop_currency,
)

from . import services
from .services import OWN, SLUG, ask, decide, steps, waiting

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from ppvcms.api import Actor, SlotContext

MANAGE = "activation.manage"
blueprint = PluginBlueprint(SLUG, __name__, url_prefix="/activation")


@blueprint.get("/")
@policy(who="signed_in")
def mine() -> ResponseReturnValue:
    """Show what is needed before the first paid act."""
    return render_template("activation/mine.html", steps=steps(str(current_actor().user_id)))


@blueprint.post("/ask/<name>")
@policy(who="signed_in", rate="10 per hour")
def request_tick(name: str) -> ResponseReturnValue:
    """Ask staff for a check."""
    _tell(ask(current_actor(), name), _("We have been asked to look. You will hear from us."))
    return redirect(url_for("activation.mine"))


@blueprint.get("/card")
@policy(who="signed_in")
def card() -> ResponseReturnValue:
    """Say what is held on a card, before the person goes to the payment service."""
    return _card_page(None)


@blueprint.post("/card")
@policy(who="signed_in", rate="5 per hour")
def begin_card() -> ResponseReturnValue:
    """Send the person to the payment service."""
    key = request.form.get("key", "")[:40] or new_id()
    answer = services.begin_card(current_actor(), key)
    if isinstance(answer, Refusal):
        return _card_page(answer), 422
    place = "pay.checkout" if answer.redirect is not None else "pay.returned"
    return redirect(url_for(place, intent_id=answer.id), 303)


@blueprint.get("/desk")
@policy(who=MANAGE)
def desk() -> ResponseReturnValue:
    """List who asked, and tick for anybody by name."""
    return render_template("activation/desk.html", rows=waiting(), labels=_labels())


@blueprint.post("/desk/<user_id>/<name>")
@policy(who=MANAGE)
def tick(user_id: str, name: str) -> ResponseReturnValue:
    """Tick a check or refuse it."""
    if not names_of([user_id]):
        abort(404)
    done = request.form.get("verdict") == "done"
    refusal = decide(
        current_actor(), user_id, name, reason=request.form.get("reason", ""), done=done
    )
    _tell(refusal, _("Done. The person was told."))
    return redirect(url_for("activation.desk"))


@blueprint.post("/desk/by-name")
@policy(who=MANAGE)
def tick_named() -> ResponseReturnValue:
    """Tick a check for somebody who did not ask, such as a wire that arrived."""
    found = person_named(request.form.get("person", ""))
    if found is None:
        flash(_("Nobody has this name. Nothing was changed."), "error")
        return redirect(url_for("activation.desk"))
    name, reason = request.form.get("name", ""), request.form.get("reason", "")
    refusal = decide(current_actor(), str(found.user_id), name, reason=reason, done=True)
    _tell(refusal, _("Done. The person was told."))
    return redirect(url_for("activation.desk"))


def _card_page(refusal: Refusal | None) -> str:
    return render_template(
        "activation/card.html",
        amount=settings(SLUG).card_amount,
        currency=shop_currency(),
        done=card_checked(str(current_actor().user_id)),
        able=can_hold(),
        key=new_id(),
        refusal=refusal,
    )


def reminder(context: SlotContext) -> Markup | None:
    """Return what is still to be passed, for the overview of who may buy."""
    actor = context.actor
    if actor.user_id is None or not actor.can("credits.buy"):
        return None
    left = [step for step in steps(actor.user_id) if not step.done]
    if not left:
        return None
    html = render_template("activation/reminder.html", steps=left)
    return Markup(html)  # noqa: S704 - rendered by our own template, which escapes


def waits(actor: Actor) -> Markup | None:
    """Return how many people ask to be activated, for the first page of who decides."""
    count = len(waiting()) if actor.can(MANAGE) else 0
    html = render_template("activation/waits.html", count=count) if count else ""
    return Markup(html) if html else None  # noqa: S704 - rendered by our own template, which escapes


def _labels() -> dict[str, str]:
    checks = activation_checks()
    return {name: str(checks[f"{SLUG}.{name}"].label) for name in OWN if f"{SLUG}.{name}" in checks}


def _tell(refusal: Refusal | None, done: str) -> None:
    flash(str(refusal) if refusal else done, "error" if refusal else "success")
