"""What a link to a page shows elsewhere: its title, a sentence, its picture, its one address."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from flask import json, render_template, request
from markupsafe import Markup

from ppvcms.content.library import items
from ppvcms.host.facts import public_url
from ppvcms.host.settings import site
from ppvcms.web.frame import site_facts

if TYPE_CHECKING:
    from flask import Flask

LONGEST = 200


def init_social(app: Flask) -> None:
    """Give templates `social`."""
    app.jinja_env.globals["social"] = social


def social(
    title: str = "",
    text: str = "",
    *,
    picture: str = "",
    path: str = "",
    kind: str = "website",
    data: dict[str, Any] | None = None,
    feeds: tuple[tuple[str, str], ...] = (),
) -> Markup:
    """Return the head's tags of a public page; what is empty is the site's own.

    `picture` must be one that every visitor may see. `path` is the one address of what
    the page shows, `data` what search engines read (JSON-LD), `feeds` the titles and
    paths of feeds.
    """
    facts = site_facts()
    picture = picture or _picture_of_links()
    parts = render_template(
        "partials/_social.html",
        title=title or facts.name,
        text=_short(text or facts.tagline),
        picture=absolute(picture or facts.logo_url),
        large=bool(picture),
        address=absolute(path or request.path),
        kind=kind,
        feeds=[(name, absolute(place)) for name, place in feeds],
    )
    return Markup(parts) + _data(data)  # noqa: S704 - our template escapes


def absolute(path: str) -> str:
    """Return the whole address of a path of this site; empty stays empty."""
    return urljoin(f"{public_url()}/", path) if path else ""


def _picture_of_links() -> str:
    """Return the picture that the owner chose for links; empty for none."""
    chosen = items.picture(site().social_picture)
    return chosen.src if chosen is not None else ""


def _short(text: str) -> str:
    line = " ".join(Markup(text).striptags().split())  # noqa: S704 - its tags are taken out
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1].rsplit(' ', 1)[0]}…"


def _data(data: dict[str, Any] | None) -> Markup:
    """Return facts as JSON-LD: a block of data, which no browser runs."""
    if not data:
        return Markup("")
    text = json.dumps({"@context": "https://schema.org", **data})
    # Nothing in it can end the element or begin another.
    safe = text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return Markup(f'<script type="application/ld+json">{safe}</script>\n')  # noqa: S704 - escaped
