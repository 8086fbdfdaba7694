"""Themes: what there is, which one the site wears, and previewing another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import session as browser
from flask_babel import gettext as _

from ppvcms.db import transaction
from ppvcms.host.finder import digest_of, find_themes
from ppvcms.host.generation import move_generation
from ppvcms.host.runtime import runtime
from ppvcms.host.settings import save_site, site
from ppvcms.host.snapshot import look_again
from ppvcms.host.theme_fit import fitting
from ppvcms.host.worn import FRAME, PREVIEW, begin
from ppvcms.results import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class ThemeInfo:
    """A theme as lists and pages show it; one that is `blocked` cannot be worn at all."""

    slug: str
    name: str
    summary: str
    version: str
    author: str
    active: bool
    screenshot: str
    labels: Mapping[str, Mapping[str, Mapping[str, str]]]
    problems: tuple[str, ...] = ()
    parent: str = ""
    blocked: bool = False


def overview() -> list[ThemeInfo]:
    """Return every theme, the one in use first."""
    host = runtime()
    for slug, found in fitting(find_themes(host.config.all_theme_dirs)).items():
        if host.themes.get(slug, found).path != found.path:
            continue  # A process keeps the copy it began with; the next one has the new.
        host.themes[slug] = found
        if slug not in host.theme_digests and (found.path / "static").is_dir():
            host.theme_digests[slug] = digest_of(found.path / "static")
    themes = [_info(slug) for slug in host.themes]
    return sorted(themes, key=lambda theme: (not theme.active, theme.name.lower()))


def use(slug: str, *, actor_id: str | None) -> Refusal | None:
    """Change what the whole site wears, in every process, without a restart."""
    if refusal := unusable(slug):
        return refusal

    runtime().theme_faults.pop(slug, None)

    def act(session: Session) -> None:
        save_site(session, actor_id, {"theme": slug})
        move_generation(session)

    transaction(act)
    look_again()
    return None


def preview(slug: str) -> Refusal | None:
    """Let this browser session alone see a theme, as a visitor would, for half an hour."""
    if refusal := unusable(slug):
        return refusal
    runtime().theme_faults.pop(slug, None)
    begin(slug)
    return None


def end_preview() -> None:
    """Let this browser session see the site's theme again."""
    browser.pop(PREVIEW, None)
    browser.pop(FRAME, None)


def _info(slug: str) -> ThemeInfo:
    host = runtime()
    found = host.themes[slug]
    manifest = found.manifest
    fault = host.theme_faults.get(slug)
    return ThemeInfo(
        slug=slug,
        name=manifest.name if manifest else slug,
        summary=manifest.summary if manifest else "",
        version=manifest.version if manifest else "",
        author=", ".join(manifest.authors) if manifest else "",
        active=site().theme == slug,
        screenshot=manifest.screenshot if manifest else "",
        labels=manifest.labels if manifest else {},
        problems=(*found.problems, *((fault,) if fault else ())),
        parent=manifest.parent if manifest else "",
        blocked=bool(found.problems),
    )


def unusable(slug: str) -> Refusal | None:
    """Return why a theme cannot be worn, or None when it can."""
    themes = {theme.slug: theme for theme in overview()}
    theme = themes.get(slug)
    if theme is None:
        names = ", ".join(themes) or "-"
        return Refusal(
            "unknown",
            _("There is no theme '%(slug)s'.", slug=slug),
            _("Use one of: %(names)s.", names=names),
        )
    found = runtime().themes[slug]
    if found.problems:
        return Refusal("blocked", _("The theme cannot be used."), " ".join(found.problems))
    return None
