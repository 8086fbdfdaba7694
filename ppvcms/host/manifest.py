"""Manifests: TOML read without running anything, into a frozen value or a list of problems."""

from __future__ import annotations

import keyword
import re
import tomllib
from dataclasses import MISSING, Field, dataclass, field, fields
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar, cast

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping
    from pathlib import Path

M = TypeVar("M")

SLUG = re.compile(r"[a-z][a-z0-9_]{1,30}")
CORE_WORDS = frozenset(
    [
        *(
            "account",
            "admin",
            "assets",
            "auth",
            "core",
            "credits",
            "demo",
            "factor",
            "files",
            "help",
        ),
        *("hooks", "host", "images", "jobs", "ledger", "live", "media", "metering", "pay"),
        *("payments", "perform", "plugin", "plugins", "ppvcms", "profile", "regions", "rest"),
        *("room", "rooms", "site", "static", "studio", "test", "tests", "theme", "themes", "web"),
    ]
)
CATEGORIES = (
    "mode",
    "payment",
    "media",
    "earning",
    "messaging",
    "studio",
    "moderation",
    "content",
    "integration",
)
GUARDS = ("site_entry", "room_entry", "performing", "purchase", "permission", "message")
SCOPES = ("site", "studio", "room")
DATA = "data"
THEME_KINDS = ("templates", DATA)
THEME_SCHEMES = ("auto", "light", "dark")
REGIONS = ("header", "home", "listing_side", "footer")
"""Named places around pages where owners put blocks; a theme declares those it has."""
HOME_SECTIONS = ("hero", "top", "list", "categories", "steps")
FONT_KINDS = ("sans", "serif", "narrow")
LABEL_FORMS = frozenset(["zero", "one", "two", "few", "many", "other", "plural"])
"""The plural categories of CLDR, and the word for several that stands without a number."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a plugin says of itself before any of its code runs."""

    slug: str
    name: str
    summary: str
    version: str
    license: str
    authors: tuple[str, ...]
    api: str
    entry: str = "plugin"
    requires: Mapping[str, str] = field(default_factory=dict)
    after: tuple[str, ...] = ()
    python: str = ""
    packages: tuple[str, ...] = ()
    category: str = "content"
    scopes: tuple[str, ...] = ("site",)
    guards: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = ()
    permissions: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    links: Mapping[str, str] = field(default_factory=dict)
    processes: Mapping[str, str] = field(default_factory=dict)
    overrides: tuple[str, ...] = ()
    icon: str = "puzzle"
    homepage: str = ""
    support: str = ""
    security: str = ""


@dataclass(frozen=True, slots=True)
class ThemeManifest:
    """What a theme says of itself.

    `labels` are ``{locale: {role: {form: word}}}``, `colours` ``{scheme: {token:
    "#rrggbb"}}``, `fonts` those it offers, `type` which of them it sets text and
    headings in, `home` the sections of the start page in their order.
    """

    slug: str
    name: str
    version: str
    license: str
    authors: tuple[str, ...]
    api: str
    summary: str = ""
    parent: str = ""
    kind: str = "templates"
    scheme: str = "auto"
    colours: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    fonts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    type: Mapping[str, str] = field(default_factory=dict)
    home: tuple[str, ...] = ()
    slots: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    labels: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)
    screenshot: str = ""


def read_plugin(path: Path, slug: str = "") -> Manifest | list[str]:
    """Return the manifest in the file, or every problem it has, one sentence each.

    `slug` is the one it must have: its folder's name, unless said otherwise.
    """
    return _read(path, slug or path.parent.name, Manifest)


def read_theme(path: Path, slug: str = "") -> ThemeManifest | list[str]:
    """Return the theme's manifest in the file, or every problem it has."""
    return _read(path, slug or path.parent.name, ThemeManifest)


def slug_problem(slug: object) -> str:
    """Return what is wrong with a slug, or an empty text."""
    if not isinstance(slug, str) or not SLUG.fullmatch(slug) or "__" in slug:
        return "2 to 31 of a-z, 0-9 and single _, a letter first"
    if slug in CORE_WORDS or keyword.iskeyword(slug):
        return "a word that the core does not use itself"
    return ""


