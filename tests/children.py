"""Processes that may be killed in the middle of what they do.

A child is forked, so that it has all modules already: starting an interpreter
costs more than what it would do in a test.
"""

from __future__ import annotations

import os
import signal
import traceback
from typing import TYPE_CHECKING, NoReturn

from flask import has_app_context

from ppvcms import faultpoints
from ppvcms.db import db

if TYPE_CHECKING:
    from collections.abc import Callable

LONGEST_S = 60


def in_a_child(play: Callable[[], object], fault: str = "") -> int:
    """Play in a process of its own; return its exit code, below 0 for a signal."""
    child = fork()
    if child == 0:
        play_and_leave(play, fault)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def fork() -> int:
    """Fork when nothing is open to a database that two processes would share."""
    if has_app_context():
        db.session.remove()
        db.engine.dispose()
    return os.fork()


def play_and_leave(play: Callable[[], object], fault: str) -> NoReturn:
    """Play in a forked child with a fault ordered, and end it: with 1 after an error."""
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
