"""What search engines are told: which pages there are, and which they shall leave alone."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from flask import Blueprint, Response, abort, current_app, url_for

from ppvcms.content.services import open_pages
from ppvcms.host import kept
from ppvcms.host.contract import SitemapEntry
from ppvcms.host.dispatch import collect
from ppvcms.host.facts import public_url
from ppvcms.host.settings import site
from ppvcms.rooms.listing import listed
from ppvcms.web.formats import iso
from ppvcms.web.guards import policy

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from flask.typing import ResponseReturnValue

MOST = 50_000
"""As many addresses as one file may have."""
SCHEMA = "http://www.sitemaps.org/schemas/sitemap/0.9"
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
AN_HOUR = 3600
CLOSED = (
    "/admin/",
    "/account/",
    "/perform/",
    "/pay/",
    "/credits",
    "/files/",
    "/uploads",
    "/language/",
    "/sign-in",
    "/register",
    "/verify",
    "/forgot",
    "/reset/",
    "/confirm",
)
"""What begins so is nobody's to find; pictures that are public stay open."""
blueprint = Blueprint("search", __name__)


def open_to_search() -> bool:
    """Whether search engines may come: never to a demonstration, else as the owner says."""
    return site().search_engines and not current_app.config["PPVCMS"].demo


@blueprint.get("/robots.txt")
@policy(who="public")
def robots() -> ResponseReturnValue:
    """Say where search engines may go."""
    lines = ["User-agent: *"]
    if open_to_search():
        lines += [f"Disallow: {path}" for path in CLOSED]
        lines += ["Allow: /files/public/", "", f"Sitemap: {public_url()}/sitemap.xml"]
    else:
        lines.append("Disallow: /")
    return _kept_an_hour("\n".join([*lines, ""]), "text/plain")


@blueprint.get("/sitemap.xml")
@policy(who="public")
def sitemap() -> ResponseReturnValue:
    """Name every page that a visitor may see, or the files that do where they are many."""
    found = _entries()
    if len(found) <= MOST:
        return _kept_an_hour(_pages_xml(found), "application/xml")
    numbers = range(1, -(-len(found) // MOST) + 1)
    files = [SitemapEntry(url_for("search.sitemap_file", number=number)) for number in numbers]
    return _kept_an_hour(_xml("sitemapindex", "sitemap", files), "application/xml")


@blueprint.get("/sitemap-<int:number>.xml")
@policy(who="public")
def sitemap_file(number: int) -> ResponseReturnValue:
    """Name one part of the pages."""
    found = _entries()[(number - 1) * MOST : number * MOST] if number else []
    if not found:
        abort(404)
    return _kept_an_hour(_pages_xml(found), "application/xml")


@blueprint.after_app_request
def _keep_away(response: Response) -> Response:
    if response.status_code == 200 and response.mimetype == "text/html" and not open_to_search():  # noqa: PLR2004 - a page that was shown
        response.headers.setdefault("X-Robots-Tag", "noindex, nofollow")
    return response


def _entries() -> Sequence[SitemapEntry]:
    if not open_to_search():
        abort(404)
    return kept.unchanged("sitemap", "", lambda: list(_read()))


def _read() -> Iterator[SitemapEntry]:
    yield SitemapEntry(url_for("site.home"))
    rooms = listed()
    for key in sorted({room.category for room in rooms if room.category}):
        yield SitemapEntry(url_for("site.home", category=key))
    for page in open_pages():
        yield SitemapEntry(url_for("pages.page", slug=page.slug), page.changed_at)
    for room in rooms:
        yield SitemapEntry(url_for("site.profile", slug=room.slug))
        yield SitemapEntry(url_for("site.room", slug=room.slug))
    for _slug, found in collect("sitemap_entries"):
        yield from _of_this_site(found)


def _of_this_site(found: Iterable[SitemapEntry]) -> Iterator[SitemapEntry]:
    for entry in found:
        if entry.path.startswith("/") and not entry.path.startswith("//"):
            yield entry


def _pages_xml(found: Sequence[SitemapEntry]) -> str:
    return _xml("urlset", "url", found)


def _xml(root: str, tag: str, found: Sequence[SitemapEntry]) -> str:
    lines = [f'{HEAD}<{root} xmlns="{SCHEMA}">']
    for entry in found:
        changed = f"<lastmod>{iso(entry.changed_at)}</lastmod>" if entry.changed_at else ""
        lines.append(f"<{tag}><loc>{escape(public_url() + entry.path)}</loc>{changed}</{tag}>")
    return "\n".join([*lines, f"</{root}>", ""])


def _kept_an_hour(text: str, mimetype: str) -> Response:
    response = Response(text, mimetype=mimetype)
    response.cache_control.public = True
    response.cache_control.max_age = AN_HOUR
    return response
