"""The business's page of studios: papers, contracts, rooms (BO-08, CM-11)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import abort, redirect, render_template, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup

from ppvcms.api import Refusal, alerts_of, current_actor, people, policy, room_named

from . import contracts, rooms
from . import people as crew
from .forms import DecisionForm, InviteForm
from .pages import blueprint, show_refusal, tell
from .views import first_wording, wording_of_form

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from ppvcms.api import Actor

OWNER = "studios.manage"


@blueprint.get("/admin")
@policy(who=OWNER)
def admin() -> ResponseReturnValue:
    """Show every studio that sent papers, those that wait first."""
    rows = crew.studios()
    sizes = {row.user_id: len(contracts.running(studio_id=row.user_id)) for row in rows}
    known = people(row.user_id for row in rows)
    names = {one: actor.name for one, actor in known.items()}
    return render_template("studios/admin.html", rows=rows, sizes=sizes, names=names)


@blueprint.get("/admin/<studio_id>")
@policy(who=OWNER)
def admin_one(studio_id: str) -> ResponseReturnValue:
    """Show one studio: papers, people, every contract, rooms."""
    return _page(studio_id, InviteForm(formdata=None, data=first_wording()))


@blueprint.post("/admin/<studio_id>/decide")
@policy(who=OWNER)
def decide(studio_id: str) -> ResponseReturnValue:
    """Confirm or refuse a studio, and set the ratio of its people."""
    form = DecisionForm()
    if not form.validate():
        tell(Refusal("invalid", _("A ratio is between 0 and 100. Nothing was changed.")), "")
        return redirect(url_for("studios.admin_one", studio_id=studio_id))
    refusal = crew.decide(
        studio_id,
        confirmed=request.form.get("decision") == "confirm",
        note=form.note.data or "",
        ratio_percent=form.ratio_percent.data,
        by=current_actor(),
    )
    tell(refusal, _("Saved, and they were told."))
    return redirect(url_for("studios.admin_one", studio_id=studio_id))


@blueprint.post("/admin/<studio_id>/offer")
@policy(who=OWNER)
def offer(studio_id: str) -> ResponseReturnValue:
    """Offer a contract of this studio to somebody, who still has to accept it."""
    studio = people([studio_id]).get(studio_id) or abort(404)
    form = InviteForm()
    if form.validate():
        wording, by = wording_of_form(form), current_actor()
        answer = crew.invite(studio, form.name.data or "", "", wording, by=by)
        if not isinstance(answer, Refusal):
            tell(None, _("Offered. It holds once it is accepted."))
            return redirect(url_for("studios.admin_one", studio_id=studio_id))
        show_refusal(form, answer)
    return _page(studio_id, form)


@blueprint.post("/admin/<studio_id>/rooms")
@policy(who=OWNER)
def adopt(studio_id: str) -> ResponseReturnValue:
    """Let a room belong to this studio."""
    room = room_named(request.form.get("room", "").strip().lower())
    refusal: Refusal | None = Refusal("not_found", _("There is no room at this address."))
    if room is not None:
        refusal = rooms.adopt(room.id, studio_id, by=current_actor())
    tell(refusal, _("The room belongs to them now."))
    return redirect(url_for("studios.admin_one", studio_id=studio_id))


def _page(studio_id: str, offering: InviteForm) -> ResponseReturnValue:
    row = next((one for one in crew.studios() if one.user_id == studio_id), None)
    if row is None:
        abort(404)
    versions = contracts.all_of(studio_id=studio_id)
    known = people([studio_id, *(one.performer_id for one in versions)])
    return render_template(
        "studios/admin_one.html",
        row=row,
        form=DecisionForm(formdata=None, obj=row),
        offering=offering,
        versions=versions,
        names={one: actor.name for one, actor in known.items()},
        rooms=rooms.rooms(studio_id),
        alerts=alerts_of([studio_id]).get(studio_id, ()),
    )


def waits(actor: Actor) -> Markup | None:
    """Return how many companies wait to be confirmed, for the first page of who decides."""
    count = sum(row.state == "asked" for row in crew.studios()) if actor.can(OWNER) else 0
    html = render_template("studios/waits.html", count=count) if count else ""
    return Markup(html) if html else None  # noqa: S704 - rendered by our own template, which escapes
