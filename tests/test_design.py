"""The design system: contrast, the security policy, and pages that render in every theme."""

from __future__ import annotations

import importlib.util
import io
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from ppvcms.content.portraits import portrait

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).resolve().parent.parent
THEMES = ("house", "stage", "classroom", "clinic", "advisory", "broadcast")
SCHEMES = ("light", "dark")
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


def tokens(theme: str, scheme: str) -> dict[str, str]:
    files = [ROOT / "ppvcms/static/css/tokens.css"]
    if theme != "house":
        files.append(ROOT / "themes" / theme / "static/theme.css")
    found: dict[str, str] = {}
    for selector in (":root", '[data-bs-theme="dark"]')[: 1 + (scheme == "dark")]:
        for file in files:
            blocks = re.findall(
                rf"^{re.escape(selector)} {{(.*?)^}}", file.read_text(), re.DOTALL | re.MULTILINE
            )
            for block in blocks:
                found.update(re.findall(r"--pv-([\w-]+): (#[0-9a-f]{6});", block))
    return found


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("theme", THEMES)
def test_text_can_be_read_in_every_theme_light_and_dark(theme: str, scheme: str) -> None:
    """TH-05: WCAG 2.2 AA, 4.5:1 for text and 3:1 for edges."""
    colours = tokens(theme, scheme)
    texts = [(text, paper) for text in (*TEXT, *STATES) for paper in PAPERS] + list(PAIRS)

    weak = [pair for pair in texts if contrast(colours[pair[0]], colours[pair[1]]) < 4.5]
    weak += [pair for pair in EDGES if contrast(colours[pair[0]], colours[pair[1]]) < 3]

    assert weak == []


def template_files() -> list[Path]:
    folders = [ROOT / "ppvcms/templates", *ROOT.glob("themes/*/templates")]
    return [file for folder in folders for file in folder.rglob("*.html")]


def test_no_template_needs_inline_script_or_style() -> None:
    """3.4.3: the policy allows files of our own only."""
    inline = re.compile(
        r"<style|\sstyle=|<script(?![^>]*\ssrc=)|\son[a-z]+=\"|javascript:", re.IGNORECASE
    )

    found = {
        str(file.relative_to(ROOT)): match.group()
        for file in template_files()
        if (match := inline.search(file.read_text()))
    }

    assert found == {}


@pytest.fixture(scope="module")
def styleguide() -> ModuleType:
    spec = importlib.util.spec_from_file_location("styleguide", ROOT / "tools/styleguide.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["styleguide"] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("theme", THEMES)
def test_every_sample_page_renders_and_names_its_controls(
    styleguide: ModuleType, theme: str
) -> None:
    for page in styleguide.PAGES:
        html = styleguide.render(theme, page, {})
        ids = re.findall(r'\sid="([^"]+)"', html)

        assert "<main" in html, page
        assert html.count("<h1") == 1, page
        assert len(ids) == len(set(ids)), page
        for described in re.findall(r'aria-describedby="([^"]+)"', html):
            assert set(described.split()) <= set(ids), (page, described)


@pytest.mark.parametrize("theme", THEMES)
def test_cards_of_every_theme_have_the_parts_that_count(styleguide: ModuleType, theme: str) -> None:
    html = styleguide.render(theme, "listing", {})

    for part in ('data-pv-carries="text"', 'data-pv-carries="audio"', "pv-perf__ribbons"):
        assert part in html, part
    assert "pv-perf__prices" in html
    assert "pv-perf__follow" in html


def test_a_portrait_is_the_same_for_the_same_name_and_has_the_size_asked_for() -> None:
    first = portrait("ava-lind", (160, 120))

    assert first == portrait("ava-lind", (160, 120))
    assert first != portrait("milo-reyes", (160, 120))
    assert Image.open(io.BytesIO(first)).size == (160, 120)
