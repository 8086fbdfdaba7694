"""Changing how a theme looks: a draft that its owner alone sees, publishing, and going back."""

from __future__ import annotations

import base64
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from flask import current_app, url_for
from flask_babel import gettext as _
from sqlalchemy import delete, select

from ppvcms.accounts import audit
from ppvcms.db import after_commit, now_ms, reading, transaction
from ppvcms.host import settings
from ppvcms.host.colours import SCHEMES, tokens_of
from ppvcms.host.files import CORE, CORE_STATIC, THEME_PREFIX, asset
from ppvcms.host.looks import SYSTEM, Font, Look, digest, home_of, look_from, sheet
from ppvcms.host.models import Setting
from ppvcms.host.runtime import runtime
from ppvcms.host.worn import chain_of, manifests, preview, theme_in_use
from ppvcms.results import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sqlalchemy.orm import Session

# Under these words of the core, which no plugin may have as a slug, their rows are kept.
LOOKS, PICTURES = "theme", "themes"
DRAFT, PUBLISHED, BEFORE = "draft", "published", "before"
CACHE = "ppvcms_looks"
CORE_FONT = "vendor/inter/fonts/inter-{}-wght-normal.woff2"


def look_of(slug: str, which: str = PUBLISHED) -> Look:
    """Return the look of a theme: the draft, the published one, or the one before it."""
    kept = _kept()
    if which == DRAFT and f"{slug}.{DRAFT}" not in kept:
        which = PUBLISHED
    key = slug, which
    if key not in kept:
        kept[key] = look_from(kept.get(f"{slug}.{which}"))
    return cast("Look", kept[key])


def look_in_use() -> Look:
    """Return the look that this request wears; inside the customiser it is the draft."""
    return look_of(theme_in_use(), _which())


def words_in_use() -> list[Mapping[str, Mapping[str, Mapping[str, str]]]]:
    """Return what people are called: by the owner, else by the theme, else by its parents."""
    slug = theme_in_use()
    return [look_of(slug, _which()).labels, *(theme.labels for theme in chain_of(slug))]


def home_sections() -> tuple[str, ...]:
    """Return the sections of the start page in their order."""
    return home_of(look_in_use(), manifests())


def has_draft(slug: str) -> bool:
    """Whether a theme has changes that visitors do not see yet."""
    return look_of(slug, DRAFT) != look_of(slug)


def can_undo(slug: str) -> bool:
    """Whether a look was published before this one."""
    return f"{slug}.{BEFORE}" in _kept()


def save_draft(slug: str, look: Look) -> None:
    """Keep changes without showing them to visitors."""
    transaction(lambda session: _write(session, slug, DRAFT, look))


def publish(slug: str, look: Look, *, actor_id: str | None) -> None:
    """Show a look to everybody; the one that was seen so far can be taken back."""
    before = look_of(slug)

    def act(session: Session) -> None:
        _write(session, slug, BEFORE, before)
        _write(session, slug, PUBLISHED, look)
        _drop(session, slug, DRAFT)
        _forget_pictures(session)
        audit.record(session, actor_id, "host.look.published", f"theme:{slug}")

    transaction(act)


def undo(slug: str, *, actor_id: str | None) -> Refusal | None:
    """Show what was published before; doing it again brings the newer one back."""
    if not can_undo(slug):
        return Refusal("unknown", _("Nothing was published before. Nothing was changed."))
    now, before = look_of(slug), look_of(slug, BEFORE)

    def act(session: Session) -> None:
        _write(session, slug, BEFORE, now)
        _write(session, slug, PUBLISHED, before)
        _drop(session, slug, DRAFT)
        audit.record(session, actor_id, "host.look.undone", f"theme:{slug}")

    transaction(act)
    return None


def discard(slug: str) -> None:
    """Forget the draft: the form shows what visitors see."""
    transaction(lambda session: _drop(session, slug, DRAFT))


def reset(slug: str) -> None:
    """Make a draft that changes nothing of the theme; publishing it shows the theme's own look."""
    save_draft(slug, Look())


def add_picture(data: bytes, content_type: str) -> str:
    """Keep a picture that was written anew, and return its digest."""
    name = digest(data)
    text = base64.b64encode(data).decode()
    transaction(
        lambda session: _merge(session, PICTURES, name, {"type": content_type, "data": text})
    )
    return name


def picture(name: str) -> tuple[bytes, str] | None:
    """Return a picture of a look with its content type."""
    query = select(Setting.value).where(Setting.plugin == PICTURES, Setting.key == name)
    found = reading().scalar(query)
    if not isinstance(found, dict):
        return None
    return base64.b64decode(found["data"]), str(found["type"])


def sheet_of(slug: str, which: str = PUBLISHED) -> str:
    """Return the style sheet of a theme under one of its looks."""
    kept = _kept()
    key = f"{slug}.{which}.sheet"
    if key not in kept:
        kept[key] = sheet(look_of(slug, which), chain_of(slug), base_colours(slug), fonts())
    return str(kept[key])


