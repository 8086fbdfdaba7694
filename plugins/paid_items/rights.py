"""Who may see, change and open an item: one place for page, list and file (PI-18, PI-19, R-65)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from ppvcms.api import Right, access_of, db, part_of

from .kinds import SLUG, State
from .models import Item, Media

if TYPE_CHECKING:
    from ppvcms.api import AccessView, Actor, StoredFile

SELL, MANAGE = f"{SLUG}.sell", f"{SLUG}.manage"


def may_preview(item: Item, actor: Actor) -> bool:
    """Whether somebody sees everything of an item for nothing (PI-18).

    These are its owner, who uploaded it, the owner's studio, and staff.
    """
    if actor.user_id is None:
        return False
    if actor.user_id in {item.owner_id, item.uploader_id} or actor.can(MANAGE):
        return True
    part = part_of(item.owner_id)
    return part is not None and part.studio_id == actor.user_id


def may_edit(item: Item, actor: Actor) -> bool:
    """Whether somebody may change an item: its owner, or staff."""
    owns = actor.user_id is not None and actor.user_id == item.owner_id
    return (owns and actor.can(SELL)) or actor.can(MANAGE)


def is_open(access: AccessView | None) -> bool:
    """Whether a right opens the files now; a rental does from its first play (R-66)."""
    if access is None or access.right is Right.GOODS:
        return False
    return access.right is not Right.RENTAL or access.started_at is not None


def check_file(file: StoredFile, actor: Actor) -> bool:
    """Say whether somebody may have the bytes of a file now, asked at each request."""
    item = item_of_file(file.id)
    if item is None:
        return actor.user_id is not None and actor.user_id == file.owner_id
    if may_preview(item, actor):
        return True
    if file.id in {item.poster_id, item.teaser_id}:
        return item.state == State.SALE
    return is_open(access_of(actor.user_id, SLUG, item.id))


def item_of_file(file_id: str) -> Item | None:
    """Return the item that a file belongs to, as content, poster or teaser."""
    of_media = select(Item).join(Media, Media.item_id == Item.id).where(Media.file_id == file_id)
    found = db.session.scalar(of_media.execution_options(populate_existing=True))
    if found is not None:
        return found
    shown = select(Item).where((Item.poster_id == file_id) | (Item.teaser_id == file_id))
    return db.session.scalar(shown.execution_options(populate_existing=True))
