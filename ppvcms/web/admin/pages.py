"""Pages of the site in Markdown: drafts, moments, readers, and every save brought back."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateTimeLocalField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined] # no stub yet
from wtforms.validators import InputRequired, Length, Optional

from ppvcms.accounts.roles import role_list
from ppvcms.content import revisions, services
from ppvcms.content.audiences import ALL, ROLE, SIGNED_IN
from ppvcms.content.models import Page
from ppvcms.db import db, now_ms
from ppvcms.errors import NotFoundError
from ppvcms.host.settings import site
from ppvcms.results import Refusal
from ppvcms.web.admin.frame import blueprint, tell
from ppvcms.web.dates import local_in, moment_in
from ppvcms.web.guards import current_actor, policy
from ppvcms.web.people import choices, role_name

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

DRAFT, SCHEDULED, PUBLISHED = "draft", "scheduled", "published"
LOCAL = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]


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
    state = RadioField(
        _l("State"),
        choices=[
            SelectChoice(PUBLISHED, _l("Published")),
            SelectChoice(DRAFT, _l("Draft: nobody finds it")),
            SelectChoice(SCHEDULED, _l("Published from a moment on")),
        ],
        default=PUBLISHED,
    )
    publish_at = DateTimeLocalField(_l("From when"), [Optional()], format=LOCAL)
    audience = SelectField(_l("Who may read it"), default=ALL)
    search_title = StringField(
        _l("Title for search engines"),
        [Length(max=120)],
        description=_l("Empty: the page's own title."),
    )
    search_text = TextAreaField(
        _l("Description for search engines"),
        [Length(max=300)],
        description=_l("One or two sentences that stand below the title in a search."),
    )
    no_index = BooleanField(_l("Search engines should leave this page out"))


@blueprint.get("/pages")
@policy(who="pages.manage")
def pages() -> ResponseReturnValue:
    """List the pages of the site."""
    rows = [(row, state_of(row)) for row in services.pages()]
    return render_template("admin/pages.html", pages=rows, readers=readers())


@blueprint.route("/pages/new", methods=["GET", "POST"])
@policy(who="pages.manage")
def page_new() -> ResponseReturnValue:
    """Write a page."""
    return _edit(None, PageForm())


@blueprint.route("/pages/<page_id>", methods=["GET", "POST"])
@policy(who="pages.manage")
def page_edit(page_id: str) -> ResponseReturnValue:
    """Change a page."""
    row = _page(page_id)
    at = row.publish_at
    given = asdict(revisions.draft_of(row)) | {
        "state": state_of(row),
        "publish_at": local_in(at, site().time_zone) if at is not None else None,
    }
    return _edit(row, PageForm(data=given))


@blueprint.get("/pages/<page_id>/preview")
@policy(who="pages.manage")
def page_look(page_id: str) -> ResponseReturnValue:
    """Show a page as its readers will see it, a draft too."""
    row = _page(page_id)
    shown = services.shown(row)
    return render_template("site/page.html", page=shown, draft_id=row.id)


@blueprint.get("/pages/<page_id>/saves")
@policy(who="pages.manage")
def page_saves(page_id: str) -> ResponseReturnValue:
    """List what a page was after every save."""
    rows = revisions.revisions(page_id)
    return render_template("admin/page_saves.html", page=_page(page_id), saves=rows)


@blueprint.get("/pages/<page_id>/saves/<save_id>")
@policy(who="pages.manage")
def page_save(page_id: str, save_id: str) -> ResponseReturnValue:
    """Compare a save with the page of now."""
    row, kept = _page(page_id), revisions.revision(page_id, save_id)
    if kept is None:
        raise NotFoundError(save_id)
    old, new = revisions.draft_in(kept), revisions.draft_of(row)
    return render_template(
        "admin/page_save.html",
        page=row,
        save=kept,
        undoes=any(getattr(old, name) != getattr(new, name) for name in revisions.WORDS),
        lines=revisions.changed_lines(old.body, new.body),
        fields=[_compared(name, old, new) for name in revisions.changed_fields(old, new)],
    )


@blueprint.post("/pages/<page_id>/saves/<save_id>/undo")
@policy(who="pages.manage")
def page_undo(page_id: str, save_id: str) -> ResponseReturnValue:
    """Bring back the words of a save."""
    _page(page_id)
    refusal = services.undo(page_id, save_id, actor_id=current_actor().user_id)
    tell(refusal, _("The words of that save are back. What stood here before is kept too."))
    return redirect(url_for("admin.page_edit", page_id=page_id))


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
    tell(None, _("The page is gone. Menus that lead to it are not: look at them."))
    return redirect(url_for("admin.pages"))


def readers(kept: str = ALL) -> dict[str, str]:
    """Return who a page may be for, with words for each; `kept` stays to be chosen."""
    roles = {ROLE + role.key: role_name(role.key, role.name) for role in role_list()}
    found = {ALL: _("Everybody"), SIGNED_IN: _("Who is signed in"), **roles}
    found.setdefault(kept, _("A role that is gone"))
    return found


def state_of(row: Page) -> str:
    """Return whether a page is published, waits for its moment, or is a draft."""
    if not row.published:
        return DRAFT
    waits = row.publish_at is not None and row.publish_at > now_ms(db.session())
    return SCHEDULED if waits else PUBLISHED


def _page(page_id: str) -> Page:
    row = db.session.get(Page, page_id, populate_existing=True)
    if row is None:
        raise NotFoundError(page_id)
    return row


def _edit(row: Page | None, form: PageForm) -> ResponseReturnValue:
    # A role that is gone stays chosen: nothing opens a page but the owner's act.
    form.audience.choices = choices(readers(row.audience if row else ALL))
    if form.validate_on_submit() and (draft := _draft(form)) is not None:
        answer = services.save_page(
            draft, page_id=row.id if row else None, actor_id=current_actor().user_id
        )
        if not isinstance(answer, Refusal):
            tell(None, _("The page is saved."))
            return redirect(url_for("admin.page_edit", page_id=answer.id))
        form[answer.code].errors = [str(answer)]
    page = render_template(
        "admin/page.html",
        form=form,
        row=row,
        out=row is not None and state_of(row) == PUBLISHED,
        zone=site().time_zone,
        preview=services.render_text(form.body.data or ""),
    )
    return page, 422 if form.is_submitted() else 200


def _draft(form: PageForm) -> revisions.Draft | None:
    at = None
    if form.state.data == SCHEDULED:
        local = form.publish_at.data
        at = moment_in(local, site().time_zone) if local else None
        if at is None:
            missing = _("Say from when: a day and a time that the clocks have.")
            form.publish_at.errors = [missing]
            return None
    return revisions.Draft(
        slug=(form.slug.data or "").strip(),
        title=(form.title.data or "").strip(),
        body=form.body.data or "",
        published=form.state.data != DRAFT,
        publish_at=at,
        audience=form.audience.data,
        search_title=(form.search_title.data or "").strip(),
        search_text=" ".join((form.search_text.data or "").split()),
        no_index=bool(form.no_index.data),
    )


def _compared(name: str, old: revisions.Draft, new: revisions.Draft) -> tuple[str, object, object]:
    words = {
        "slug": _("Address"),
        "title": _("Title"),
        "published": _("Published"),
        "publish_at": _("From when"),
        "audience": _("Who may read it"),
        "search_title": _("Title for search engines"),
        "search_text": _("Description for search engines"),
        "no_index": _("Search engines should leave this page out"),
    }
    return words[name], _said(name, getattr(old, name)), _said(name, getattr(new, name))


def _said(name: str, value: Any) -> str:
    if name == "audience":
        return readers(value)[value]
    if name == "publish_at":
        return f"{local_in(value, site().time_zone):%Y-%m-%d %H:%M}" if value else "-"
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    return str(value) or "-"
