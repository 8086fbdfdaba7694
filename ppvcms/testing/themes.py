"""What holds for every theme. Subclass `ThemeContract` and name the theme's folder."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

import pytest

from ppvcms.config import ROOT
from ppvcms.host.colours import READABLE, SCHEMES, VISIBLE, contrast, tokens_of
from ppvcms.host.manifest import read_theme
from ppvcms.testing import code
from ppvcms.testing.sites import theme_site

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flask import Flask

    from ppvcms.host.manifest import ThemeManifest

CORE = ROOT / "ppvcms" / "static" / "css"
TEXT = ("ink", "ink-2", "ink-3", "brand-text", "accent", "good", "warn", "bad", "info")
STATES = tuple(f"{state}-text" for state in ("online", "group", "private", "away", "offline"))
PAPERS = ("paper", "surface", "surface-2")
PAIRS = (
    ("brand-ink", "brand"),
    ("brand-ink", "brand-strong"),
    ("brand-text", "brand-soft"),
    ("accent-ink", "accent"),
    ("accent", "accent-soft"),
    ("good", "good-soft"),
    ("warn", "warn-soft"),
    ("bad", "bad-soft"),
    ("info", "info-soft"),
)
EDGES = (("line-strong", "surface"), ("line-strong", "paper"), ("brand", "surface"))
INLINE = re.compile(
    r"<style|\sstyle=|<script(?![^>]*\ssrc=)|\son[a-z]+=\"|javascript:", re.IGNORECASE
)
OUTSIDE = re.compile(r"""(?:src|href)=["'](?:https?:)?//|url\(\s*["']?(?:https?:)?//|@import""")


class ThemeContract:
    """A theme can be read in light and dark, asks nobody else's server, and keeps the policy."""

    folder: ClassVar[Path]

    @pytest.fixture
    def manifest(self) -> ThemeManifest:
        """What theme.toml says; problems fail the test with all of their sentences."""
        manifest = read_theme(self.folder / "theme.toml")
        assert not isinstance(manifest, list), manifest
        return manifest

    @pytest.fixture(scope="class")
    @classmethod
    def site(cls) -> Iterator[Flask]:
        """A site that wears the theme."""
        with theme_site(cls.folder) as app:
            yield app

    def parents(self, manifest: ThemeManifest) -> list[Path]:
        """Return the folders of the themes that it builds on, the nearest last."""
        if not manifest.parent:
            return []
        here = self.folder.parent / manifest.parent
        return [here if here.is_dir() else ROOT / "themes" / manifest.parent]

    def test_it_says_what_it_is(self, manifest: ThemeManifest) -> None:
        """The folder's name, a licence, authors, and every form of the words for roles."""
        assert manifest.slug == self.folder.name
        assert manifest.license.strip()
        assert manifest.authors
        for words in manifest.labels.values():
            assert all({"one", "other"} <= set(forms) for forms in words.values())

    def test_text_can_be_read_light_and_dark(self, manifest: ThemeManifest) -> None:
        """TH-05: WCAG 2.2 AA, 4.5:1 for text and 3:1 for edges."""
        for scheme in SCHEMES:
            assert weak_pairs(scheme, [*self.parents(manifest), self.folder]) == [], scheme

    def test_no_template_needs_inline_script_or_style(self) -> None:
        """The security policy of the site allows files alone."""
        assert inline_code(self.folder) == {}

    def test_it_asks_no_other_server(self) -> None:
        """Fonts, pictures and styles lie in its own folder."""
        files = [*code.templates(self.folder), *self.folder.rglob("*.css")]
        assert [str(file) for file in files if OUTSIDE.search(file.read_text("utf-8"))] == []

    def test_its_texts_can_be_translated(self) -> None:
        """Every text of its templates goes through gettext."""
        assert code.unmarked_texts(self.folder) == []

    def test_the_first_page_wears_it(self, site: Flask) -> None:
        """A visitor gets the start page, and its own styles with it."""
        page = site.test_client().get("/")
        assert page.status_code == 200
        assert page.text.count("<h1") == 1
        if (self.folder / "static" / "theme.css").exists():
            assert "/theme.css" in page.text


def weak_pairs(scheme: str, themes: list[Path]) -> list[tuple[str, str]]:
    """Return the pairs of colours that lack contrast when these themes are worn."""
    colours = tokens(scheme, themes)
    texts = [(text, paper) for text in (*TEXT, *STATES) for paper in PAPERS] + list(PAIRS)
    weak = [(text, on) for text, on in texts if _ratio(colours, text, on) < READABLE]
    return weak + [(one, on) for one, on in EDGES if _ratio(colours, one, on) < VISIBLE]


def tokens(scheme: str, themes: list[Path]) -> dict[str, str]:
    """Return the colours of the core as these themes change them."""
    files = [CORE / "tokens.css", *(theme / "static" / "theme.css" for theme in themes)]
    sheets = [file.read_text(encoding="utf-8") for file in files if file.exists()]
    return tokens_of(sheets, scheme)


def inline_code(folder: Path) -> dict[str, str]:
    """Return the templates that need a script or style of their own, with the place."""
    return {
        str(file): match.group()
        for file in code.templates(folder)
        if (match := INLINE.search(file.read_text(encoding="utf-8")))
    }


def _ratio(colours: dict[str, str], one: str, other: str) -> float:
    return contrast(colours[one], colours[other])