def _read(path: Path, slug: str, kind: type[M]) -> M | list[str]:
    try:
        answer = _checked(path.read_text(encoding="utf-8"), slug, cast("Hashable", kind))
    except FileNotFoundError:
        return [f"{path.name} is missing. Add it, or remove the folder."]
    except OSError as error:
        return [f"{path.name} cannot be read: {error.strerror}."]
    except UnicodeDecodeError:
        return [f"{path.name} is not UTF-8 text. Save it as UTF-8."]
    except tomllib.TOMLDecodeError as error:
        return [f"{path.name} is not valid TOML: {error}."]
    return list(answer) if isinstance(answer, tuple) else cast("M", answer)


@lru_cache(maxsize=512)
def _checked(text: str, slug: str, kind: type) -> object:
    """Return what a text says; every start and every list of plugins asks for all of them."""
    raw = tomllib.loads(text)
    problems = _unknown(raw, kind) + _missing(raw, kind)
    for name, check in (_THEME_CHECKS if kind is ThemeManifest else _PLUGIN_CHECKS).items():
        if name in raw and (right := check(raw[name])):
            problems.append(f"{name} = {_short(raw[name])} is not right. It must be {right}.")
    if "slug" in raw and not problems and raw["slug"] != slug:
        problems.append(
            f"slug = '{raw['slug']}' differs from the folder '{slug}'. Give both the same name."
        )
    return tuple(problems) or kind(**{key: _frozen(value) for key, value in raw.items()})


def _unknown(raw: Mapping[str, Any], kind: type) -> list[str]:
    known = {each.name for each in fields(kind)}
    return [
        f"'{key}' is not a field of {'theme' if kind is ThemeManifest else 'plugin'}.toml. "
        f"Remove it, or use one of: {', '.join(sorted(known))}."
        for key in raw
        if key not in known
    ]


def _missing(raw: Mapping[str, Any], kind: type) -> list[str]:
    needed = [each.name for each in fields(kind) if _is_needed(each)]
    return [f"'{name}' is missing. Add it." for name in needed if name not in raw]


def _is_needed(each: Field[Any]) -> bool:
    return each.default is MISSING and each.default_factory is MISSING


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _short(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) < 60 else shown[:57] + "..."  # noqa: PLR2004 - a line's worth


def _text(value: Any) -> str:
    return "" if isinstance(value, str) and value.strip() else "a text that is not empty"


def _any_text(value: Any) -> str:
    return "" if isinstance(value, str) else "a text"


def _texts(value: Any) -> str:
    good = isinstance(value, list) and all(isinstance(part, str) for part in value)
    return "" if good else "a list of texts"


def _authors(value: Any) -> str:
    return _texts(value) or ("" if value else "a list with at least one name")


def _texts_by_name(value: Any) -> str:
    good = isinstance(value, dict) and all(isinstance(part, str) for part in value.values())
    return "" if good else "a table of texts"


def _one_of(words: tuple[str, ...]) -> Check:
    return lambda value: "" if value in words else f"one of {', '.join(words)}"


def _some_of(words: tuple[str, ...]) -> Check:
    def check(value: Any) -> str:
        good = isinstance(value, list) and all(part in words for part in value)
        return "" if good else f"a list of some of {', '.join(words)}"

    return check


def _version(value: Any) -> str:
    try:
        Version(value)
    except (InvalidVersion, TypeError):
        return "a version such as '1.2.0' (PEP 440)"
    return ""


def _specifier(value: Any) -> str:
    try:
        SpecifierSet(value)
    except (InvalidSpecifier, TypeError, AttributeError):
        return "a range of versions such as '>=1.0,<2'"
    return "" if isinstance(value, str) else "a range of versions such as '>=1.0,<2'"


def _requires(value: Any) -> str:
    good = isinstance(value, dict) and not any(
        slug_problem(slug) or _specifier(spec) for slug, spec in value.items()
    )
    return "" if good else "a table of slugs with versions, such as {tips = '>=1.0'}"


