"""Texts in other languages: a catalogue each of the core, of every plugin and of every theme.

A catalogue is ``translations/<language>/LC_MESSAGES/messages.po`` in the folder of
its owner; the core's lie at the top of the project. A text is looked for in the
theme that is worn and its parents, in the plugin that runs, in the core, and then
in the other plugins that are on, whose words the core's pages show too. What no
catalogue has is shown in English.
"""

from __future__ import annotations

import copy
import io
import re
from gettext import GNUTranslations, NullTranslations
from typing import TYPE_CHECKING, cast

import structlog
from babel.messages.mofile import write_mo
from babel.messages.pofile import PoFileError, read_po
from flask import current_app, has_request_context, request
from flask_babel import Babel, Domain, get_locale

from ppvcms.config import ROOT
from ppvcms.host import kept
from ppvcms.host.calls import running_plugin
from ppvcms.host.runtime import runtime
from ppvcms.host.snapshot import current
from ppvcms.host.worn import manifests

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from babel.messages.catalog import Catalog, Message

log = structlog.get_logger(__name__)

CORE = ROOT / "translations"
FILE = "LC_MESSAGES/messages.po"
PLACE = re.compile(r"%\((\w+)\)[sd]|%%")


class SiteBabel(Babel):
    """Babel whose texts come from the catalogues of everything that is on."""

    @property
    def domain_instance(self) -> Domain:
        """The texts of the site; Flask-Babel asks once in each context."""
        return SiteDomain()


class SiteDomain(Domain):
    """All catalogues as one domain."""

    def get_translations(self) -> NullTranslations:
        """Return the texts in the reader's language, as the theme and the plugin have them."""
        locale = get_locale()
        if locale is None or "ppvcms_host" not in current_app.extensions:
            return PLAIN
        key = (str(locale), plugin_at_work())
        if key not in self.cache:
            self.cache[key] = texts(*key)
        return cast("NullTranslations", self.cache[key])


class Words(NullTranslations):
    """The end of every chain of catalogues: texts as they stand in the code.

    Flask-Babel asks by the names of Babel's own class, which have a `u` before them.
    """

    ugettext = NullTranslations.gettext
    ungettext = NullTranslations.ngettext
    upgettext = NullTranslations.pgettext
    unpgettext = NullTranslations.npgettext


class Written(GNUTranslations):
    """A catalogue that was read."""

    ugettext = GNUTranslations.gettext
    ungettext = GNUTranslations.ngettext
    upgettext = GNUTranslations.pgettext
    unpgettext = GNUTranslations.npgettext


PLAIN = Words()


def texts(locale: str, plugin: str = "") -> NullTranslations:
    """Return every text in a language, as a plugin and the theme of this moment have them."""
    if not _is_spoken(locale):
        return PLAIN
    themes = tuple(theme.slug for theme in manifests())
    shelf = kept.shelf("texts", locale)
    found = shelf.get((plugin, themes))
    if found is None:
        found = _chain(list(_folders(plugin, themes)), locale)
        shelf.keep((plugin, themes), found)
    return cast("NullTranslations", found)


def texts_of(folders: Iterable[Path], locale: str) -> NullTranslations:
    """Return the texts of some folders in a language, where there is no site that has an order."""
    return _chain([folder for folder in folders if path_of(folder, locale)], locale)


def languages_of_core() -> list[str]:
    """Return the languages that the core speaks, English first."""
    return ["en", *sorted(path.parent.parent.name for path in CORE.glob(f"*/{FILE}"))]


def plugin_at_work() -> str:
    """Return whose hook or page runs, or an empty text for the core."""
    slug = running_plugin.get()
    if not slug and has_request_context() and request.blueprint:
        slug = request.blueprint.partition(".")[0]
    return slug if slug in runtime().loaded else ""


def path_of(folder: Path, locale: str) -> Path | None:
    """Return the catalogue's file of a language, or of a wider one (``pt`` for ``pt_BR``)."""
    for name in dict.fromkeys((locale, locale.partition("_")[0])):
        path = folder / name / FILE
        if path.is_file():
            return path
    return None


def read(folder: Path, locale: str) -> Catalog | None:
    """Return the catalogue of a folder in a language; none where it is missing or broken."""
    path = path_of(folder, locale)
    if path is None:
        return None
    try:
        with path.open("rb") as file:
            return read_po(file, locale=path.parent.parent.name, abort_invalid=True)
    except (OSError, ValueError, PoFileError) as error:
        log.warning("catalogue_not_read", path=str(path), error=str(error))
        return None


def is_wrong(message: Message) -> bool:
    """Whether showing a translation would fail: it has other places for values than its text."""
    ids, strings = forms(message.id), forms(message.string)
    places, rests = zip(*map(_taken_apart, ids), strict=True)
    most, percent = frozenset().union(*places), any("%" in rest for rest in rests)
    for string in filter(None, strings):
        mine, rest = _taken_apart(string)
        # The form for one may say "one" for its number.
        least = most if len(ids) == 1 else most - {"num", "count", "number"}
        if not least <= mine <= most or ("%" in rest and not percent):
            return True
    return False


def forms(text: object) -> tuple[str, ...]:
    """Return the forms of a text: one, or as many as its language counts."""
    return tuple(map(str, text)) if isinstance(text, list | tuple) else (str(text),)


def _taken_apart(text: str) -> tuple[frozenset[str], str]:
    return frozenset(filter(None, PLACE.findall(text))), PLACE.sub("", text)


def _folders(plugin: str, themes: tuple[str, ...]) -> Iterator[Path]:
    host = runtime()
    for slug in themes:
        yield host.themes[slug].path / "translations"
    if plugin:
        yield host.loaded[plugin].path / "translations"
    yield CORE
    for slug in current().active:
        yield host.loaded[slug].path / "translations"


def _is_spoken(locale: str) -> bool:
    """Whether anything has texts in a language; English is what the code speaks."""
    shelf = current_app.extensions.setdefault("ppvcms_spoken", {})
    if locale not in shelf:
        host = runtime()
        homes = [CORE]
        homes += [theme.path / "translations" for theme in host.themes.values()]
        homes += [plugin.path / "translations" for plugin in host.loaded.values()]
        shelf[locale] = any(path_of(home, locale) for home in homes)
    return bool(shelf[locale])


def _chain(folders: list[Path], locale: str) -> NullTranslations:
    chain: NullTranslations = Words()
    for folder in reversed(folders):
        found = _written(folder, locale)
        if found is not None:
            # The copies of one catalogue share its texts.
            link = copy.copy(found)
            link.add_fallback(chain)
            chain = link
    return chain


def _written(folder: Path, locale: str) -> Written | None:
    # The folder of an uploaded copy is named by its digest; others change with a restart.
    shelf = current_app.extensions.setdefault("ppvcms_catalogues", {})
    key = (folder, locale)
    if key not in shelf:
        catalog = read(folder, locale)
        shelf[key] = None if catalog is None else _compiled(catalog)
    return cast("Written | None", shelf[key])


def _compiled(catalog: Catalog) -> Written:
    for message in catalog:
        if message.id and is_wrong(message):
            message.string = ("",) * catalog.num_plurals if message.pluralizable else ""
    binary = io.BytesIO()
    write_mo(binary, catalog)
    binary.seek(0)
    return Written(binary)
