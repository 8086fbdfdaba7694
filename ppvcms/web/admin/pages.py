"""Pages and menus of the site, written in Markdown with a preview."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from ppvcms.content import services
from ppvcms.content.models import Page
from ppvcms.db import db
from ppvcms.errors import NotFoundError
from ppvcms.results import Refusal
from ppvcms.web.admin.frame import blueprint, tell
from ppvcms.web.guards import current_actor, policy

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

MENUS = (("main", _l("At the top")), ("footer", _l("At the foot")), ("account", _l("Account menu")))


class PageForm(FlaskForm):
    """A page of text."""

    title = StringField(_l("Title"), [InputRequired(), Length(max=120)])
    slug = StringField(
        _l("Address"),
        [InputRequired(), Length(max=64)],
        description=_l("Small letters, digits and hyphens; it stands behind /p/."),
    )
    body = TextAreaField(
        _l("Text"),
        [Length(max=100_000)],
        description=_l("Markdown: ## heading, **bold**, [words](https://address), - list."),
    )
    published = BooleanField(_l("Published"), default=True)


class MenuForm(FlaskForm):
    """A line of a menu."""

    menu = SelectField(_l("Menu"))
    label = StringField(_l("Words"), [InputRequired(), Length(max=64)])
    url = StringField(
        _l("Leads to"),
        [InputRequired(), Length(max=300)],
        description=_l("A page such as /p/terms, or an address that begins with https://."),
    )
    weight = IntegerField(_l("Place"), [Optional(), NumberRange(0, 999)], default=0)


@blueprint.get("/pages")
@policy(who="pages.manage")
def pages() -> ResponseReturnValue:
    """List pages and menus."""
    return _lists(_menu_form(formdata=None))


@blueprint.route("/pages/new", methods=["GET", "POST"])
@policy(who="pages.manage")
def page_new() -> ResponseReturnValue:
    """Write a page."""
    return _edit(None, PageForm())


@blueprint.route("/pages/<page_id>", methods=["GET", "POST"])
@policy(who="pages.manage")
def page_edit(page_id: str) -> ResponseReturnValue:
    """Change a page."""
    row = db.session.get(Page, page_id, populate_existing=True)
    if row is None:
        raise NotFoundError(page_id)
    return _edit(page_id, PageForm(obj=row))


@blueprint.post("/pages/preview")
@policy(who="pages.manage", rate="120 per minute")
def page_preview() -> ResponseReturnValue:
    """Return a text as clean HTML, for the editor."""
    sent = request.get_json(silent=True) or {}
    return str(services.render_text(str(sent.get("text", ""))[:100_000]))


@blueprint.post("/pages/<page_id>/delete")
@policy(who="pages.manage")
def page_delete(page_id: str) -> ResponseReturnValue:
    """Delete a page."""
    services.delete_page(page_id, actor_id=current_actor().user_id)
    tell(None, _("The page is gone. Menus that lead to it are not: look at them below."))
    return redirect(url_for("admin.pages"))


@blueprint.post("/menus")
@policy(who="pages.manage")
def menu_add() -> ResponseReturnValue:
    """Add a line to a menu."""
    form = _menu_form()
    if form.validate():
        refusal = services.save_menu_entry(
            menu=form.menu.data,
            label=form.label.data or "",
            url=form.url.data or "",
            weight=form.weight.data or 0,
            actor_id=current_actor().user_id,
        )
        if tell(refusal, _("The menu has a new line.")):
            return redirect(url_for("admin.pages"))
    return _lists(form), 422


@blueprint.post("/menus/<entry_id>/delete")
@policy(who="pages.manage")
def menu_delete(entry_id: str) -> ResponseReturnValue:
    """Take a line out of its menu."""
    services.delete_menu_entry(entry_id, actor_id=current_actor().user_id)
    tell(None, _("The line is gone from its menu."))
    return redirect(url_for("admin.pages"))


def _menu_form(**given: Any) -> MenuForm:
    form = MenuForm(**given)
    form.menu.choices = list(MENUS)
    return form


def _lists(form: MenuForm) -> str:
    menus = [(name, services.menu_entries(key)) for key, name in MENUS]
    return render_template("admin/pages.html", pages=services.pages(), menus=menus, form=form)


def _edit(page_id: str | None, form: PageForm) -> ResponseReturnValue:
    if form.validate_on_submit():
        answer = services.save_page(
            page_id=page_id,
            slug=(form.slug.data or "").strip(),
            title=(form.title.data or "").strip(),
            body=form.body.data or "",
            published=bool(form.published.data),
            actor_id=current_actor().user_id,
        )
        if not isinstance(answer, Refusal):
            tell(None, _("The page is saved."))
            return redirect(url_for("admin.page_edit", page_id=answer.id))
        form.slug.errors = [str(answer)]
    page = render_template(
        "admin/page.html",
        form=form,
        page_id=page_id,
        preview=services.render_text(form.body.data or ""),
    )
    return page, 422 if form.is_submitted() else 200