def _processes(value: Any) -> str:
    name = re.compile(r"[a-z][a-z0-9_]{0,15}")
    module = re.compile(r"[A-Za-z_][\w.]*")
    good = isinstance(value, dict) and all(
        name.fullmatch(key) and isinstance(run, str) and module.fullmatch(run)
        for key, run in value.items()
    )
    return "" if good else "a table of names with modules, such as {node = 'plugins.x.node'}"


def _entry(value: Any) -> str:
    good = isinstance(value, str) and re.fullmatch(r"[A-Za-z_]\w*", value)
    return "" if good else "the name of a module in the plugin's folder, without .py"


def labels_problem(value: Any) -> str:
    """Return what is wrong with words for roles, or an empty text: pure."""
    good = isinstance(value, dict) and all(
        isinstance(roles, dict)
        and all(
            isinstance(forms, dict)
            and {"one", "other"} <= set(forms) <= LABEL_FORMS
            and all(isinstance(form, str) and form for form in forms.values())
            for forms in roles.values()
        )
        for roles in value.values()
    )
    return "" if good else "tables such as [labels.en.performer] with one and other"


def _colours(value: Any) -> str:
    good = isinstance(value, dict) and all(
        scheme in THEME_SCHEMES[1:]
        and isinstance(tokens, dict)
        and all(
            re.fullmatch(r"[a-z0-9-]{2,24}", token)
            and isinstance(colour, str)
            and re.fullmatch(r"#[0-9a-f]{6}", colour)
            for token, colour in tokens.items()
        )
        for scheme, tokens in value.items()
    )
    return "" if good else "tables [colours.light] and [colours.dark] such as brand = '#336699'"


def _fonts(value: Any) -> str:
    good = isinstance(value, dict) and all(
        re.fullmatch(r"[a-z][a-z0-9-]{1,30}", key) and isinstance(font, dict) and _is_font(font)
        for key, font in value.items()
    )
    return "" if good else "tables such as [fonts.nunito] with name, family, kind, weight, files"


def _is_font(font: dict[str, Any]) -> bool:
    files = font.get("files")
    return (
        set(font) == {"name", "family", "kind", "weight", "files"}
        and font["kind"] in FONT_KINDS
        and all(
            isinstance(font[name], str) and re.fullmatch(r"[\w .-]{1,60}", font[name])
            for name in ("name", "family", "weight")
        )
        and isinstance(files, dict)
        and all(
            isinstance(path, str) and re.fullmatch(r"[\w-][\w./-]*\.woff2", path)
            for path in files.values()
        )
    )


def _type(value: Any) -> str:
    good = not _texts_by_name(value) and set(value) <= {"text", "display"}
    return "" if good else "a table with text, display or both, each the name of a font"


def _home(value: Any) -> str:
    good = not _some_of(HOME_SECTIONS)(value) and "list" in value and len(set(value)) == len(value)
    return "" if good else f"a list of some of {', '.join(HOME_SECTIONS)}, each once, with list"


if TYPE_CHECKING:
    Check = Callable[[Any], str]

_SHARED: dict[str, Check] = {
    "slug": slug_problem,
    "name": _text,
    "version": _version,
    "license": _text,
    "authors": _authors,
    "api": _specifier,
}
_PLUGIN_CHECKS: dict[str, Check] = {
    **_SHARED,
    "summary": _text,
    "entry": _entry,
    "requires": _requires,
    "after": _texts,
    "python": _specifier,
    "packages": _texts,
    "category": _one_of(CATEGORIES),
    "scopes": _some_of(SCOPES),
    "guards": _some_of(GUARDS),
    "capabilities": _texts,
    "permissions": _texts,
    "tables": _texts,
    "links": _texts_by_name,
    "processes": _processes,
    "overrides": _texts,
    "icon": _text,
    "homepage": _any_text,
    "support": _any_text,
    "security": _any_text,
}
_THEME_CHECKS: dict[str, Check] = {
    **_SHARED,
    "summary": _any_text,
    "parent": _any_text,
    "kind": _one_of(THEME_KINDS),
    "scheme": _one_of(THEME_SCHEMES),
    "colours": _colours,
    "fonts": _fonts,
    "type": _type,
    "home": _home,
    "slots": _texts,
    "regions": _some_of(REGIONS),
    "labels": labels_problem,
    "screenshot": _any_text,
}
