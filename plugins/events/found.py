"""Events as search engines and other programs find them: sitemap, feed, facts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from flask import url_for
from flask_babel import gettext as _

from ppvcms.api import FeedEntry, SitemapEntry, atom_feed, names_of, public_url

from . import reading

if TYPE_CHECKING:
    from flask import Response

    from .models import Event

ON_MAP, IN_FEED = 20_000, 50


def sitemap() -> list[SitemapEntry]:
    """Return the page of all events and one for each that comes."""
    listed = [SitemapEntry(url_for("events.coming"))]
    for event_id, changed_at in reading.on_the_map(ON_MAP):
        listed.append(SitemapEntry(url_for("events.show", event_id=event_id), changed_at))
    return listed


def feed() -> Response:
    """Return what comes next as a feed."""
    rows = reading.coming(limit=IN_FEED)
    names = names_of({event.performer_id for event in rows})
    entries = [
        FeedEntry(
            path=url_for("events.show", event_id=event.id),
            title=event.title,
            author=names.get(event.performer_id, ""),
            text=f"{_moment(event.starts_at)} {event.text}".strip(),
            made_at=event.made_at,
            changed_at=event.changed_at,
        )
        for event in rows
    ]
    return atom_feed(_("Coming up"), url_for("events.feed"), url_for("events.coming"), entries)


def facts(event: Event, name: str, picture: str) -> dict[str, Any]:
    """Return an event as search engines read it (JSON-LD); `picture` is a path or empty."""
    address = public_url() + url_for("events.show", event_id=event.id)
    state = "EventCancelled" if event.cancelled_at else "EventScheduled"
    found: dict[str, Any] = {
        "@type": "Event",
        "name": event.title,
        "url": address,
        "startDate": _iso(event.starts_at),
        "endDate": _iso(event.ends_at),
        "eventStatus": f"https://schema.org/{state}",
        "eventAttendanceMode": "https://schema.org/OnlineEventAttendanceMode",
        "location": {"@type": "VirtualLocation", "url": address},
        "performer": {"@type": "Person", "name": name},
    }
    more = {"description": event.text, "image": public_url() + picture if picture else ""}
    return found | {key: value for key, value in more.items() if value}


def _iso(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _moment(at: int) -> str:
    """Write a moment so that it is right in every time zone."""
    return datetime.fromtimestamp(at / 1000, tz=UTC).strftime("%Y-%m-%d %H:%M UTC")
