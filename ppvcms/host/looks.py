"""A look, pure: what an owner changed of a theme, and the style sheet that follows from it."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from ppvcms.host.colours import PICKED, SCHEMES, followed
from ppvcms.host.manifest import HOME_SECTIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ppvcms.host.manifest import ThemeManifest

DEFAULT_HOME = ("hero", "top", "list")
PLACES = ("text", "display")
SYSTEM = "system"
_STACKS = {
    "sans": 'system-ui, -apple-system, "Segoe UI", "Noto Sans", "Noto Sans Arabic", sans-serif',
    "serif": 'Georgia, "Noto Serif", "Noto Naskh Arabic", serif',
    "narrow": '"Arial Narrow", system-ui, "Noto Sans Arabic", sans-serif',
}
_RANGES = {
    "latin": "U+0000-00FF, U+0131, U+0152-0153, U+02BB-02BC, U+02C6, U+02DA, U+02DC, "
    "U+2000-206F, U+20AC, U+2122, U+2191, U+2193, U+2212, U+2215, U+FEFF, U+FFFD",
    "latin-ext": "U+0100-02BA, U+02BD-02C5, U+02C7-02CC, U+02CE-02D7, U+02DD-02FF, U+1D00-1DBF, "
    "U+1E00-1E9F, U+1EF2-1EFF, U+20A0-20AB, U+20AD-20C0, U+2113, U+2C60-2C7F, U+A720-A7FF",
    "cyrillic": "U+0301, U+0400-045F, U+0490-0491, U+04B0-04B1, U+2116",
    "greek": "U+0370-0377, U+037A-037F, U+0384-038A, U+038C, U+038E-03A1, U+03A3-03FF",
}
_SELECTORS = {
    "light": ':root:not([data-bs-theme="dark"])',
    "dark": ':root[data-bs-theme="dark"]',
}
"""Stronger than a theme's own, so that what is set for one scheme leaves the other alone."""


@dataclass(frozen=True, slots=True)
class Font:
    """A font that can be chosen; `files` are addresses by the letters that they hold."""

    key: str
    name: str
    family: str
    kind: str
    weight: str
    files: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Look:
    """What an owner changed of a theme; what is empty is the theme's own.

    `colours` are ``{scheme: {token: "#rrggbb"}}``, `text` and `display` keys of
    fonts, `logo` and `icon` digests of pictures, `labels` as in a theme's manifest.
    """

    colours: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    text: str = ""
    display: str = ""
    logo: str = ""
    icon: str = ""
    labels: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)
    home: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return it as it is stored."""
        return asdict(self)


def look_from(stored: object) -> Look:
    """Return a stored look; one that is missing or of another shape changes nothing."""
    if not isinstance(stored, dict):
        return Look()
    known = {key: stored[key] for key in Look.__dataclass_fields__ if key in stored}
    return Look(**{**known, "home": ordered(known.get("home", ()))})


def ordered(sections: Iterable[str]) -> tuple[str, ...]:
    """Return the sections of a start page that there are, each once, the list always with them."""
    known = [section for section in dict.fromkeys(sections) if section in HOME_SECTIONS]
    if known and "list" not in known:
        known.append("list")
    return tuple(known)


def home_of(look: Look, themes: Sequence[ThemeManifest]) -> tuple[str, ...]:
    """Return the sections of the start page: the owner's order, else that of a theme."""
    asked = (look.home, *(theme.home for theme in themes), DEFAULT_HOME)
    return next(sections for sections in asked if sections)


def fonts_of(look: Look, themes: Sequence[ThemeManifest]) -> dict[str, str]:
    """Return the key of the font of each place that somebody chose, the owner first."""
    chosen = {"text": look.text, "display": look.display}
    for place in PLACES:
        named = (chosen[place], *(theme.type.get(place, "") for theme in themes))
        chosen[place] = next((key for key in named if key), "")
    return {place: key for place, key in chosen.items() if key}


def sheet(
    look: Look,
    themes: Sequence[ThemeManifest],
    base: Mapping[str, Mapping[str, str]],
    fonts: Mapping[str, Font],
) -> str:
    """Return the style sheet of a look over its theme, or an empty text when nothing is set.

    `base` are the colours of the theme's style sheets by scheme. Only what is in
    the lists of this module gets into it: nothing that was typed is copied.
    """
    parts = []
    chosen = {place: fonts[key] for place, key in fonts_of(look, themes).items() if key in fonts}
    parts += [_face(font) for font in dict.fromkeys(chosen.values())]
    rules = [f"  --pv-font-{place}: {_family(font)};" for place, font in chosen.items()]
    if rules:
        parts.append("\n".join([":root:root {", *rules, "}\n"]))
    for scheme in SCHEMES:
        tokens = colours_of(look, themes, base, scheme)
        lines = [f"  --pv-{token}: {colour};" for token, colour in sorted(tokens.items())]
        if lines:
            parts.append("\n".join([f"{_SELECTORS[scheme]} {{", *lines, "}\n"]))
    return "".join(parts)


def colours_of(
    look: Look,
    themes: Sequence[ThemeManifest],
    base: Mapping[str, Mapping[str, str]],
    scheme: str,
) -> dict[str, str]:
    """Return the tokens to write for a scheme: those of data themes, then the owner's."""
    written: dict[str, str] = {}
    for theme in reversed(themes):
        given = theme.colours.get(scheme, {})
        told = {token: given[token] for token in PICKED if token in given}
        written |= followed(told, {**base[scheme], **written}) | dict(given)
    own = {key: value for key, value in look.colours.get(scheme, {}).items() if key in PICKED}
    return written | followed(own, {**base[scheme], **written})


def digest(text: str | bytes) -> str:
    """Return the part of an address that changes with what is behind it."""
    data = text.encode() if isinstance(text, str) else text
    return hashlib.sha256(data).hexdigest()[:32]


def _face(font: Font) -> str:
    return "".join(
        f'@font-face {{\n  font-family: "{font.family}";\n  font-display: swap;\n'
        f'  font-weight: {font.weight};\n  src: url("{address}") format("woff2");\n'
        f"  unicode-range: {_RANGES[letters]};\n}}\n"
        for letters, address in font.files
        if letters in _RANGES
    )


def _family(font: Font) -> str:
    stack = _STACKS[font.kind]
    return stack if font.key == SYSTEM else f'"{font.family}", {stack}'
