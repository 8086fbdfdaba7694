"""For tests of plugins and themes: a site of their own, and suites of what must hold.

``class TestMine(PluginContract): folder = Path(__file__).parent.parent`` is a test;
``with plugin_site(folder) as app`` gives a site, and `ppvcms.testing.fixtures` more.
"""

from __future__ import annotations

import pytest

# What fails in a suite shall say with which values, as in a test of one's own.
pytest.register_assert_rewrite(
    *(f"ppvcms.testing.{part}" for part in ("plugins", "modes", "gateways", "media", "themes"))
)

from ppvcms.testing.gateways import GatewayContract, Payment
from ppvcms.testing.media import MediaContract
from ppvcms.testing.modes import ModeContract
from ppvcms.testing.plugins import PluginContract
from ppvcms.testing.sites import configure, plugin_site, theme_site
from ppvcms.testing.themes import ThemeContract

__all__ = [
    "GatewayContract",
    "MediaContract",
    "ModeContract",
    "Payment",
    "PluginContract",
    "ThemeContract",
    "configure",
    "plugin_site",
    "theme_site",
]
