"""What the pages of one subject do, whoever opens them: show, keep, send."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from wtforms import DateField, FileField
from wtforms.validators import Optional

from ppvcms.api import PluginBlueprint, current_actor, names_of, part_of

from .forms import details_form
from .members import members_of
from .services import Details, State, add_paper, case_of, details_of, save_details, send
from .subjects import PERFORM, Hand, hand_of, is_company, kinds_of, names_of_subjects
from .vault import SLUG
from .words import state_text, state_tone

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from ppvcms.api import Refusal

    from .forms import DetailsForm

blueprint = PluginBlueprint(SLUG, __name__, url_prefix="/verification")
OWN = {"page": "mine", "details": "details", "bring": "bring", "send": "send_all"}
FOR = {
    "page": "subject",
    "details": "subject_details",
    "bring": "subject_bring",
    "send": "subject_send",
}


class PaperForm(FlaskForm):
    """A paper to bring."""

    picture = FileField()
    expires_on = DateField(validators=[Optional()])


def me() -> str:
    """Return the id of who asks."""
    return str(current_actor().user_id)


def page(subject_id: str, form: DetailsForm | None = None) -> str:
    """Show how far a subject's verification is, and what to do next."""
    known, case = details_of(subject_id), case_of(subject_id)
    hand = hand_of(current_actor(), subject_id)
    kinds = kinds_of(subject_id)
    own = subject_id == me()
    part = part_of(subject_id) if own else None
    bringers = names_of({paper.brought_by for paper in case.papers} - {subject_id, me()})
    return render_template(
        "verification/mine.html",
        form=form or details_form(_values(known) if known and hand is Hand.OWN else {}),
        case=case,
        name=names_of_subjects([subject_id]).get(subject_id, ""),
        own=own,
        company=is_company(subject_id),
        helps=hand is Hand.PAPERS,
        kinds=kinds.values(),
        by_kind={key: [one for one in case.papers if one.kind == key] for key in kinds},
        bringers=bringers,
        text=state_text(case.state),
        tone=state_tone(case.state),
        state_text=state_text,
        state_tone=state_tone,
        may_bring=case.state is not State.SUSPENDED,
        members=members_of(subject_id) if own else [],
        helped=part is not None and case.helper_id == part.studio_id,
        studio=names_of([part.studio_id]).get(part.studio_id) if part is not None else None,
        url=lambda what, **more: _address(subject_id, what, **more),
        layout="layouts/performer.html" if current_actor().can(PERFORM) else "layouts/studio.html",
    )


def keep_details(subject_id: str) -> ResponseReturnValue:
    """Keep who a subject is by law."""
    form = details_form({})
    if form.validate_on_submit():
        said = Details(
            legal_name=" ".join((form.legal_name.data or "").split()),
            other_names=(form.other_names.data or "").strip(),
            born_on=form.born_on.data.isoformat() if form.born_on.data else "",
            address=(form.address.data or "").strip(),
            own=form.own(),
        )
        answer = save_details(current_actor(), said, subject_id)
        if answer is None:
            done = _("Saved. Nobody but the people who verify you can see it.")
            return back(subject_id, None, done)
        if answer.code == "born_on":
            form.born_on.errors = [str(answer)]
        else:
            form.form_errors.append(str(answer))
    return page(subject_id, form), 422


def keep_paper(subject_id: str, kind: str) -> ResponseReturnValue:
    """Keep a paper of a subject."""
    form = PaperForm()
    file = request.files.get("picture")
    if file is None or not file.filename:
        flash(_("Choose a picture first."), "warning")
        return redirect(_address(subject_id, "page", _anchor=kind))
    answer = add_paper(current_actor(), kind, file.read(), form.expires_on.data, subject_id)
    return back(subject_id, answer, _("The paper is kept, encrypted."), anchor=kind)


def send_case(subject_id: str) -> ResponseReturnValue:
    """Ask that a subject is verified."""
    answer = send(current_actor(), subject_id)
    return back(subject_id, answer, _("Sent. You will hear from us by mail."))


def back(
    subject_id: str, refusal: Refusal | None, done: str, *, anchor: str | None = None
) -> ResponseReturnValue:
    """Say what came of it on the subject's page."""
    flash(str(refusal) if refusal else done, "error" if refusal else "success")
    return redirect(_address(subject_id, "page", _anchor=anchor))


def _address(subject_id: str, what: str, **more: Any) -> str:
    """Return the address of a page or an act of a subject."""
    if subject_id == me() and current_actor().can(PERFORM):
        return url_for(f"verification.{OWN[what]}", **more)
    return url_for(f"verification.{FOR[what]}", subject_id=subject_id, **more)


def _values(known: Details) -> dict[str, object]:
    own = {f"own_{key}": value for key, value in known.own.items()}
    return {
        "legal_name": known.legal_name,
        "other_names": known.other_names,
        "born_on": date.fromisoformat(known.born_on),
        "address": known.address,
        **own,
    }
