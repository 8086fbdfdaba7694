"""The pages of who is verified, and what stands on other pages."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from markupsafe import Markup
from wtforms import DateField, FileField
from wtforms.validators import Optional

from ppvcms.api import PluginBlueprint, current_actor, policy, settings

from .forms import details_form, paper_kinds
from .services import (
    Details,
    State,
    add_paper,
    case_of,
    details_of,
    remove_paper,
    save_details,
    send,
)
from .vault import SLUG
from .words import state_text, state_tone

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from ppvcms.api import Refusal, SlotContext

    from .forms import DetailsForm

PERFORM = "room.perform"
blueprint = PluginBlueprint(SLUG, __name__, url_prefix="/verification")


class PaperForm(FlaskForm):
    """A paper to bring."""

    picture = FileField()
    expires_on = DateField(validators=[Optional()])


@blueprint.get("/")
@policy(who=PERFORM)
def mine() -> ResponseReturnValue:
    """Show how far one's verification is, and what to do next."""
    known = details_of(_me())
    values = _values(known) if known else {}
    return _page(details_form(values))


@blueprint.post("/details")
@policy(who=PERFORM, rate="30 per hour")
def details() -> ResponseReturnValue:
    """Keep who one is by law."""
    form = details_form({})
    if form.validate_on_submit():
        answer = save_details(
            current_actor(),
            Details(
                legal_name=" ".join((form.legal_name.data or "").split()),
                other_names=(form.other_names.data or "").strip(),
                born_on=form.born_on.data.isoformat() if form.born_on.data else "",
                address=(form.address.data or "").strip(),
                own=form.own(),
            ),
        )
        if answer is None:
            return _back(None, _("Saved. Nobody but the people who verify you can see it."))
        if answer.code == "born_on":
            form.born_on.errors = [str(answer)]
        else:
            form.form_errors.append(str(answer))
    return _page(form), 422


@blueprint.post("/papers/<kind>")
@policy(who=PERFORM, rate="60 per hour")
def bring(kind: str) -> ResponseReturnValue:
    """Keep a paper."""
    form = PaperForm()
    file = request.files.get("picture")
    if file is None or not file.filename:
        flash(_("Choose a picture first."), "warning")
        return redirect(url_for("verification.mine", _anchor=kind))
    answer = add_paper(current_actor(), kind, file.read(), form.expires_on.data)
    return _back(answer, _("The paper is kept, encrypted."), anchor=kind)


@blueprint.post("/papers/<paper_id>/remove")
@policy(who=PERFORM)
def take_back(paper_id: str) -> ResponseReturnValue:
    """Take a paper back."""
    return _back(remove_paper(current_actor(), paper_id), _("The paper is deleted."))


@blueprint.post("/send")
@policy(who=PERFORM, rate="20 per hour")
def send_all() -> ResponseReturnValue:
    """Ask to be verified."""
    return _back(send(current_actor()), _("Sent. You will hear from us by mail."))


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


def _page(form: DetailsForm) -> str:
    case = case_of(_me())
    by_kind = {
        kind.key: [paper for paper in case.papers if paper.kind == kind.key]
        for kind in paper_kinds().values()
    }
    return render_template(
        "verification/mine.html",
        form=form,
        paper_form=PaperForm(),
        case=case,
        kinds=paper_kinds().values(),
        by_kind=by_kind,
        text=state_text(case.state),
        tone=state_tone(case.state),
        may_bring=case.state is not State.SUSPENDED,
    )


def _values(known: Details) -> dict[str, object]:
    own = {f"own_{key}": value for key, value in known.own.items()}
    return {
        "legal_name": known.legal_name,
        "other_names": known.other_names,
        "born_on": date.fromisoformat(known.born_on),
        "address": known.address,
        **own,
    }


def _me() -> str:
    return str(current_actor().user_id)


def _back(refusal: Refusal | None, done: str, *, anchor: str | None = None) -> ResponseReturnValue:
    flash(str(refusal) if refusal else done, "error" if refusal else "success")
    return redirect(url_for("verification.mine", _anchor=anchor))
