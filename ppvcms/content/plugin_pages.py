"""Pages that plugins bring: made with their line of a menu, made again when deleted (PG-01)."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from flask_babel import gettext as _
from sqlalchemy import select

from ppvcms.accounts import audit
from ppvcms.content.blocks import Placed
from ppvcms.content.models import MenuEntry, Page
from ppvcms.db import db, now_ms, transaction
from ppvcms.host import activated, registry
from ppvcms.host.contract import PluginPage
from ppvcms.host.snapshot import current
from ppvcms.host.steps import call_one
from ppvcms.ids import new_id
from ppvcms.results import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flask import Flask
    from sqlalchemy.orm import Session

MOST_TRIES = 100


def link(app: Flask) -> None:
    """Make the pages of a plugin when it is switched on."""
    activated.add(app, _set_up)


def missing() -> list[PluginPage]:
    """Return the pages of active plugins that were deleted."""
    there = set(db.session.scalars(select(Page.source).where(Page.source.is_not(None))))
    return [page for key, page in registry.plugin_pages().items() if key not in there]


def make_again(key: str, *, actor_id: str | None) -> Refusal | None:
    """Make a plugin's page that was deleted, with its line of a menu."""
    page = registry.plugin_pages().get(key)
    if page is None:
        return Refusal("gone", _("No plugin brings this page now. Nothing was made."))
    transaction(lambda session: _make(session, [page], actor_id))
    return None


def is_on(source: str | None) -> bool:
    """Whether a page is the owner's own, or its plugin is switched on."""
    return source is None or source.partition(".")[0] in current().active


def title_of(row: Page) -> str:
    """Return a page's title: the owner's, else the plugin's in the reader's language."""
    page = registry.plugin_pages().get(row.source or "")
    return row.title or (str(page.title) if page else row.slug)


def _set_up(session: Session, slug: str, actor_id: str | None) -> None:
    answer = call_one(slug, "register_pages", session, actor_id) or []
    _make(session, [page for page in answer if isinstance(page, PluginPage)], actor_id)


def _make(session: Session, pages: Iterable[PluginPage], actor_id: str | None) -> None:
    for page in pages:
        if session.scalar(select(Page.id).where(Page.source == page.key)) is None:
            _add(session, page, _free_address(session, page.address), actor_id)


def _add(session: Session, page: PluginPage, slug: str, actor_id: str | None) -> None:
    blocks = [asdict(Placed("plugin", page.block, dict(page.values)))]
    now = now_ms(session)
    row = Page(id=new_id(), slug=slug, title="", blocks=blocks, source=page.key, changed_at=now)
    row.audience = page.access
    session.add(row)
    line = session.scalars(select(MenuEntry).where(MenuEntry.page == page.key)).first()
    if line is None:
        line = MenuEntry(id=new_id(), menu=page.menu, label="", page=page.key)
        session.add(line)
    line.url = f"/p/{slug}"
    session.flush()
    facts = {"slug": slug, "source": page.key}
    audit.record(session, actor_id, "content.page.made", f"page:{row.id}", data=facts)


def _free_address(session: Session, wanted: str) -> str:
    taken = set(session.scalars(select(Page.slug).where(Page.slug.startswith(wanted))))
    tries = (wanted, *(f"{wanted}-{number}" for number in range(2, MOST_TRIES)))
    return next(slug for slug in tries if slug not in taken)
