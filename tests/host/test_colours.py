"""Colours that an owner picks: what follows from them can be read."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ppvcms.config import ROOT
from ppvcms.host.colours import (
    READABLE,
    SCHEMES,
    contrast,
    followed,
    mixed,
    tokens_of,
    warnings,
)

SHEETS = [
    (ROOT / "ppvcms/static/css/tokens.css").read_text(),
    (ROOT / "themes/stage/static/theme.css").read_text(),
]
COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


def test_a_sheet_is_read_by_scheme_and_the_last_one_wins() -> None:
    light, dark = (tokens_of(SHEETS, scheme) for scheme in SCHEMES)

    assert (light["brand"], dark["brand"]) == ("#a51c41", "#ffb84d")
    assert light["good"] == "#17703f", "the core's, where the theme has none"


def test_contrast_is_counted_as_the_standard_says() -> None:
    assert round(contrast("#000000", "#ffffff"), 1) == 21
    assert round(contrast("#777777", "#ffffff"), 2) == 4.48
    assert mixed("#000000", "#ffffff", 0.5) == "#808080"


@given(colour=COLOURS, accent=COLOURS, scheme=st.sampled_from(SCHEMES))
def test_whatever_brand_is_picked_links_and_buttons_can_be_read(
    colour: str, accent: str, scheme: str
) -> None:
    """TH-05: what follows has 4.5:1 although the pick itself has not."""
    base = tokens_of(SHEETS, scheme)

    whole = {**base, **followed({"brand": colour, "accent": accent}, base)}

    for text in ("brand-text", "accent"):
        assert all(
            contrast(whole[text], whole[paper]) >= READABLE
            for paper in ("paper", "surface", "surface-2", f"{text.partition('-')[0]}-soft")
        )
    assert contrast(whole["brand-ink"], whole["brand"]) >= READABLE
    assert contrast(whole["accent-ink"], whole["accent"]) >= READABLE


def test_what_cannot_be_mended_is_named() -> None:
    base = tokens_of(SHEETS, "light")
    pale = {**base, **followed({"ink": "#bbbbbb", "brand": "#fff0e0"}, base)}

    found = {(one, other) for one, other, _ratio, _least in warnings(pale)}

    assert found == {
        ("ink", "paper"),
        ("ink", "surface"),
        ("brand", "paper"),
        ("brand", "surface"),
    }
    assert warnings(base) == []
