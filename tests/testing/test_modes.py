"""Every bundled kind of show keeps the contract that authors test theirs with."""

from __future__ import annotations

from ppvcms.config import ROOT
from ppvcms.testing import ModeContract

PLUGINS = ROOT / "plugins"


class TestExclusive(ModeContract):
    folder = PLUGINS / "mode_exclusive"


class TestFree(ModeContract):
    folder = PLUGINS / "mode_free"


class TestGroup(ModeContract):
    folder = PLUGINS / "mode_group"


class TestPrivate(ModeContract):
    folder = PLUGINS / "mode_private"


class TestTwoWay(ModeContract):
    folder = PLUGINS / "mode_two_way"


class TestVoyeur(ModeContract):
    folder = PLUGINS / "mode_voyeur"
