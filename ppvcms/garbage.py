"""How often a process that runs for long looks for garbage."""

from __future__ import annotations

import gc

THRESHOLDS = (10_000, 20, 20)


def collect_rarely() -> None:
    """Leave what a process has after its start alone, and look at what it makes less often.

    Python's own numbers are made for small programs. With all plugins loaded, each
    full look went over half a million things and cost a batch of the meter a fourth
    of its time (`benchmarks/meter.py`).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
