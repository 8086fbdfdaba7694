"""Which theme this request wears: the site's, or the one that its owner previews."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import has_request_context, session

from ppvcms.host import safemode
from ppvcms.host.runtime import runtime
from ppvcms.host.settings import site

if TYPE_CHECKING:
    from ppvcms.host.manifest import ThemeManifest

PREVIEW = "theme_preview"
BUILT_IN = ""


def theme_in_use() -> str:
    """Return the slug of the theme to wear, or an empty text for the core's own look."""
    host = runtime()
    if safemode.is_on(host.config):
        return BUILT_IN
    wanted = session.get(PREVIEW) if has_request_context() else None
    slug = wanted or site().theme
    found = host.themes.get(slug)
    return slug if found is not None and found.manifest and not found.problems else BUILT_IN


def manifests() -> list[ThemeManifest]:
    """Return the theme that is worn and its parents, the child first."""
    host, slug = runtime(), theme_in_use()
    chain: list[ThemeManifest] = []
    while slug in host.themes:
        manifest = host.themes[slug].manifest
        if manifest is None or manifest in chain:
            break
        chain.append(manifest)
        slug = manifest.parent
    return chain
