"""Role labels: what people see instead of a role's name, from the theme, in their language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from babel import Locale
from flask_babel import get_locale

from ppvcms.host.customise import words_in_use

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


PLAIN: dict[str, tuple[str, str]] = {
    "performer": ("Performer", "Performers"),
    "client": ("Client", "Clients"),
    "studio": ("Studio", "Studios"),
    "owner": ("Owner", "Owners"),
    "moderator": ("Moderator", "Moderators"),
    "back_office": ("Back office", "Back office"),
    "visitor": ("Visitor", "Visitors"),
    "show": ("Show", "Shows"),
    "room": ("Room", "Rooms"),
}


def label(
    role: str, *, plural: bool = False, count: int | None = None, locale: str | None = None
) -> str:
    """Return what people call a role under the theme that is worn, in their language.

    Beside a number the word takes that number's form (`count`); several without
    one take `plural`.
    """
    spoken = locale or str(get_locale() or "en")
    return chosen_label(words_in_use(), role, spoken, plural=plural, count=count)


def chosen_label(
    themes: Sequence[Mapping[str, Mapping[str, Mapping[str, str]]]],
    role: str,
    locale: str,
    *,
    plural: bool = False,
    count: int | None = None,
) -> str:
    """Return the label of the first theme that has one: pure.

    Each language is tried in all themes before a wider one: ``pt_BR``, ``pt``,
    ``en``; then plain English, then the role's own key. A form that a language
    does not spell out is its `other`.
    """
    for language in _widening(locale):
        for labels in themes:
            forms = labels.get(language, {}).get(role)
            if forms:
                return forms.get(_form(language, plural=plural, count=count), forms["other"])
    one, other = PLAIN.get(role, (_readable(role), _readable(role)))
    return {"one": one}.get(_form("en", plural=plural, count=count), other)


def _form(language: str, *, plural: bool, count: int | None) -> str:
    if count is None:
        return "plural" if plural else "one"
    return str(Locale.parse(language).plural_form(count))


def _widening(locale: str) -> list[str]:
    exact = locale.replace("-", "_")
    return list(dict.fromkeys([exact, exact.partition("_")[0], "en"]))


def _readable(role: str) -> str:
    return role.replace("_", " ").capitalize()
