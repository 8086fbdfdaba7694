"""Role labels: what people see instead of a role's name, from the theme, in their language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_babel import get_locale

from ppvcms.host.worn import manifests

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


def label(role: str, *, plural: bool = False, locale: str | None = None) -> str:
    """Return what people call a role under the theme that is worn, in their language."""
    spoken = locale or str(get_locale() or "en")
    return chosen_label([theme.labels for theme in manifests()], role, spoken, plural=plural)


def chosen_label(
    themes: Sequence[Mapping[str, Mapping[str, Mapping[str, str]]]],
    role: str,
    locale: str,
    *,
    plural: bool,
) -> str:
    """Return the label of the first theme that has one: pure.

    Each language is tried in all themes before a wider one: ``pt_BR``, ``pt``,
    ``en``; then plain English, then the role's own key.
    """
    form = "other" if plural else "one"
    for language in _widening(locale):
        for labels in themes:
            forms = labels.get(language, {}).get(role)
            if forms:
                return forms[form]
    one, other = PLAIN.get(role, (_readable(role), _readable(role)))
    return other if plural else one


def _widening(locale: str) -> list[str]:
    exact = locale.replace("-", "_")
    return list(dict.fromkeys([exact, exact.partition("_")[0], "en"]))


def _readable(role: str) -> str:
    return role.replace("_", " ").capitalize()
