"""Menus of the site: their order, their words, and who sees each line."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, SelectField, StringField
from wtforms.validators import Length

from ppvcms.content import menus as store
from ppvcms.content.audiences import ALL, VISITORS
from ppvcms.errors import NotFoundError
from ppvcms.host.labels import label
from ppvcms.web.admin.frame import blueprint, tell
from ppvcms.web.admin.pages import readers
from ppvcms.web.guards import current_actor, policy
from ppvcms.web.menus import Line, lines
from ppvcms.web.people import choices

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


class LineForm(FlaskForm):
    """A line of a menu."""

    menu = SelectField(_l("Menu"))
    label = StringField(_l("Words"), [Length(max=64)])
    url = StringField(
        _l("Leads to"),
        [Length(max=300)],
        description=_l("A page such as /p/terms, or an address that begins with https://."),
    )
    audience = SelectField(_l("Who sees it"), default=ALL)
    hidden = BooleanField(_l("Hidden"))


@blueprint.get("/menus")
@policy(who="pages.manage")
def menus() -> ResponseReturnValue:
    """List the menus with all their lines."""
    return _lists(_form(formdata=None))


@blueprint.post("/menus")
@policy(who="pages.manage")
def menu_add() -> ResponseReturnValue:
    """Add a line to a menu."""
    form = _form()
    if form.validate() and _saved(form.menu.data, None, form):
        tell(None, _("The menu has a new line."))
        return redirect(url_for("admin.menus"))
    return _lists(form), 422


@blueprint.route("/menus/<name>/line", methods=["GET", "POST"])
@policy(who="pages.manage")
def menu_line(name: str) -> ResponseReturnValue:
    """Change the words of a line, where an own one leads, and who sees it."""
    line = _line(name, request.args.get("key", ""))
    words = line.name if line.own else line.label
    form = _form(line.audience, data=asdict(line) | {"label": words, "menu": name})
    if form.validate_on_submit() and _saved(name, line.key, form):
        tell(None, _("The line is saved."))
        return redirect(url_for("admin.menus"))
    page = render_template("admin/menu_line.html", form=form, line=line, where=_names()[name])
    return page, 422 if form.is_submitted() else 200


@blueprint.post("/menus/<name>/move")
@policy(who="pages.manage")
def menu_move(name: str) -> ResponseReturnValue:
    """Move a line one place up or down."""
    line = _line(name, request.form.get("key", ""))
    keys = [one.key for one in lines(name)]
    here = keys.index(line.key)
    there = here + (1 if request.form.get("way") == "down" else -1)
    if 0 <= there < len(keys):
        keys[here], keys[there] = keys[there], keys[here]
        store.order_lines(name, keys, actor_id=current_actor().user_id)
    return redirect(url_for("admin.menus", _anchor=f"menu-{name}"))


@blueprint.post("/menus/<name>/forget")
@policy(who="pages.manage")
def menu_forget(name: str) -> ResponseReturnValue:
    """Take an own line out of its menu; make another's as it came."""
    line = _line(name, request.form.get("key", ""))
    store.forget_line(name, line.key, actor_id=current_actor().user_id)
    gone, reset = _("The line is gone from its menu."), _("The line is as it came.")
    tell(None, gone if line.own else reset)
    return redirect(url_for("admin.menus"))


def _names() -> dict[str, str]:
    return {
        "main": _("At the top"),
        "footer": _("At the foot"),
        "account": _("Account menu"),
        "performer": _("Dashboard: %(who)s", who=label("performer")),
        "studio": _("Dashboard: %(who)s", who=label("studio")),
    }


def _line(name: str, key: str) -> Line:
    found = [line for line in lines(name) if line.key == key] if name in _names() else []
    if not found:
        raise NotFoundError(key)
    return found[0]


def _form(kept: str = ALL, **given: object) -> LineForm:
    form = LineForm(**given)
    form.menu.choices = choices(_names())
    form.audience.choices = choices(_watchers(kept))
    return form


def _watchers(kept: str = ALL) -> dict[str, str]:
    everybody = {ALL: _("Everybody"), VISITORS: _("Who is not signed in")}
    return everybody | readers(kept)


def _saved(name: str, key: str | None, form: LineForm) -> bool:
    wish = store.Wish(
        label=(form.label.data or "").strip(),
        url=(form.url.data or "").strip(),
        hidden=bool(form.hidden.data),
        audience=form.audience.data,
    )
    refusal = store.save_line(name, key, wish, actor_id=current_actor().user_id)
    if refusal is None:
        return True
    field = form[refusal.code] if refusal.code in form.data else form.label
    field.errors = [str(refusal)]
    return False


def _lists(form: LineForm) -> str:
    found = [(key, name, lines(key)) for key, name in _names().items()]
    return render_template("admin/menus.html", menus=found, form=form, words=_watchers())
