"""The regions of the theme: which blocks stand around the pages of the site."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from flask import redirect, render_template, url_for
from flask_babel import gettext as _
from flask_wtf import FlaskForm

from ppvcms.content import regions as store
from ppvcms.content.blocks import too_large
from ppvcms.errors import NotFoundError
from ppvcms.web.admin.block_editor import Editor
from ppvcms.web.admin.frame import blueprint, tell
from ppvcms.web.blocks import label_of
from ppvcms.web.guards import current_actor, policy

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


class Region(NamedTuple):
    """A place around the pages, where it lies, what stands there, and whether it is shown."""

    name: str
    label: str
    where: str
    blocks: tuple[str, ...]
    shown: bool


@blueprint.get("/regions")
@policy(who="pages.manage")
def regions() -> ResponseReturnValue:
    """List the places around the pages."""
    return render_template("admin/regions.html", regions=_regions())


@blueprint.route("/regions/<name>", methods=["GET", "POST"])
@policy(who="pages.manage")
def region(name: str) -> ResponseReturnValue:
    """Change the blocks of one place."""
    one = next((each for each in _regions() if each.name == name), None)
    if one is None:
        raise NotFoundError(name[:40])
    form, stored = FlaskForm(), store.blocks_in(name)
    editor = Editor.typed(stored) if form.is_submitted() else Editor.of(stored)
    acted = form.is_submitted() and editor.act()
    if form.is_submitted() and not acted and editor.fits() and form.validate():
        if not too_large(editor.blocks):
            store.save_region(name, editor.blocks, actor_id=current_actor().user_id)
            tell(None, _("Saved. Visitors see it now."))
            return redirect(url_for("admin.region", name=name))
        editor.problems.append(_("This is more than one place holds. Nothing was saved."))
    page = render_template("admin/region.html", one=one, form=form, editor=editor)
    return page, 422 if form.is_submitted() and not acted else 200


def region_label(name: str) -> str:
    """Return what a place around the pages is called."""
    return _words()[name][0] if name in _words() else name


def _regions() -> list[Region]:
    shown, filled = store.shown_regions(), store.all_regions()
    return [
        Region(
            name,
            label,
            where,
            tuple(label_of(one.name) for one in filled.get(name, ())),
            name in shown,
        )
        for name, (label, where) in _words().items()
    ]


def _words() -> dict[str, tuple[str, str]]:
    return {
        "header": (_("Below the header"), _("On public pages, except rooms.")),
        "home": (_("Above the list"), _("On the start page, as long as nothing is filtered.")),
        "listing_side": (_("Beside the list"), _("On the start page; on phones below the list.")),
        "footer": (_("Above the footer"), _("On public pages, except rooms.")),
    }
