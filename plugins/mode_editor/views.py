"""The editor's pages in the back office."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from ppvcms.api import PluginBlueprint, Refusal, current_actor, policy, role_names

from . import services
from .bases import BASES
from .forms import VOYEURS, ModeForm
from .preview import panel_of

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from .models import OwnMode

blueprint = PluginBlueprint("mode_editor", __name__, url_prefix="/mode-editor")
MANAGE = "mode_editor.manage"
FRESH: dict[str, Any] = {
    "base": "group",
    "icon": "stars",
    "rate": 100,
    "rate_least": 50,
    "rate_most": 2000,
    "own_rates": True,
    "grace_s": 30,
    "minimum_minutes": 0,
    "slots": 0,
    "voyeurs": "never",
    "weight": 0,
}


@blueprint.get("/")
@policy(who=MANAGE)
def index() -> ResponseReturnValue:
    """List the owner's modes."""
    return render_template(
        "mode_editor/index.html",
        modes=services.all_modes(),
        bases=BASES,
        roles=role_names(),
        voyeurs=VOYEURS,
    )


@blueprint.route("/new", methods=["GET", "POST"])
@policy(who=MANAGE)
def new() -> ResponseReturnValue:
    """Make a mode, from nothing or as a copy of another one."""
    form = ModeForm(data=FRESH)
    copied = services.find(request.args.get("of", "")) if request.method == "GET" else None
    if copied is not None:
        form = ModeForm(data=_values(copied) | {"name": _("%(name)s, copy", name=copied.name)})
    return _edit(form, None)


@blueprint.route("/<mode_id>", methods=["GET", "POST"])
@policy(who=MANAGE)
def edit(mode_id: str) -> ResponseReturnValue:
    """Change a mode; what runs keeps its terms."""
    found = services.find(mode_id) or abort(404)
    form = ModeForm(data=_values(found))
    # What it is made from holds for good: seats and receipts were made under it.
    form.base.data = found.base
    return _edit(form, found)


@blueprint.post("/<mode_id>/switch")
@policy(who=MANAGE)
def switch(mode_id: str) -> ResponseReturnValue:
    """Delete a mode, or bring it back."""
    offered = request.form.get("offered") == "1"
    answer = services.switch(mode_id, offered=offered, actor_id=current_actor().user_id)
    if isinstance(answer, Refusal):
        flash(str(answer), "error")
    elif offered:
        flash(_("'%(name)s' is offered again.", name=answer.name), "success")
    else:
        flash(
            _("'%(name)s' is deleted: no show begins in it. Receipts keep it.", name=answer.name),
            "success",
        )
    return redirect(url_for("mode_editor.index"))


@blueprint.post("/preview")
@policy(who=MANAGE, rate="240 per minute")
def preview() -> ResponseReturnValue:
    """Return the panel as clients would see it, while the form is being filled."""
    form = ModeForm()
    form.validate()
    return render_template("mode_editor/_panel.html", panel=panel_of(form.draft()))


def _edit(form: ModeForm, found: OwnMode | None) -> ResponseReturnValue:
    if form.validate_on_submit():
        draft, actor_id = form.draft(), current_actor().user_id
        answer = (
            services.make(draft, actor_id=actor_id)
            if found is None
            else services.change(found.id, draft, actor_id=actor_id)
        )
        if not isinstance(answer, Refusal):
            flash(_("'%(name)s' is saved and offered at once.", name=answer.name), "success")
            return redirect(url_for("mode_editor.index"))
        form.form_errors.append(str(answer))
    page = render_template(
        "mode_editor/edit.html",
        form=form,
        mode=found,
        bases=BASES,
        panel=panel_of(form.draft()),
    )
    return page, 422 if form.is_submitted() else 200


def _values(row: OwnMode) -> dict[str, Any]:
    columns = {column.name: getattr(row, column.name) for column in row.__table__.columns}
    return columns | {
        "watch_roles": row.watch_roles.get("only", []),
        "use_roles": row.use_roles.get("only", []),
    }