def sheet_with(slug: str, name: str) -> str | None:
    """Return the style sheet of a theme that has this digest, published or not."""
    for _again in range(2):
        made = (sheet_of(slug, which) for which in (PUBLISHED, DRAFT, BEFORE))
        found = next((text for text in made if text and digest(text) == name), None)
        if found is not None:
            return found
        # Another process may have saved it within this second.
        _forget()
    return None


def sheet_address(slug: str, which: str = PUBLISHED) -> str:
    """Return where a browser finds the style sheet of a look; empty when there is none."""
    text = sheet_of(slug, which)
    return url_for("files.look_sheet", slug=slug or CORE, digest=digest(text)) if text else ""


def sheet_in_use() -> str:
    """Return the address of the style sheet of the look that this request wears."""
    return sheet_address(theme_in_use(), _which())


def style_addresses() -> list[str]:
    """Return the style sheets of the theme that is worn, after those of its parents."""
    host = runtime()
    return [
        url_for(
            "files.asset",
            slug=f"{THEME_PREFIX}{theme.slug}",
            digest=host.theme_digests.get(theme.slug) or "none",
            path="theme.css",
        )
        for theme in reversed(manifests())
        if (host.themes[theme.slug].path / "static" / "theme.css").is_file()
    ]


def fonts() -> dict[str, Font]:
    """Return the fonts that can be chosen: the system's, the core's, those of every theme."""
    found = {
        SYSTEM: Font(SYSTEM, _("The reader's own"), SYSTEM, "sans", "100 900"),
        "inter": Font("inter", "Inter", "Inter Variable", "sans", "100 900", _core_files()),
    }
    host = runtime()
    for slug, theme in host.themes.items():
        if theme.manifest is None or theme.problems:
            continue
        for key, font in theme.manifest.fonts.items():
            files = tuple((part, _of_theme(slug, path)) for part, path in font["files"].items())
            known = {name: font[name] for name in ("name", "family", "kind", "weight")}
            found.setdefault(key, Font(key, files=files, **known))
    return found


def base_colours(slug: str) -> dict[str, dict[str, str]]:
    """Return the colours of a theme's own style sheets and of its parents', by scheme."""
    host = runtime()
    folders = [host.themes[theme.slug].path / "static" for theme in reversed(chain_of(slug))]
    sheets = (CORE_STATIC / "css" / "tokens.css", *(folder / "theme.css" for folder in folders))
    return _read_colours(
        tuple((path, path.stat().st_mtime_ns) for path in sheets if path.is_file())
    )


@lru_cache(maxsize=32)
def _read_colours(sheets: tuple[tuple[Path, int], ...]) -> dict[str, dict[str, str]]:
    texts = [path.read_text(encoding="utf-8") for path, _changed in sheets]
    return {scheme: tokens_of(texts, scheme) for scheme in SCHEMES}


def _core_files() -> tuple[tuple[str, str], ...]:
    letters = ("latin", "latin-ext", "cyrillic", "greek")
    return tuple((part, asset(CORE_FONT.format(part))) for part in letters)


def _of_theme(slug: str, path: str) -> str:
    digest_now = runtime().theme_digests.get(slug) or "none"
    return url_for("files.asset", slug=f"{THEME_PREFIX}{slug}", digest=digest_now, path=path)


def _which() -> str:
    seen = preview()
    return DRAFT if seen and seen.framed else PUBLISHED


def _kept() -> dict[Any, Any]:
    """Return the stored looks; read anew when any setting changed, as what is drawn is."""
    stamp = settings.stamp()
    of_stamp, kept = current_app.extensions.get(CACHE, (None, None))
    if kept is None or of_stamp != stamp:
        query = select(Setting.key, Setting.value).where(Setting.plugin == LOOKS)
        kept = {row.key: row.value for row in reading().execute(query)}
        current_app.extensions[CACHE] = (stamp, kept)
    return cast("dict[Any, Any]", kept)


def _write(session: Session, slug: str, which: str, look: Look) -> None:
    _merge(session, LOOKS, f"{slug}.{which}", look.as_json())


def _merge(session: Session, part: str, key: str, value: Any) -> None:
    row = Setting(
        scope="site", scope_id="", plugin=part, key=key, value=value, changed_at=now_ms(session)
    )
    session.merge(row)
    after_commit(session, _forget)


def _drop(session: Session, slug: str, which: str) -> None:
    key = f"{slug}.{which}"
    session.execute(delete(Setting).where(Setting.plugin == LOOKS, Setting.key == key))
    after_commit(session, _forget)


def _forget_pictures(session: Session) -> None:
    """Remove the pictures that no look shows any more."""
    session.flush()
    looks = session.scalars(select(Setting.value).where(Setting.plugin == LOOKS))
    shown = {name for value in looks for name in (look_from(value).logo, look_from(value).icon)}
    stale = delete(Setting).where(Setting.plugin == PICTURES, Setting.key.not_in(shown))
    session.execute(stale)


def _forget() -> None:
    current_app.extensions.pop(CACHE, None)
    settings.forget()
