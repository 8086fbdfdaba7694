"""Colours of a look, pure: what an owner picks, what follows from it, and if it can be read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

SCHEMES = ("light", "dark")
PICKED = ("brand", "accent", "paper", "surface", "ink")
"""The tokens that an owner sets; the others follow."""
HEX = re.compile(r"#[0-9a-f]{6}")
READABLE = 4.5
VISIBLE = 3.0
STEPS = 20
_BLOCK = {
    "light": re.compile(r"^:root {(.*?)^}", re.DOTALL | re.MULTILINE),
    "dark": re.compile(r'^\[data-bs-theme="dark"\] {(.*?)^}', re.DOTALL | re.MULTILINE),
}
_TOKEN = re.compile(r"--pv-([\w-]+): (#[0-9a-f]{6});")


def tokens_of(sheets: list[str], scheme: str) -> dict[str, str]:
    """Return the colours that style sheets set for a scheme, the last one winning."""
    found: dict[str, str] = {}
    for block in ("light",) if scheme == "light" else SCHEMES:
        for sheet in sheets:
            for text in _BLOCK[block].findall(sheet):
                found.update(_TOKEN.findall(text))
    return found


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours as WCAG 2.2 counts it, 1 to 21."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def followed(picked: Mapping[str, str], base: Mapping[str, str]) -> dict[str, str]:
    """Return the tokens to write for what was picked, over the colours of the theme.

    Inks are moved towards black or white until they can be read, so that a pale
    brand still makes links and buttons that people can use.
    """
    whole = {**base, **picked}
    found = dict(picked)
    if "surface" in picked or "ink" in picked:
        found |= _surfaces(whole)
    if "ink" in picked or "paper" in picked or "surface" in picked:
        found |= _inks(whole, found)
    papers = [{**whole, **found}[name] for name in ("paper", "surface", "surface-2")]
    for name in ("brand", "accent"):
        if name in picked:
            found |= _acting(name, picked[name], whole, papers)
    return found


def warnings(tokens: Mapping[str, str]) -> list[tuple[str, str, float, float]]:
    """Return the pairs that cannot be read or seen: the two tokens, the contrast, what it needs."""
    text = [("ink", paper) for paper in ("paper", "surface")]
    edges = [("brand", "paper"), ("brand", "surface")]
    return [
        (one, other, contrast(tokens[one], tokens[other]), least)
        for pairs, least in ((text, READABLE), (edges, VISIBLE))
        for one, other in pairs
        if contrast(tokens[one], tokens[other]) < least
    ]


def mixed(one: str, other: str, share: float) -> str:
    """Return a colour with so much of the other one in it, 0 to 1."""
    parts = zip(_parts(one), _parts(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in parts)


def _surfaces(whole: Mapping[str, str]) -> dict[str, str]:
    surface, ink = whole["surface"], whole["ink"]
    return {
        "surface-2": mixed(surface, ink, 0.06),
        "surface-3": mixed(surface, ink, 0.12),
        "line": mixed(surface, ink, 0.14),
        "line-strong": _until(mixed(surface, ink, 0.4), ink, [surface, whole["paper"]], VISIBLE),
    }


def _inks(whole: Mapping[str, str], found: Mapping[str, str]) -> dict[str, str]:
    papers = [{**whole, **found}[name] for name in ("paper", "surface", "surface-2")]
    ink = whole["ink"]
    return {
        "ink-2": _until(mixed(ink, papers[1], 0.22), ink, papers, READABLE),
        "ink-3": _until(mixed(ink, papers[1], 0.36), ink, papers, READABLE),
    }


def _acting(name: str, colour: str, whole: Mapping[str, str], papers: list[str]) -> dict[str, str]:
    ink = max(("#ffffff", "#0b0b0c"), key=lambda shade: contrast(shade, colour))
    soft = mixed(papers[1], colour, 0.14)
    found = {f"{name}-ink": ink, f"{name}-soft": soft}
    readable = _until(colour, whole["ink"], [*papers, soft], READABLE)
    if name == "accent":
        # Text is written in the accent itself, so it is the readable shade of what was picked.
        shade = max(("#ffffff", "#0b0b0c"), key=lambda one: contrast(one, readable))
        return found | {"accent": readable, "accent-ink": shade}
    away = "#000000" if ink == "#ffffff" else "#ffffff"
    return found | {"brand-text": readable, "brand-strong": mixed(colour, away, 0.22)}


def _until(colour: str, towards: str, papers: list[str], least: float) -> str:
    """Return the colour, moved towards another just as far as it must."""
    for step in range(STEPS + 1):
        moved = mixed(colour, towards, step / STEPS)
        if all(contrast(moved, paper) >= least for paper in papers):
            return moved
    return towards


def _parts(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    scaled = (part / 255 for part in _parts(colour))
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4  # noqa: PLR2004 - WCAG
        for part in scaled
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
