"""Pages of the site, built of blocks: drafts, moments, readers, and every save brought back."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, NamedTuple

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
from ppvcms.content.blocks import as_text, blocks_of, text_blocks
from ppvcms.content.models import Page
from ppvcms.content.plugin_pages import is_on, make_again, missing, title_of
from ppvcms.db import db, now_ms
from ppvcms.errors import NotFoundError
from ppvcms.host import dispatch, registry
from ppvcms.host.settings import site
from ppvcms.results import Refusal
from ppvcms.web.admin.block_editor import Editor
from ppvcms.web.admin.frame import blueprint, tell
from ppvcms.web.blocks import label_of
from ppvcms.web.dates import local_in, moment_in
from ppvcms.web.guards import current_actor, policy
from ppvcms.web.headers import show_in_own_frame
from ppvcms.web.people import choices, role_name

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from ppvcms.content.blocks import Placed

DRAFT, SCHEDULED, PUBLISHED = "draft", "scheduled", "published"
LONGEST_READERS = 120
LOCAL = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]


class PageForm(FlaskForm):
    """A page, but for its blocks."""

    title = StringField(_l("Title"), [InputRequired(), Length(max=120)])
    slug = StringField(
        _l("Address"),
        [InputRequired(), Length(max=64)],
        description=_l("Small letters, digits and hyphens; it stands behind /p/."),
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


class Row(NamedTuple):
    """A page in the list; `on` unless its plugin is off."""

    page: Page
    title: str
    state: str
    on: bool


@blueprint.get("/pages")
@policy(who="pages.manage")
def pages() -> ResponseReturnValue:
    """List the pages of the site."""
    rows = sorted(
        (Row(row, title_of(row), state_of(row), is_on(row.source)) for row in services.pages()),
        key=lambda one: one.title.casefold(),
    )
    words = page_readers()
    return render_template("admin/pages.html", pages=rows, readers=words, missing=missing())


@blueprint.route("/pages/new", methods=["GET", "POST"])
@policy(who="pages.manage")
def page_new() -> ResponseReturnValue:
    """Write a page."""
    return _edit(None, PageForm(), text_blocks(""))


@blueprint.route("/pages/<page_id>", methods=["GET", "POST"])
@policy(who="pages.manage")
def page_edit(page_id: str) -> ResponseReturnValue:
    """Change a page."""
    row = _page(page_id)
    at = row.publish_at
    given = asdict(revisions.draft_of(row)) | {
        "title": title_of(row),
        "state": state_of(row),
        "publish_at": local_in(at, site().time_zone) if at is not None else None,
    }
    return _edit(row, PageForm(data=given), blocks_of(row.blocks))


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
    row = _page(page_id)
    return render_template("admin/page_saves.html", page=row, name=title_of(row), saves=rows)


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
        name=title_of(row),
        lines=revisions.changed_lines(as_text(old.blocks, label_of), as_text(new.blocks, label_of)),
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
    """Show what the editor holds as its readers would see it, in a frame of the editor."""
    row = db.session.get(Page, request.form.get("page_id", ""))
    editor = Editor.typed(blocks_of(row.blocks) if row is not None else ())
    form = PageForm()
    title = (form.title.data or "").strip()
    text = " ".join((form.search_text.data or "").split())
    shown = services.Shown("", title, editor.blocks, ALL, title, text, no_index=True)
    show_in_own_frame()
    return render_template("site/page.html", page=shown, framed=True)


@blueprint.post("/pages/again")
@policy(who="pages.manage")
def page_again() -> ResponseReturnValue:
    """Make a page of a plugin again that was deleted."""
    refusal = make_again(request.form.get("key", ""), actor_id=current_actor().user_id)
    tell(refusal, _("The page is there again, with its line in the menu."))
    return redirect(url_for("admin.pages"))


@blueprint.post("/pages/<page_id>/delete")
@policy(who="pages.manage")
def page_delete(page_id: str) -> ResponseReturnValue:
    """Delete a page."""
    services.delete_page(page_id, actor_id=current_actor().user_id)
    tell(None, _("The page is gone. Menus that lead to it are not: look at them."))
    return redirect(url_for("admin.pages"))


def page_readers(kept: str = ALL) -> dict[str, str]:
    """Return who a page may be for, readers that plugins know among them."""
    found = readers()
    for key, kind in registry.page_readers().items():
        offered = dispatch.ask(key.partition(".")[0], key, kind.choices)
        pairs = () if isinstance(offered, Refusal) else offered
        named = {f"{key}:{one}": f"{kind.label}: {words}" for one, words in pairs}
        found |= {value: words for value, words in named.items() if len(value) <= LONGEST_READERS}
    gone = _("A role that is gone") if kept.startswith(ROLE) else _("Readers that are gone")
    found.setdefault(kept, gone)
    return found


def readers(kept: str = ALL) -> dict[str, str]:
    """Return the audiences of the core, with words for each; `kept` stays to be chosen."""
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


def _edit(row: Page | None, form: PageForm, stored: tuple[Placed, ...]) -> ResponseReturnValue:
    # Readers that are gone stay chosen: nothing opens a page but the owner's act.
    form.audience.choices = choices(page_readers(row.audience if row else ALL))
    editor = Editor.typed(stored) if form.is_submitted() else Editor.of(stored)
    if not form.is_submitted() or editor.act():
        return _page_form(row, form, editor)
    # Both are asked, so that all that is wrong is said at once.
    fits, blocks_fit = form.validate(), editor.fits()
    draft = _draft(form, row, editor.blocks) if fits and blocks_fit else None
    saved = _saved(row, form, draft) if draft is not None else None
    if saved is None:
        return _page_form(row, form, editor), 422
    tell(None, _("The page is saved."))
    return redirect(url_for("admin.page_edit", page_id=saved.id))


def _saved(row: Page | None, form: PageForm, draft: revisions.Draft) -> Page | None:
    answer = services.save_page(
        draft, page_id=row.id if row else None, actor_id=current_actor().user_id
    )
    if not isinstance(answer, Refusal):
        return answer
    if answer.code in form.data:
        form[answer.code].errors = [str(answer)]
    else:
        form.form_errors.append(str(answer))
    return None


def _page_form(row: Page | None, form: PageForm, editor: Editor) -> str:
    return render_template(
        "admin/page.html",
        form=form,
        row=row,
        editor=editor,
        out=row is not None and state_of(row) == PUBLISHED and is_on(row.source),
        off=row is not None and not is_on(row.source),
        zone=site().time_zone,
    )


def _draft(form: PageForm, row: Page | None, blocks: tuple[Placed, ...]) -> revisions.Draft | None:
    at = None
    if form.state.data == SCHEDULED:
        local = form.publish_at.data
        at = moment_in(local, site().time_zone) if local else None
        if at is None:
            missing = _("Say from when: a day and a time that the clocks have.")
            form.publish_at.errors = [missing]
            return None
    title = (form.title.data or "").strip()
    # A plugin's own title goes on following the reader's language until it is another one.
    as_it_came = row is not None and row.source and not row.title and title == title_of(row)
    return revisions.Draft(
        slug=(form.slug.data or "").strip(),
        title="" if as_it_came else title,
        blocks=blocks,
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
        return page_readers(value)[value]
    if name == "publish_at":
        return f"{local_in(value, site().time_zone):%Y-%m-%d %H:%M}" if value else "-"
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    return str(value) or "-"
