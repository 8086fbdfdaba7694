"""Items as search engines and other programs find them: sitemap and feed, of what is on sale."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import select

from ppvcms.api import FeedEntry, SitemapEntry, atom_feed, db, markdown_html, names_of

from .kinds import State
from .models import Item

if TYPE_CHECKING:
    from flask import Response

ON_MAP, IN_FEED, LONGEST = 49_000, 50, 400


def sitemap() -> list[SitemapEntry]:
    """Return the shelf and the pages of what is on sale, the newest first."""
    query = select(Item.id, Item.published_at).where(Item.state == State.SALE)
    rows = db.session.execute(query.order_by(Item.published_at.desc(), Item.id).limit(ON_MAP))
    shelf = SitemapEntry(url_for("paid_items.shelf"))
    pages = [
        SitemapEntry(url_for("paid_items.item", item_id=row.id), row.published_at) for row in rows
    ]
    return [shelf, *pages]


def feed() -> Response:
    """Return the newest items on sale as a feed: what everybody sees of them, no content."""
    query = select(Item).where(Item.state == State.SALE)
    rows = db.session.scalars(query.order_by(Item.published_at.desc(), Item.id).limit(IN_FEED))
    items = rows.all()
    names = names_of({item.owner_id for item in items})
    entries = [
        FeedEntry(
            path=url_for("paid_items.item", item_id=item.id),
            title=item.title,
            author=names.get(item.owner_id, ""),
            text=markdown_html(item.text).striptags()[:LONGEST],
            made_at=item.published_at or item.made_at,
            changed_at=item.published_at or item.made_at,
        )
        for item in items
    ]
    return atom_feed(_("Shop"), url_for("paid_items.feed"), url_for("paid_items.shelf"), entries)
