"""Processes that stay follow a switch by themselves."""

from __future__ import annotations

import os
import select
import signal
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ppvcms.db import db
from ppvcms.host import lifecycle
from ppvcms.host.follow import follow
from tests import children

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ppvcms.host.app import Host

LONGEST_S = 30
AIM_S = 2
"""What `benchmarks/host.py` measures; a busy machine may take longer here."""


@contextmanager
def process(make_host: Callable[..., Host], slug: str) -> Iterator[int]:
    """Start a process that tells by a byte each time it finds a plugin switched on or off."""
    ours, theirs = os.pipe()
    child = children.fork()
    if child == 0:
        children.play_and_leave(lambda: _tell(make_host(), slug, theirs), "")
    os.close(theirs)
    try:
        yield ours
    finally:
        os.close(ours)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def _tell(app: Host, slug: str, pipe: int) -> None:
    follow(app, "test")
    host, was = app.extensions["ppvcms_host"], None
    while True:
        # Nobody asks this process for a page: it looks by itself, or never.
        snapshot = host.snapshot
        if snapshot is not None and (slug in snapshot.active) is not was:
            was = slug in snapshot.active
            os.write(pipe, b"1" if was else b"0")
        time.sleep(0.02)


def heard(pipe: int) -> str:
    """Return what a process says next."""
    ready, _, _ = select.select([pipe], [], [], LONGEST_S)
    assert ready, "it did not follow"
    return os.read(pipe, 1).decode()


def test_three_processes_follow_a_switch_by_themselves(
    make_host: Callable[..., Host], switch_on: Callable[..., str]
) -> None:
    slug = switch_on()
    db.session.remove()
    with (
        process(make_host, slug) as first,
        process(make_host, slug) as second,
        process(make_host, slug) as third,
    ):
        pipes = (first, second, third)
        assert [heard(pipe) for pipe in pipes] == ["1"] * 3
        for act, said in ((lifecycle.deactivate, "0"), (lifecycle.activate, "1")):
            assert act(slug, actor_id=None) is None
            began = time.monotonic()
            assert [heard(pipe) for pipe in pipes] == [said] * 3
            taken = time.monotonic() - began
            print(f"all three after {taken:.2f} s of {AIM_S}")  # noqa: T201 - for `pytest -s`
