"""The customiser: a form beside the site as it would be, saved as a draft until published."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import abort, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _

from ppvcms.host import customise as looks
from ppvcms.host import themes
from ppvcms.host.customise import DRAFT
from ppvcms.host.settings import site
from ppvcms.host.snapshot import core_template
from ppvcms.host.worn import begin
from ppvcms.results import Refusal
from ppvcms.web.admin import look_forms
from ppvcms.web.admin.frame import blueprint, tell
from ppvcms.web.admin.themes import MANAGE
from ppvcms.web.cards import language_name
from ppvcms.web.guards import current_actor, policy

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from ppvcms.host.looks import Look


@blueprint.get("/themes/customise")
@policy(who=MANAGE)
def customise() -> ResponseReturnValue:
    """Show the form, and beside it the site under the draft."""
    slug = request.args.get("theme") or site().theme
    if refusal := themes.unusable(slug):
        flash(str(refusal), "error")
        return redirect(url_for("admin.themes"))
    begin(slug, framed=True)
    look = looks.look_of(slug, DRAFT)
    return render_template(
        core_template("admin/customise.html"),
        theme=next(theme for theme in themes.overview() if theme.slug == slug),
        look=look,
        colours=look_forms.colour_fields(slug, look),
        words=look_forms.word_fields(slug, look),
        sections=look_forms.sections_of(slug, look),
        fonts=looks.fonts(),
        language_name=language_name,
        warnings=look_forms.contrast_warnings(slug, look),
        changed=looks.has_draft(slug),
        undoable=looks.can_undo(slug),
    )


@blueprint.post("/themes/<slug>/look.json")
@policy(who=MANAGE)
def look_draft(slug: str) -> ResponseReturnValue:
    """Keep what was typed as a draft, and say what the frame has to load."""
    look = _typed(slug)
    if isinstance(look, Refusal):
        return jsonify(error={"code": look.code, "reason": str(look)}), 422
    looks.save_draft(slug, look)
    begin(slug, framed=True)
    return jsonify(
        sheet=looks.sheet_address(slug, DRAFT),
        warnings=look_forms.contrast_warnings(slug, look),
        changed=looks.has_draft(slug),
    )


@blueprint.post("/themes/<slug>/look")
@policy(who=MANAGE)
def look_publish(slug: str) -> ResponseReturnValue:
    """Show everybody what was typed; without script the same form keeps a draft."""
    look = _typed(slug)
    if isinstance(look, Refusal):
        flash(str(look), "error")
    elif request.form.get("act") == "draft":
        looks.save_draft(slug, look)
        flash(_("The draft is kept. Visitors do not see it yet."), "success")
    else:
        looks.publish(slug, look, actor_id=current_actor().user_id)
        flash(_("Published. Visitors of this theme see it from now on."), "success")
    return redirect(url_for("admin.customise", theme=slug))


@blueprint.post("/themes/<slug>/look/undo")
@policy(who=MANAGE)
def look_undo(slug: str) -> ResponseReturnValue:
    """Show visitors what was published before."""
    refusal = looks.undo(_usable(slug), actor_id=current_actor().user_id)
    tell(refusal, _("Visitors see what was published before. Do it again to change back."))
    return redirect(url_for("admin.customise", theme=slug))


@blueprint.post("/themes/<slug>/look/discard")
@policy(who=MANAGE)
def look_discard(slug: str) -> ResponseReturnValue:
    """Forget the draft."""
    looks.discard(_usable(slug))
    flash(_("The draft is gone. The form shows what visitors see."), "success")
    return redirect(url_for("admin.customise", theme=slug))


@blueprint.post("/themes/<slug>/look/reset")
@policy(who=MANAGE)
def look_reset(slug: str) -> ResponseReturnValue:
    """Make a draft of the theme's own look."""
    looks.reset(_usable(slug))
    flash(_("The draft is the theme's own look. Publish it to show it to visitors."), "success")
    return redirect(url_for("admin.customise", theme=slug))


def _typed(slug: str) -> Look | Refusal:
    now = looks.look_of(_usable(slug), DRAFT)
    typed = look_forms.look_typed(slug, now, request.form)
    return look_forms.with_pictures(typed, request.files, request.form)


def _usable(slug: str) -> str:
    if themes.unusable(slug) is not None:
        abort(404)
    return slug
