"""The pages of who is verified in their own name, and what stands on other pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup

from ppvcms.api import Refusal, current_actor, policy, settings

from .members import add_member, let_studio_bring
from .pages import back, blueprint, keep_details, keep_paper, me, page, send_case
from .services import State, case_of, remove_paper
from .subjects import PERFORM
from .vault import SLUG
from .words import state_text

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from ppvcms.api import SlotContext


@blueprint.get("/")
@policy(who=PERFORM)
def mine() -> ResponseReturnValue:
    """Show how far one's verification is, and what to do next."""
    return page(me())


@blueprint.post("/details")
@policy(who=PERFORM, rate="30 per hour")
def details() -> ResponseReturnValue:
    """Keep who one is by law."""
    return keep_details(me())


@blueprint.post("/papers/<kind>")
@policy(who=PERFORM, rate="60 per hour")
def bring(kind: str) -> ResponseReturnValue:
    """Keep a paper."""
    return keep_paper(me(), kind)


@blueprint.post("/papers/<paper_id>/remove")
@policy(who="signed_in")
def take_back(paper_id: str) -> ResponseReturnValue:
    """Take a paper back: one's own, a company's, or of somebody further in one's account."""
    answer = remove_paper(current_actor(), paper_id)
    if isinstance(answer, Refusal):
        flash(str(answer), "error")
        return redirect(url_for("account.overview"))
    return back(answer, None, _("The paper is deleted."))


@blueprint.post("/send")
@policy(who=PERFORM, rate="20 per hour")
def send_all() -> ResponseReturnValue:
    """Ask to be verified."""
    return send_case(me())


@blueprint.post("/persons")
@policy(who=PERFORM, rate="20 per hour")
def add_person() -> ResponseReturnValue:
    """Let somebody further be in one's account."""
    answer = add_member(current_actor(), request.form.get("name", ""))
    if isinstance(answer, Refusal):
        return back(me(), answer, "", anchor="persons")
    flash(_("Added. Now say who it is and bring the papers."), "success")
    return redirect(url_for("verification.subject", subject_id=answer))


@blueprint.post("/studio")
@policy(who=PERFORM)
def studio() -> ResponseReturnValue:
    """Say whether one's studio may bring papers."""
    let_studio_bring(current_actor(), allowed=request.form.get("allowed") == "yes")
    return back(me(), None, _("Saved."), anchor="studio")


def reminder(context: SlotContext) -> Markup | None:
    """Return the state of one's verification for the dashboard, while it is not done."""
    if context.actor.user_id is None or not context.actor.can(PERFORM):
        return None
    case = case_of(context.actor.user_id)
    if case.state is State.APPROVED:
        return None
    html = render_template("verification/reminder.html", case=case, text=state_text(case.state))
    return Markup(html)  # noqa: S704 - rendered by our own template, which escapes


def custodian() -> Markup | None:
    """Return who keeps the records, for the foot of every page."""
    text = settings(SLUG).custodian
    return Markup("<p class='small pv-muted m-0'>{}</p>").format(text) if text else None
