"""Several processes that begin at the same moment, and what each of them answers."""

from __future__ import annotations

import json
import os
import signal
import traceback
from typing import TYPE_CHECKING, Any

from ppvcms import faultpoints
from ppvcms.db import db
from tests.metering.stage import open_site

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LONGEST_S = 60


class Child:
    """A forked process with an application of its own, waiting for the word to begin."""

    def __init__(self, url: str, home: Path, act: Callable[[], Any], *, fault: str = "") -> None:
        # What the parent has open must not be used by two processes.
        db.session.remove()
        db.engine.dispose()
        start_read, self._start = os.pipe()
        self._answer, answer_write = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self._start)
            self._run(url, home, act, fault, start_read, answer_write)
        os.close(start_read)
        os.close(answer_write)

    def _run(
        self,
        url: str,
        home: Path,
        act: Callable[[], Any],
        fault: str,
        start_read: int,
        answer_write: int,
    ) -> None:
        try:
            signal.alarm(LONGEST_S)
            os.environ |= {"PPVCMS_TESTING": "1", "PPVCMS_FAULT": fault}
            faultpoints.load()
            with open_site(url, home).app_context():
                db.session.connection()
                os.read(start_read, 1)
                db.session.rollback()
                os.write(answer_write, json.dumps(act()).encode())
        except BaseException:  # noqa: BLE001 - a forked child must never return
            traceback.print_exc()
        finally:
            os._exit(0)

    def begin(self) -> None:
        """Let the process go."""
        os.write(self._start, b"!")
        os.close(self._start)

    def stopped(self) -> None:
        """Return when the process has stopped itself."""
        os.waitpid(self.pid, os.WUNTRACED)

    def wake(self) -> None:
        """Let a stopped process go on."""
        os.kill(self.pid, signal.SIGCONT)

    def answer(self) -> Any:
        """Wait for the end and return what the process answered."""
        found = b""
        while more := os.read(self._answer, 65_536):
            found += more
        os.close(self._answer)
        os.waitpid(self.pid, 0)
        assert found, "a process of the race failed; its trace is above"
        return json.loads(found)


def together(url: str, home: Path, *acts: Callable[[], Any]) -> list[Any]:
    """Run each act in a process of its own, all at once; return their answers in order."""
    children = [Child(url, home, act) for act in acts]
    for child in children:
        child.begin()
    return [child.answer() for child in children]
