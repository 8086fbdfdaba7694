"""Processes that may be killed in the middle of what they do."""

from __future__ import annotations

import os
import signal
import traceback
from typing import TYPE_CHECKING

from ppvcms import faultpoints

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST_S = 60


def in_a_child(play: Callable[[], object], fault: str) -> int:
    """Play in a process of its own; return its exit code, below 0 for a signal."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            signal.alarm(LONGEST_S)
            os.environ |= {"PPVCMS_TESTING": "1", "PPVCMS_FAULT": fault}
            faultpoints.load()
            play()
            code = 0
        except BaseException:  # noqa: BLE001 - a forked child must never return
            traceback.print_exc()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
