"""Which texts there are to translate, and which of them a language lacks."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import write_po
from flask_babel import gettext as _

from ppvcms.config import ROOT
from ppvcms.host import catalogues
from ppvcms.host.catalogues import FILE, forms, is_wrong, read
from ppvcms.host.runtime import runtime

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from babel.messages.catalog import Message

MANIFEST = "plugin.toml"
METHODS = [("**/node_modules/**", "ignore"), ("**.py", "python"), ("**/templates/**.*", "jinja2")]
# A template that cannot be read must not lose its texts in silence.
OPTIONS = {"**/templates/**.*": {"silent": "false"}}
KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "_": None,
    "_l": None,
    "gettext": None,
    "lazy_gettext": None,
    "ngettext": (1, 2),
    "lazy_ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}


@dataclass(frozen=True, slots=True)
class Part:
    """What has catalogues of its own: the core, a plugin or a theme.

    `code` is where its texts stand, `folder` where its catalogues lie.
    """

    key: str
    name: str
    code: Path
    folder: Path


@dataclass(frozen=True, slots=True)
class Coverage:
    """How far a part speaks a language: texts in all, those that lack, those that would fail."""

    part: Part
    total: int
    missing: tuple[str, ...]
    wrong: tuple[str, ...]


def parts() -> list[Part]:
    """Return the core, every installed plugin and every theme."""
    host = runtime()
    plugins = [
        Part(slug, each.manifest.name, each.path, each.path / "translations")
        for slug, each in sorted(host.loaded.items())
    ]
    themes = [
        Part(f"theme:{slug}", each.manifest.name, each.path, each.path / "translations")
        for slug, each in host.themes.items()
        if each.manifest is not None
    ]
    return [Part("core", _("The site itself"), ROOT / "ppvcms", catalogues.CORE), *plugins, *themes]


def texts_of(part: Part) -> Catalog:
    """Return every text that a part marks for translation, with the places where it stands."""
    catalog = Catalog(project="ppvcms", fuzzy=False, charset="utf-8")
    found = extract_from_dir(
        str(part.code), METHODS, options_map=OPTIONS, keywords=KEYWORDS, comment_tags=("L10N:",)
    )
    for name, line, message, comments, context in found:
        if message:
            catalog.add(message, None, [(name, line)], auto_comments=comments, context=context)
    manifest = part.code / MANIFEST
    if manifest.is_file():
        said = tomllib.loads(manifest.read_text(encoding="utf-8"))
        for key in ("name", "summary"):
            catalog.add(str(said[key]), None, [(MANIFEST, 1)])
    return catalog


def coverage(part: Part, locale: str) -> Coverage:
    """Compare what a part marks with what its catalogue has."""
    wanted, known = texts_of(part), read(part.folder, locale)
    missing, wrong = [], []
    for message in _texts(wanted):
        mine = known.get(message.id, message.context) if known is not None else None
        if mine is None or mine.fuzzy or not all(forms(mine.string)):
            missing.append(forms(message.id)[0])
        elif is_wrong(mine):
            wrong.append(forms(message.id)[0])
    return Coverage(part, len(list(_texts(wanted))), tuple(missing), tuple(wrong))


def renew(part: Part, locale: str) -> Path:
    """Bring a part's catalogue up to its texts: new ones empty, old ones gone; return its file."""
    wanted, known = texts_of(part), read(part.folder, locale)
    mine = known is not None and str(known.locale) == locale
    catalog = known if known is not None and mine else _new(part, locale)
    catalog.update(wanted, no_fuzzy_matching=True, update_creation_date=False)
    catalog.obsolete.clear()
    path = part.folder / locale / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        # Without places and dates a catalogue changes only where its texts do.
        write_po(file, catalog, width=100, no_location=True, omit_header=False, sort_output=True)
    return path


def _new(part: Part, locale: str) -> Catalog:
    today = datetime.now(UTC)
    return Catalog(
        locale=locale,
        header_comment=f"# {Locale.parse(locale).english_name} texts of {part.key}.",
        project=part.key,
        version="1",
        msgid_bugs_address="-",
        last_translator="-",
        language_team="-",
        creation_date=today,
        revision_date=today,
        fuzzy=False,
    )


def _texts(catalog: Catalog) -> Iterator[Message]:
    return (message for message in catalog if message.id)
