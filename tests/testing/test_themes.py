"""Every bundled theme keeps the contract that authors test theirs with."""

from __future__ import annotations

from ppvcms.config import ROOT
from ppvcms.testing import ThemeContract

THEMES = ROOT / "themes"


class TestAdvisory(ThemeContract):
    folder = THEMES / "advisory"


class TestBroadcast(ThemeContract):
    folder = THEMES / "broadcast"


class TestClassroom(ThemeContract):
    folder = THEMES / "classroom"


class TestClinic(ThemeContract):
    folder = THEMES / "clinic"


class TestStage(ThemeContract):
    folder = THEMES / "stage"
