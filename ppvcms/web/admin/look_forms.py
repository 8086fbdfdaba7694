"""The form of the customiser: what it shows of a look, and the look that was typed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from babel import Locale
from flask_babel import gettext as _

from ppvcms.content.library import items
from ppvcms.host import customise
from ppvcms.host.colours import HEX, PICKED, SCHEMES, warnings
from ppvcms.host.labels import PLAIN, chosen_label
from ppvcms.host.looks import Look, colours_of, home_of, ordered
from ppvcms.host.manifest import HOME_SECTIONS
from ppvcms.host.settings import site
from ppvcms.host.worn import chain_of
from ppvcms.results import Refusal
from ppvcms.rooms.picture import PNG, encode_apart

if TYPE_CHECKING:
    from collections.abc import Mapping

    from werkzeug.datastructures import FileStorage, MultiDict

ROLES = ("performer", "client", "studio", "owner", "moderator", "show", "room")
LONGEST_WORD = 40
LARGEST_PICTURE = 1024 * 1024
WIDEST = {"logo": 480, "icon": 256}
FROM_LIBRARY = 640


@dataclass(frozen=True, slots=True)
class ColourField:
    """A colour as the form shows it, with the theme's own to go back to."""

    name: str
    label: str
    value: str
    own: str


@dataclass(frozen=True, slots=True)
class WordField:
    """One form of a role's word in one language; `own` is the theme's."""

    name: str
    label: str
    value: str
    own: str


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the start page, and whether it is shown."""

    key: str
    label: str
    shown: bool
    fixed: bool


def colour_fields(slug: str, look: Look) -> dict[str, list[ColourField]]:
    """Return the colours by scheme."""
    names = token_names()
    return {
        scheme: [
            ColourField(
                f"{scheme}.{token}",
                names[token],
                look.colours.get(scheme, {}).get(token, own[token]),
                own[token],
            )
            for token in PICKED
        ]
        for scheme, own in ((scheme, _own_colours(slug, scheme)) for scheme in SCHEMES)
    }


def word_fields(slug: str, look: Look) -> dict[str, dict[str, list[WordField]]]:
    """Return the words by language and role, in every form that the language has."""
    themes = [theme.labels for theme in chain_of(slug)]
    return {
        language: {
            chosen_label(themes, role, language): [
                WordField(
                    f"label.{language}.{role}.{form}",
                    form_names()[form],
                    look.labels.get(language, {}).get(role, {}).get(form, ""),
                    _theme_word(themes, role, language, form),
                )
                for form in forms_of(language)
            ]
            for role in ROLES
        }
        for language in languages()
    }


def sections_of(slug: str, look: Look) -> list[Section]:
    """Return every section of the start page, those that are shown first and in order."""
    shown = home_of(look, chain_of(slug))
    names = section_names()
    rest = [key for key in HOME_SECTIONS if key not in shown]
    return [Section(key, names[key], key in shown, key == "list") for key in (*shown, *rest)]


def look_typed(slug: str, look: Look, form: MultiDict[str, str]) -> Look:
    """Return the look that a form describes; pictures stay unless they are taken away."""
    themes = chain_of(slug)
    fonts = customise.fonts()
    home = ordered(key for key in form.getlist("home") if form.get(f"shown.{key}"))
    chosen = {place: form.get(f"font.{place}", "") for place in ("text", "display")}
    return replace(
        look,
        colours={scheme: _colours(slug, scheme, form) for scheme in SCHEMES},
        text=chosen["text"] if chosen["text"] in fonts else "",
        display=chosen["display"] if chosen["display"] in fonts else "",
        logo="" if form.get("remove.logo") else look.logo,
        icon="" if form.get("remove.icon") else look.icon,
        labels=_labels(form),
        home=() if home == home_of(Look(), themes) else home,
    )


def with_pictures(
    look: Look, files: Mapping[str, FileStorage], form: Mapping[str, str]
) -> Look | Refusal:
    """Return a look with the pictures that were sent or chosen, each written anew.

    A look keeps a copy: it stays as it is when the library changes.
    """
    for place, widest in WIDEST.items():
        data = _sent(files.get(place)) or items.bytes_of(
            form.get(f"library.{place}", ""), FROM_LIBRARY
        )
        if not data:
            continue
        encoded = encode_apart(data, widest, PNG) if len(data) <= LARGEST_PICTURE else None
        if encoded is None:
            return Refusal(
                "invalid",
                _("The picture was not taken: it is not a JPEG, PNG or WebP of at most 1 MB."),
            )
        name = customise.add_picture(encoded.data, "image/png")
        look = replace(look, logo=name) if place == "logo" else replace(look, icon=name)
    return look


def _sent(file: FileStorage | None) -> bytes:
    return file.stream.read(LARGEST_PICTURE + 1) if file is not None and file.filename else b""


def contrast_warnings(slug: str, look: Look) -> list[str]:
    """Return in words which colours people will not be able to read, scheme by scheme."""
    names, schemes = token_names(), {"light": _("Light"), "dark": _("Dark")}
    themes, base = chain_of(slug), customise.base_colours(slug)
    return [
        _(
            "%(scheme)s: %(one)s on %(other)s has a contrast of %(ratio).1f. It needs %(least).1f.",
            scheme=schemes[scheme],
            one=names[one],
            other=names[other],
            ratio=ratio,
            least=least,
        )
        for scheme in SCHEMES
        for one, other, ratio, least in warnings(
            {**base[scheme], **colours_of(look, themes, base, scheme)}
        )
    ]


def languages() -> list[str]:
    """Return the languages of the site, and English, which every theme falls back to."""
    core = site()
    return list(dict.fromkeys([core.locale, *core.locales, "en"]))


def forms_of(language: str) -> list[str]:
    """Return the forms in which a language writes a word beside a number and without one."""
    tags = Locale.parse(language).plural_form.tags
    order = ("zero", "one", "two", "few", "many")
    forms = [form for form in order if form in tags or form == "one"]
    more = {"two", "few", "many"} & set(forms)
    return [*forms, "other", *(["plural"] if more else [])]


def token_names() -> dict[str, str]:
    """Return what the colours are called."""
    return {
        "brand": _("Buttons and links"),
        "accent": _("Accent"),
        "paper": _("Background"),
        "surface": _("Cards"),
        "ink": _("Text"),
    }


def section_names() -> dict[str, str]:
    """Return what the sections of the start page are called."""
    return {
        "hero": _("Welcome"),
        "top": _("News and events"),
        "list": _("Search and list"),
        "categories": _("Categories"),
        "steps": _("How it goes"),
    }


def form_names() -> dict[str, str]:
    """Return what the forms of a word are called."""
    return {
        "zero": _("none"),
        "one": _("one"),
        "two": _("two"),
        "few": _("a few"),
        "many": _("many"),
        "other": _("several"),
        "plural": _("several, without a number"),
    }


def _own_colours(slug: str, scheme: str) -> dict[str, str]:
    base = customise.base_colours(slug)
    return {**base[scheme], **colours_of(Look(), chain_of(slug), base, scheme)}


def _colours(slug: str, scheme: str, form: MultiDict[str, str]) -> dict[str, str]:
    own = _own_colours(slug, scheme)
    typed = {token: form.get(f"{scheme}.{token}", "").lower() for token in PICKED}
    return {
        token: colour
        for token, colour in typed.items()
        if HEX.fullmatch(colour) and colour != own[token]
    }


def _labels(form: MultiDict[str, str]) -> dict[str, dict[str, dict[str, str]]]:
    found: dict[str, dict[str, dict[str, str]]] = {}
    for language in languages():
        for role in PLAIN:
            typed = {
                each: " ".join(form.get(f"label.{language}.{role}.{each}", "").split())
                for each in forms_of(language)
            }
            words = {each: word[:LONGEST_WORD] for each, word in typed.items() if word}
            if words:
                first = next(iter(words.values()))
                whole = {"one": first, "other": words.get("plural", first), **words}
                found.setdefault(language, {})[role] = whole
    return found


def _theme_word(
    themes: list[Mapping[str, Mapping[str, Mapping[str, str]]]], role: str, language: str, form: str
) -> str:
    for labels in themes:
        words = labels.get(language, {}).get(role, {})
        if words:
            return words.get(form, words["other"])
    return chosen_label(themes, role, language, plural=form not in {"one", "zero"})
