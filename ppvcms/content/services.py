"""Pages and menus: reading them, and saving what the owner wrote."""

from __future__ import annotations

import re
from dataclasses import dataclass

import nh3
from flask_babel import gettext as _
from markdown_it import MarkdownIt
from markupsafe import Markup
from sqlalchemy import select

from ppvcms.accounts import audit
from ppvcms.content.models import MenuEntry, Page
from ppvcms.db import db, now_ms, unit_of_work
from ppvcms.ids import new_id
from ppvcms.results import Refusal

SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")
# Only what begins so may stand behind a link: no javascript:, no data:.
LINK = re.compile(r"/(?!/)|https?://|mailto:")
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


@dataclass(frozen=True, slots=True)
class Shown:
    """A page ready to be shown; `html` has passed the sanitizer."""

    slug: str
    title: str
    html: Markup


def render_text(text: str) -> Markup:
    """Return Markdown as clean HTML; raw HTML in it is shown, not obeyed."""
    clean = nh3.clean(
        _markdown.render(text),
        tags=set(TAGS),
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto"},
    )
    return Markup(clean)  # noqa: S704 - sanitized in the line above


def page(slug: str) -> Shown | None:
    """Return a published page."""
    row = db.session.scalars(select(Page).where(Page.slug == slug, Page.published)).first()
    return Shown(row.slug, row.title, render_text(row.body)) if row is not None else None


def pages() -> list[Page]:
    """Return all pages, drafts too, by title."""
    return list(db.session.scalars(select(Page).order_by(Page.title)))


def menu_entries(menu: str) -> list[MenuEntry]:
    """Return the owner's entries of a menu in their order."""
    return list(
        db.session.scalars(
            select(MenuEntry).where(MenuEntry.menu == menu).order_by(MenuEntry.weight)
        )
    )


def save_page(
    *, page_id: str | None, slug: str, title: str, body: str, published: bool, actor_id: str | None
) -> Page | Refusal:
    """Make or change a page."""
    if not SLUG.fullmatch(slug):
        return Refusal("slug", _("The address may have small letters, digits and hyphens."), "")
    with unit_of_work() as session:
        taken = session.scalars(select(Page).where(Page.slug == slug)).first()
        if taken is not None and taken.id != page_id:
            return Refusal("slug", _("Another page has this address."), _("Choose another one."))
        row = session.get(Page, page_id) if page_id else None
        if row is None:
            row = Page(id=new_id(), slug=slug, title=title, changed_at=now_ms(session))
            session.add(row)
        row.slug, row.title, row.body, row.published = slug, title, body, published
        row.changed_at = now_ms(session)
        audit.record(
            session,
            actor_id=actor_id,
            action="content.page.saved",
            subject=f"page:{row.id}",
            data={"slug": slug},
        )
        return row


def delete_page(page_id: str, *, actor_id: str | None) -> None:
    """Delete a page; its address leads nowhere afterwards."""
    with unit_of_work() as session:
        row = session.get(Page, page_id)
        if row is not None:
            session.delete(row)
            audit.record(
                session,
                actor_id=actor_id,
                action="content.page.deleted",
                subject=f"page:{page_id}",
                data={"slug": row.slug, "title": row.title},
            )


def save_menu_entry(
    *, menu: str, label: str, url: str, weight: int, actor_id: str | None
) -> Refusal | None:
    """Add an entry to a menu."""
    if not LINK.match(url):
        return Refusal(
            "url", _("A link begins with / or https:// or mailto:."), _("Nothing was added.")
        )
    with unit_of_work() as session:
        row = MenuEntry(id=new_id(), menu=menu, label=label, url=url, weight=weight)
        session.add(row)
        audit.record(
            session,
            actor_id=actor_id,
            action="content.menu.added",
            subject=f"menu:{menu}",
            data={"label": label, "url": url},
        )
    return None


def delete_menu_entry(entry_id: str, *, actor_id: str | None) -> None:
    """Take an entry out of its menu."""
    with unit_of_work() as session:
        row = session.get(MenuEntry, entry_id)
        if row is not None:
            session.delete(row)
            audit.record(
                session,
                actor_id=actor_id,
                action="content.menu.removed",
                subject=f"menu:{row.menu}",
                data={"label": row.label},
            )
