"""Addresses of styles, modules and pictures: the core's, the plugins' and the themes'."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from flask import url_for

from ppvcms.host.finder import digest_of
from ppvcms.host.runtime import runtime
from ppvcms.host.snapshot import current
from ppvcms.host.worn import theme_in_use

CORE = "core"
CORE_STATIC = Path(__file__).resolve().parent.parent / "static"
THEME_PREFIX = "theme."


def asset(path: str) -> str:
    """Return the address of a file of the core.

    The digest is a folder of the address, not a query, so that modules which
    import each other by relative address are the same module for every page.
    """
    return _url(CORE, _core_digest(), path)


def plugin_asset(slug: str, path: str) -> str:
    """Return the address of a file in a plugin's ``static`` folder."""
    loaded = runtime().loaded.get(slug)
    return _url(slug, loaded.static_digest if loaded else "none", path)


def theme_asset(path: str) -> str:
    """Return the address of a file of the theme in use, or of the parent that has it."""
    host, slug = runtime(), theme_in_use()
    worn = slug
    while slug in host.themes:
        found = host.themes[slug]
        if (found.path / "static" / path).is_file() or found.manifest is None:
            break
        slug = found.manifest.parent
    slug = slug if slug in host.themes else worn
    return _url(f"{THEME_PREFIX}{slug}", host.theme_digests.get(slug) or "none", path)


def folder_of(slug: str, digest: str) -> Path | None:
    """Return the folder that an address names, or None when it is not served (now)."""
    host = runtime()
    if slug == CORE:
        return CORE_STATIC if digest == _core_digest() else None
    if slug.startswith(THEME_PREFIX):
        name = slug.removeprefix(THEME_PREFIX)
        found = host.themes.get(name)
        fits = found is not None and digest == host.theme_digests.get(name)
        return found.path / "static" if found is not None and fits else None
    if slug not in current().active:
        return None
    loaded = host.loaded[slug]
    return loaded.path / "static" if digest == loaded.static_digest else None


@cache
def _core_digest() -> str:
    return digest_of(CORE_STATIC)


def _url(slug: str, digest: str, path: str) -> str:
    return url_for("files.asset", slug=slug, digest=digest, path=path)
