"""Which theme this request wears: the site's, or the one that its owner previews."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import has_request_context, request, session

from ppvcms.host import safemode
from ppvcms.host.runtime import runtime
from ppvcms.host.settings import site

if TYPE_CHECKING:
    from ppvcms.config import Config
    from ppvcms.host.manifest import ThemeManifest

PREVIEW = "theme_preview"
FRAME = "theme_frame"
"""Under these the browser's session keeps a theme, and the second when its preview ends."""
LASTS_S = 1800
BUILT_IN = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """A theme that one browser alone sees; `framed` inside the customiser, with its draft."""

    slug: str
    ends_at: int
    framed: bool


def begin(slug: str, *, framed: bool = False) -> None:
    """Let this browser see a theme for half an hour, or its draft inside the customiser."""
    session[FRAME if framed else PREVIEW] = {"slug": slug, "ends_at": int(time.time()) + LASTS_S}


def preview() -> Preview | None:
    """Return what this request previews; it ends by itself, and with the sign-in."""
    if not has_request_context():
        return None
    framed = _kept(FRAME)
    # The browser itself says that a page is for a frame; no script can.
    if framed and request.headers.get("Sec-Fetch-Dest") == "iframe":
        return Preview(*framed, framed=True)
    plain = _kept(PREVIEW)
    return Preview(*plain, framed=False) if plain else None


def theme_in_use() -> str:
    """Return the slug of the theme to wear, or an empty text for the core's own look."""
    host = runtime()
    if _is_safe(host.config):
        return BUILT_IN
    wanted = preview()
    slug = wanted.slug if wanted else site().theme
    found = host.themes.get(slug)
    return slug if found is not None and found.manifest and not found.problems else BUILT_IN


def _is_safe(config: Config) -> bool:
    if not has_request_context():
        return safemode.is_on(config)
    # A page asks some twenty times for its theme, and each time would look for a file.
    known: bool | None = getattr(request, "ppvcms_safe", None)
    if known is None:
        known = safemode.is_on(config)
        request.ppvcms_safe = known  # type: ignore[attr-defined] # our mark on it
    return known


def manifests() -> list[ThemeManifest]:
    """Return the theme that is worn and its parents, the child first."""
    return chain_of(theme_in_use())


def chain_of(slug: str) -> list[ThemeManifest]:
    """Return a theme and its parents, the child first."""
    host = runtime()
    chain: list[ThemeManifest] = []
    while slug in host.themes:
        manifest = host.themes[slug].manifest
        if manifest is None or manifest in chain:
            break
        chain.append(manifest)
        slug = manifest.parent
    return chain


def _kept(key: str) -> tuple[str, int] | None:
    kept = session.get(key)
    if not isinstance(kept, dict) or kept.get("ends_at", 0) <= time.time():
        return None
    return str(kept["slug"]), int(kept["ends_at"])
