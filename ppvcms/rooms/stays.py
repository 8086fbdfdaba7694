"""What speaks against switching off a plugin: the shows that run on it at this moment."""

from __future__ import annotations

from flask_babel import ngettext
from sqlalchemy import func, select

from ppvcms.db import db
from ppvcms.host import registry
from ppvcms.host.snapshot import current
from ppvcms.rooms.models import Show


def reasons(slug: str) -> list[str]:
    """Return a sentence when shows run in a kind, or over the video, of this plugin."""
    query = select(func.count()).where(Show.ended_at.is_(None))
    if not _carries_video(slug):
        modes = current().contributions.room_modes
        own = [key for key in modes if registry.owner_of("room_modes", key) == slug]
        query = query.where(Show.mode.in_(own))
    count = db.session.scalar(query) or 0
    if not count:
        return []
    text = ngettext(
        "%(num)d show runs on it at this moment. Who is in it loses it.",
        "%(num)d shows run on it at this moment. Who is in them loses them.",
        count,
    )
    return [str(text)]


def _carries_video(slug: str) -> bool:
    provider = registry.media_provider()
    return provider is not None and registry.owner_of("media_providers", provider.key) == slug
