"""The registry of fault points and the source agree."""

from __future__ import annotations

import re
from pathlib import Path

from ppvcms.faultpoints import POINTS

ROOT = Path(__file__).parent.parent
CALL = re.compile(r"""faultpoint\(\s*"([a-z_.]+)"\s*\)""")


def test_every_point_is_in_the_source_and_every_call_is_registered() -> None:
    used = {
        name
        for folder in ("ppvcms", "plugins")
        for path in (ROOT / folder).rglob("*.py")
        if path.name != "faultpoints.py"
        for name in CALL.findall(path.read_text())
    }

    assert used == set(POINTS)


def test_there_are_points_enough_around_money() -> None:
    """Issue 2 asks for 25 around open, secure, pause, resume, post, settle and top-up."""
    assert len(POINTS) >= 25
