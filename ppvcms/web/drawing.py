"""Parts of pages that are drawn once, from values alone, and kept for whoever brings the same."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from flask import current_app, g, url_for
from flask_babel import get_locale, get_timezone
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup

from ppvcms.accounts.actor import VISITOR
from ppvcms.host import kept, worn
from ppvcms.host.catalogues import plugin_at_work
from ppvcms.web.guards import Visitor

if TYPE_CHECKING:
    from collections.abc import Hashable

TOKEN_HERE = secrets.token_hex(16)
"""Stands in what is kept where each reader's own CSRF token comes; nobody can guess it."""
# What differs between readers is not there while a part is drawn.
NOBODY = {
    "csrf_token": lambda: TOKEN_HERE,
    "current_user": Visitor(),
    "actor": VISITOR,
    "wallet": None,
    "session": {},
    "g": {},
    "slot": lambda *_args, **_values: "",
}


def drawn(template: str, **values: Hashable) -> Markup:
    """Return a part of a page, drawn from these values alone and kept.

    The next reader of the same language, time zone and theme who brings equal values
    gets the same HTML with an own CSRF token. The template sees a visitor, whoever
    reads: what is for one person comes as a value.
    """
    shelf = shelf_of_readers()
    key = template, *values.items()
    parts = shelf.get(key)
    if parts is None:
        parts = parts_of(template, values)
        shelf.keep(key, parts)
    return filled(parts)


def shelf_of_readers() -> kept.Shelf:
    """Return what is kept for readers like this one, as the site is set up now."""
    if worn.preview() is not None:
        # A draft is seen by one browser alone.
        return kept.Shelf()
    # The address of the first page tells where the site lies, for all the others.
    marks = get_locale(), get_timezone(), plugin_at_work(), url_for("site.home")
    return kept.shelf("drawn", current_app.jinja_env, *marks)


def parts_of(template: str, values: dict[str, Hashable]) -> list[str]:
    """Draw a template, and cut it where tokens come."""
    html = current_app.jinja_env.get_template(template).render({**NOBODY, **values})
    return html.split(TOKEN_HERE)


def filled(parts: list[str]) -> Markup:
    """Return what was drawn with this reader's token."""
    return Markup(parts[0] if len(parts) == 1 else _token().join(parts))  # noqa: S704 - drawn by templates


def _token() -> str:
    token: str = g.get("drawn_token") or generate_csrf()
    g.drawn_token = token
    return token
