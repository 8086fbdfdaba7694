"""A process that runs for long leaves what it has alone."""

from __future__ import annotations

import gc

from ppvcms import garbage
from tests.children import in_a_child


def test_what_a_process_has_is_left_alone_and_new_cycles_still_go() -> None:
    def play() -> None:
        garbage.collect_rarely()
        assert gc.get_threshold() == garbage.THRESHOLDS
        assert gc.get_freeze_count() > 0
        gone = 0

        class Ring:
            def __init__(self) -> None:
                self.itself = self

            def __del__(self) -> None:
                nonlocal gone
                gone += 1

        for _ in range(2 * garbage.THRESHOLDS[0]):
            Ring()
        assert gone > 0

    assert in_a_child(play) == 0
