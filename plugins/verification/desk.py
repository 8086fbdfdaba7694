"""The pages of who reviews, and the records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup

from ppvcms.api import audit, csv_file, current_actor, names_of, policy, public_url, transaction

from . import records as books
from . import review
from .forms import questions
from .members import members_of
from .pages import blueprint
from .presence import latest
from .services import State, case_of, details_of
from .subjects import kinds_of, names_of_subjects
from .words import state_text, state_tone

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from ppvcms.api import Actor

REVIEW = "verification.review"
PAPERS = "verification.papers"
RECORDS = "verification.records"
TABS = (State.WAITING, State.NEW, State.MORE, State.APPROVED, State.REFUSED, State.SUSPENDED)


@blueprint.get("/queue")
@policy(who=REVIEW)
def queue() -> ResponseReturnValue:
    """List people by the state of their verification."""
    asked = request.args.get("state", "")
    state = State(asked) if asked in set(State) else State.WAITING
    return render_template(
        "verification/queue.html",
        rows=review.queue(state),
        state=state,
        tabs=[(one, state_text(one)) for one in TABS],
        counts=review.counts(),
        tone=state_tone(state),
    )


@blueprint.get("/people/<user_id>")
@policy(who=REVIEW)
def case(user_id: str) -> ResponseReturnValue:
    """Show one verification; reading who somebody is by law is logged."""
    name = _name_or_404(user_id)
    known = details_of(user_id)
    if known is not None:
        _log_reading(user_id)
    found = case_of(user_id)
    return render_template(
        "verification/case.html",
        user_id=user_id,
        name=name,
        case=found,
        details=known,
        asked=[(one.label, known.own.get(one.key, "")) for one in questions()] if known else [],
        kinds={kind.key: kind.label for kind in kinds_of(user_id).values()},
        looks=review.looks_at(user_id),
        names=names_of({look.viewer_id for look, _paper in review.looks_at(user_id)}),
        text=state_text(found.state),
        tone=state_tone(found.state),
        verdicts=[one for one, states in review.FROM.items() if found.state in states],
        State=State,
        members=members_of(user_id),
        stays=latest(user_id, limit=20),
        state_text=state_text,
        state_tone=state_tone,
        bringers=names_of({paper.brought_by for paper in found.papers} - {user_id}),
    )


@blueprint.post("/people/<user_id>/decide")
@policy(who=REVIEW)
def decide(user_id: str) -> ResponseReturnValue:
    """Approve, refuse, ask for more or suspend."""
    _name_or_404(user_id)
    asked = request.form.get("verdict", "")
    if asked not in {verdict.value for verdict in review.FROM}:
        abort(400)
    reason = request.form.get("reason", "")
    refusal = review.decide(current_actor(), user_id, State(asked), reason)
    flash(str(refusal) if refusal else _("Decided. The person was told."), _tone(refusal))
    return redirect(url_for("verification.case", user_id=user_id))


@blueprint.post("/papers/<paper_id>/open")
@policy(who=PAPERS, rate="120 per hour")
def open_paper(paper_id: str) -> ResponseReturnValue:
    """Show one paper once; the look is in the log before the picture is sent."""
    look = review.open_paper(current_actor(), paper_id)
    if look is None:
        abort(404)
    page = render_template(
        "verification/paper.html", look=look, user_id=request.form.get("user_id", "")[:26]
    )
    return page, 200, {"Cache-Control": "no-store"}


@blueprint.get("/looks/<look_id>")
@policy(who=PAPERS)
def look(look_id: str) -> ResponseReturnValue:
    """Send the picture of one look, once."""
    picture = review.send_look(current_actor(), look_id)
    if picture is None:
        abort(404)
    headers = {"Cache-Control": "no-store", "Content-Disposition": "inline; filename=paper.jpg"}
    return Response(picture, mimetype="image/jpeg", headers=headers)


@blueprint.get("/records")
@policy(who=RECORDS)
def records() -> ResponseReturnValue:
    """List everybody of whom there are papers or shows."""
    return render_template("verification/records.html", rows=books.records())


@blueprint.get("/records.csv")
@policy(who=RECORDS)
def records_file() -> ResponseReturnValue:
    """Hand the records over as a table; that is logged."""
    actor = current_actor()
    transaction(
        lambda session: audit(
            session, actor.user_id, "verification.records.exported", "records:all"
        )
    )
    head = ["stage_name", "legal_name", "other_names", "papers", "seen_at", "shown_at", "address"]
    return csv_file("records", head, books.sheet(public_url()))


def _log_reading(user_id: str) -> None:
    actor_id = current_actor().user_id
    transaction(
        lambda session: audit(session, actor_id, "verification.details.read", f"user:{user_id}")
    )


def _name_or_404(user_id: str) -> str:
    name = names_of_subjects([user_id]).get(user_id)
    if name is None:
        abort(404)
    return name


def _tone(refusal: object) -> str:
    return "success" if refusal is None else "error"


def waits(actor: Actor) -> Markup | None:
    """Return how many papers wait, for the first page of who may look at them."""
    count = review.counts()[State.WAITING] if actor.can(REVIEW) else 0
    html = render_template("verification/waits.html", count=count) if count else ""
    return Markup(html) if html else None  # noqa: S704 - rendered by our own template, which escapes
