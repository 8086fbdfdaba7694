"""Atom feeds: what is new or coming, for programs that read for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, tostring

from flask import Response

from ppvcms.host.facts import public_url
from ppvcms.host.settings import site
from ppvcms.web.formats import iso

if TYPE_CHECKING:
    from collections.abc import Sequence

ATOM = "http://www.w3.org/2005/Atom"
A_QUARTER = 900


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """One thing of a feed: its path on this site, and when it was made and changed, epoch ms."""

    path: str
    title: str
    author: str
    text: str
    made_at: int
    changed_at: int


def atom_feed(title: str, path: str, page: str, entries: Sequence[FeedEntry]) -> Response:
    """Return entries as a feed that lies at `path` and belongs to the page at another path."""
    base = public_url()
    feed = Element("feed", xmlns=ATOM)
    _text(feed, "id", base + path)
    _text(feed, "title", f"{title} · {site().site_name}")
    _text(feed, "updated", iso(max((entry.changed_at for entry in entries), default=0)))
    SubElement(feed, "link", rel="self", type="application/atom+xml", href=base + path)
    SubElement(feed, "link", rel="alternate", type="text/html", href=base + page)
    for entry in entries:
        _add(feed, entry, base)
    body = tostring(feed, encoding="utf-8", xml_declaration=True)
    response = Response(body, content_type="application/atom+xml; charset=utf-8")
    response.cache_control.public = True
    response.cache_control.max_age = A_QUARTER
    return response


def _add(feed: Element, entry: FeedEntry, base: str) -> None:
    node = SubElement(feed, "entry")
    _text(node, "id", base + entry.path)
    _text(node, "title", entry.title)
    _text(node, "published", iso(entry.made_at))
    _text(node, "updated", iso(entry.changed_at))
    SubElement(node, "link", rel="alternate", type="text/html", href=base + entry.path)
    _text(SubElement(node, "author"), "name", entry.author)
    _text(node, "summary", entry.text)


def _text(parent: Element, tag: str, text: str) -> None:
    SubElement(parent, tag).text = _readable(text)


def _readable(text: str) -> str:
    """Leave out signs that XML cannot hold."""
    return "".join(sign for sign in text if sign in "\t\n" or sign >= " ")
