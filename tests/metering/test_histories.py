"""The real meter and the model of the rules agree on random lives of a seat (MT-18)."""

from __future__ import annotations

import os

from tests.metering.histories import compare, new_seed

HISTORIES = int(os.environ.get("HISTORIES", "1000"))


def test_the_meter_bills_what_the_rules_say() -> None:
    """R-09 to R-49, as far as one seat goes; ``make histories`` plays 100,000."""
    assert compare(new_seed(), HISTORIES) == []
