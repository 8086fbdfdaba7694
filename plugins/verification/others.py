"""Pages of subjects that are not one's own person: further people, one's company, one's crew."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import abort, flash, redirect, render_template, url_for
from flask_babel import gettext as _

from ppvcms.api import current_actor, now_ms, people, policy, studio_parts
from ppvcms.api import db as database

from .members import let_go
from .pages import blueprint, keep_details, keep_paper, me, page, send_case
from .services import case_of
from .subjects import LEAD, Hand, hand_of
from .words import state_text, state_tone

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


@blueprint.get("/company")
@policy(who=LEAD)
def company() -> ResponseReturnValue:
    """Show the papers of one's own company."""
    return page(me())


@blueprint.get("/crew")
@policy(who=LEAD)
def crew() -> ResponseReturnValue:
    """List who is under contract, how far their papers are, and who lets one bring some."""
    parts = studio_parts(studio_id=me(), at=now_ms(database.session()))
    known = people(part.performer_id for part in parts)
    rows = [
        (actor, case_of(user_id), hand_of(current_actor(), user_id) is not None)
        for user_id, actor in known.items()
    ]
    rows.sort(key=lambda row: row[0].name.casefold())
    return render_template(
        "verification/crew.html", rows=rows, state_text=state_text, state_tone=state_tone
    )


@blueprint.get("/for/<subject_id>")
@policy(who="signed_in")
def subject(subject_id: str) -> ResponseReturnValue:
    """Show how far somebody's verification is who is in one's account or crew."""
    _hand_or_404(subject_id)
    return page(subject_id)


@blueprint.post("/for/<subject_id>/details")
@policy(who="signed_in", rate="30 per hour")
def subject_details(subject_id: str) -> ResponseReturnValue:
    """Keep who somebody in one's account is by law."""
    if _hand_or_404(subject_id) is not Hand.OWN:
        abort(404)
    return keep_details(subject_id)


@blueprint.post("/for/<subject_id>/papers/<kind>")
@policy(who="signed_in", rate="60 per hour")
def subject_bring(subject_id: str, kind: str) -> ResponseReturnValue:
    """Keep a paper of somebody in one's account or crew."""
    _hand_or_404(subject_id)
    return keep_paper(subject_id, kind)


@blueprint.post("/for/<subject_id>/send")
@policy(who="signed_in", rate="20 per hour")
def subject_send(subject_id: str) -> ResponseReturnValue:
    """Ask that somebody in one's account is verified."""
    if _hand_or_404(subject_id) is not Hand.OWN:
        abort(404)
    return send_case(subject_id)


@blueprint.post("/for/<subject_id>/leave")
@policy(who="room.perform")
def subject_leave(subject_id: str) -> ResponseReturnValue:
    """Let somebody be in one's account no more."""
    refusal = let_go(current_actor(), subject_id)
    done = _("They are not in your account any more. Papers and records stay.")
    flash(str(refusal) if refusal else done, "error" if refusal else "success")
    return redirect(url_for("verification.mine", _anchor="persons"))


def _hand_or_404(subject_id: str) -> Hand:
    return hand_of(current_actor(), subject_id) or abort(404)
