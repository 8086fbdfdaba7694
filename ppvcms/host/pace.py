"""When a hook was too slow, and when the machine is to blame.

What counts against a plugin is its own work: the processor's time of the call, which
a busy machine hardly lengthens. Waiting counts only when it held the server up for two
seconds and the machine had processors to spare. The first call in a process imports
what it needs and is not judged; nor is the work of one that let others run meanwhile.
"""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING, NamedTuple

from ppvcms.hookspecs import RULES
from ppvcms.host import tally

if TYPE_CHECKING:
    from collections.abc import Callable

HELD_UP_MS = 2_000
ROUND_S = 0.005
COUNTED_EVERY_S = 1.0
"""A plugin that is always slow gets a strike a second and no more: each one is a write."""
MOST_THREADS = 1_000
_turns: dict[int, int] = {}
_counted: dict[str, float] = {}


class Watch(NamedTuple):
    """What the clocks said when a call began; `turn` tells whether another began since.

    `since` is when the processor's time was read.
    """

    thread: int
    turn: int
    wall: float
    work: float
    since: float


def begin(before: Watch | None = None) -> Watch:
    """Start the clocks of a call.

    `before` is the watch of the call that ended just now, of the same round. Asking for
    the processor's time costs more than most calls, so one that was short leaves it as it
    is: a call is charged with five milliseconds of others' work at most.
    """
    if before is not None and _turns[before.thread] == before.turn:
        wall = time.perf_counter()
        if wall - before.since < ROUND_S:
            return Watch(before.thread, before.turn, wall, before.work, before.since)
    # Greenlets of one thread share its clock, so they take turns; threads do not.
    if len(_turns) > MOST_THREADS:
        # Most of them are gone; calls that run right now are not judged.
        _turns.clear()
    thread = threading.get_native_id()
    turn = _turns[thread] = _turns.get(thread, 0) + 1
    wall = time.perf_counter()
    return Watch(thread, turn, wall, time.thread_time(), wall)


def fault(watch: Watch, slug: str, hook: str, *, busy: Callable[[], bool] | None = None) -> str:
    """Return what is to be held against a plugin for a call that has ended, or an empty text."""
    budget, wall_ms = RULES[hook].budget_ms, (time.perf_counter() - watch.wall) * 1000
    if wall_ms <= budget or tally.of(slug, hook).calls <= 1:
        return ""
    work_ms = (time.thread_time() - watch.work) * 1000
    if work_ms > budget and _turns.get(watch.thread) == watch.turn:
        text = f"it worked for {work_ms:.0f} ms, and {budget} are allowed."
    elif wall_ms > max(HELD_UP_MS, budget) and not (busy or machine_is_busy)():
        text = f"it held the server up for {wall_ms / 1000:.1f} s."
    else:
        return ""
    now = time.monotonic()
    if now - _counted.get(slug, float("-inf")) < COUNTED_EVERY_S:
        return ""
    _counted[slug] = now
    return text


def machine_is_busy() -> bool:
    """Whether more wants to run than there are processors, so that everything waits."""
    return os.getloadavg()[0] > (os.cpu_count() or 1)
