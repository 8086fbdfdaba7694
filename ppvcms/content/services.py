"""The owner's pages: reading them, and saving what was written."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

import nh3
from flask_babel import gettext as _
from markdown_it import MarkdownIt
from markupsafe import Markup
from sqlalchemy import delete, or_, select, update
from sqlalchemy.exc import IntegrityError

from ppvcms.accounts import audit
from ppvcms.content import revisions
from ppvcms.content.blocks import blocks_of, too_large
from ppvcms.content.library.texts import ATTRIBUTES, init_pictures, pictures_in
from ppvcms.content.models import MenuEntry, Page, PageRevision
from ppvcms.content.plugin_pages import is_on, title_of
from ppvcms.db import db, now_ms, unit_of_work
from ppvcms.ids import new_id
from ppvcms.results import Refusal

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from ppvcms.content.blocks import Placed
    from ppvcms.content.revisions import Draft

SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")
TAGS = frozenset(
    {
        "a",
        "abbr",
        "b",
        "blockquote",
        "br",
        "code",
        "em",
        "h2",
        "h3",
        "h4",
        "hr",
        "i",
        "img",
        "li",
        "ol",
        "p",
        "pre",
        "strong",
        "table",
        "tbody",
        "td",
        "th",
        "thead",
        "tr",
        "ul",
    }
)
_markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
init_pictures(_markdown)


@dataclass(frozen=True, slots=True)
class Shown:
    """A page ready to be shown; `audience` says to whom."""

    slug: str
    title: str
    blocks: tuple[Placed, ...]
    audience: str
    search_title: str
    search_text: str
    no_index: bool


def render_text(text: str) -> Markup:
    """Return Markdown as clean HTML; raw HTML in it is shown, not obeyed.

    Pictures come from the library alone: ``![words](media:<id>)``.
    """
    clean = nh3.clean(
        _markdown.render(text, pictures_in(text)),
        tags=set(TAGS),
        attributes={"a": {"href"}, "img": ATTRIBUTES},
        url_schemes={"http", "https", "mailto"},
    )
    return Markup(clean)  # noqa: S704 - sanitized in the line above


def page(slug: str) -> Shown | None:
    """Return a page that is out; who may read it says its `audience`.

    A plugin's page is not out while the plugin is off.
    """
    row = db.session.scalars(select(Page).where(Page.slug == slug, *_out())).first()
    return shown(row) if row is not None and is_on(row.source) else None


def version_of(slug: str) -> int | None:
    """Return since when a page that is out has the words it has, in epoch milliseconds."""
    found: int | None = db.session.scalar(select(Page.changed_at).where(Page.slug == slug, *_out()))
    return found


def shown(row: Page) -> Shown:
    """Return a page, out or not, as its readers see it."""
    title = title_of(row)
    return Shown(
        row.slug,
        title,
        blocks_of(row.blocks),
        row.audience,
        row.search_title or title,
        row.search_text,
        row.no_index,
    )


def pages() -> list[Page]:
    """Return all pages, drafts too, by title."""
    return list(db.session.scalars(select(Page).order_by(Page.title)))


def open_pages() -> list[Page]:
    """Return the pages that every visitor may read and search engines may name."""
    found = select(Page).where(*_out(), Page.audience == "all", ~Page.no_index)
    return [row for row in db.session.scalars(found.order_by(Page.slug)) if is_on(row.source)]


def save_page(draft: Draft, *, page_id: str | None, actor_id: str | None) -> Page | Refusal:
    """Make or change a page and keep what it is now among its saves.

    The refusals are "slug", "blocks" and "publish_at": nothing was saved.
    """
    if too_large(draft.blocks):
        return Refusal("blocks", _("This is more than one page holds. Nothing was saved."), "")
    if not SLUG.fullmatch(draft.slug):
        return Refusal("slug", _("The address may have small letters, digits and hyphens."), "")
    try:
        return _save(draft, page_id, actor_id)
    except IntegrityError:
        # Somebody else took the address at this moment.
        return _taken()


def _save(draft: Draft, page_id: str | None, actor_id: str | None) -> Page | Refusal:
    with unit_of_work() as session:
        holder = session.scalars(select(Page.id).where(Page.slug == draft.slug)).first()
        if holder is not None and holder != page_id:
            return _taken()
        if draft.publish_at is not None and draft.publish_at <= now_ms(session):
            return Refusal("publish_at", _("This moment is past. Nothing was saved."), "")
        return _write(session, draft, page_id, actor_id, "content.page.saved")


def _taken() -> Refusal:
    return Refusal("slug", _("Another page has this address."), _("Choose another one."))


def undo(page_id: str, revision_id: str, *, actor_id: str | None) -> Refusal | None:
    """Bring back the words of an earlier save; address, state and readers stay as they are."""
    with unit_of_work() as session:
        row = session.get(Page, page_id)
        kept = session.get(PageRevision, revision_id)
        if row is None or kept is None or kept.page_id != page_id:
            return Refusal("gone", _("This save is not kept any more. Nothing was changed."), "")
        old = revisions.draft_in(kept)
        words = {name: getattr(old, name) for name in revisions.WORDS}
        draft = replace(revisions.draft_of(row), **words)
        _write(session, draft, page_id, actor_id, "content.page.undone")
    return None


def delete_page(page_id: str, *, actor_id: str | None) -> None:
    """Delete a page and its saves; its address leads nowhere afterwards."""
    with unit_of_work() as session:
        row = session.get(Page, page_id)
        if row is not None:
            session.execute(delete(PageRevision).where(PageRevision.page_id == page_id))
            if row.source is not None:
                session.execute(delete(MenuEntry).where(MenuEntry.page == row.source))
            session.delete(row)
            audit.record(
                session,
                actor_id=actor_id,
                action="content.page.deleted",
                subject=f"page:{page_id}",
                data={"slug": row.slug, "title": row.title},
            )


def _out() -> tuple[ColumnElement[bool], ...]:
    due = or_(Page.publish_at.is_(None), Page.publish_at <= now_ms(db.session()))
    return Page.published.is_(True), due


def _write(
    session: Session, draft: Draft, page_id: str | None, actor_id: str | None, action: str
) -> Page:
    now = now_ms(session)
    row = session.get(Page, page_id, with_for_update=True) if page_id else None
    if row is None:
        row = Page(id=new_id())
        session.add(row)
    elif not revisions.has_any(session, row.id):
        revisions.keep(session, row, None)
    for name, value in asdict(draft).items():
        setattr(row, name, value)
    row.changed_at = now
    if row.source is not None:
        line = update(MenuEntry).where(MenuEntry.page == row.source)
        session.execute(line.values(url=f"/p/{row.slug}"))
    session.flush()
    revisions.keep(session, row, actor_id)
    facts = {"slug": draft.slug, "published": draft.published, "audience": draft.audience}
    audit.record(session, actor_id=actor_id, action=action, subject=f"page:{row.id}", data=facts)
    return row
