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
from ppvcms.host.colours import SCHEMES
from ppvcms.testing.themes import inline_code, weak_pairs

if TYPE_CHECKING:
    from types import ModuleType

ROOT = Path(__file__).resolve().parent.parent
THEMES = ("house", "stage", "classroom", "clinic", "advisory", "broadcast")


def test_the_house_colours_can_be_read_light_and_dark() -> None:
    """TH-05, without a theme; themes keep it by their contract."""
    assert [weak_pairs(scheme, []) for scheme in SCHEMES] == [[], []]


def test_no_template_of_the_core_needs_inline_script_or_style() -> None:
    """3.4.3: the policy allows files of our own only."""
    assert inline_code(ROOT / "ppvcms") == {}


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
