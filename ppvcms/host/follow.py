"""A process that stays: it follows the generations by itself and tells that it is there."""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import delete, select
from sqlalchemy.exc import SQLAlchemyError

from ppvcms.db import db, now_ms, transaction
from ppvcms.host import marks
from ppvcms.host.models import HostProcess
from ppvcms.host.processes import SUPERVISOR, end_with_parent
from ppvcms.host.runtime import read_generations
from ppvcms.host.snapshot import newest
from ppvcms.ids import new_id

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from ppvcms.host.app import Host

TELL_EVERY_S = 10.0
LOOK_EVERY_S = 0.5
GONE_AFTER_MS = 60_000
HOOK_AT_MOST_S = 30.0
TASK_AT_MOST_S = 300.0
"""As long as its lease: after that another process may take it."""
log = structlog.get_logger(__name__)


class Follower:
    """One per long-lived process; call `look` about twice a second."""

    def __init__(self, app: Host, kind: str) -> None:
        self._app = app
        self._kind = kind
        self._id = new_id()
        self._told = float("-inf")
        self._generation = -1

    def look(self) -> bool:
        """Take up a new generation; return whether the code has changed, so that it must leave."""
        host = self._app.extensions["ppvcms_host"]
        with self._app.app_context():
            generation = newest().generation
            _generation, code = read_generations()
            due = time.monotonic() - self._told > TELL_EVERY_S
            if due or generation != self._generation:
                self._tell(generation, host.code_generation)
        return code not in {0, host.code_generation}

    def leave(self) -> None:
        """Tell that this process is gone."""
        with self._app.app_context():
            self._write(lambda s: s.execute(delete(HostProcess).where(HostProcess.id == self._id)))

    def _tell(self, generation: int, code_generation: int) -> None:
        def write(session: Session) -> None:
            now = now_ms(session)
            session.execute(delete(HostProcess).where(HostProcess.seen_at < now - GONE_AFTER_MS))
            session.merge(
                HostProcess(
                    id=self._id,
                    kind=self._kind,
                    pid=os.getpid(),
                    generation=generation,
                    code_generation=code_generation,
                    seen_at=now,
                )
            )

        self._write(write)
        self._told, self._generation = time.monotonic(), generation

    @staticmethod
    def _write(act: object) -> None:
        try:
            transaction(act)  # type: ignore[arg-type]
        except SQLAlchemyError as error:
            log.warning("process_not_recorded", error=str(getattr(error, "orig", error)))


def follow(app: Host, kind: str) -> None:
    """Let a process that stays follow by itself, and end it when its code has changed."""

    def run() -> None:
        follower = Follower(app, kind)
        while not follower.look():
            marks.beat()
            _end_if_held()
            time.sleep(LOOK_EVERY_S)
        follower.leave()
        marks.end()
        # Who watches over it starts the next; what matters is in the database.
        os._exit(0)

    if os.environ.get(SUPERVISOR):
        end_with_parent()
    marks.beat()
    signal.signal(signal.SIGTERM, _leave_at_once)
    threading.Thread(target=run, name="follow", daemon=True).start()


def _end_if_held() -> None:
    """End this process when a plugin does not give it back; its mark says whose fault that is."""
    where, seconds = marks.held()
    if seconds > (TASK_AT_MOST_S if where.startswith("task ") else HOOK_AT_MOST_S):
        sys.stderr.write(f"ppvcms: {where} has not come back for {seconds:.0f} s.\n")
        faulthandler.dump_traceback(all_threads=True)
        os._exit(1)


def _leave_at_once(_number: int, _frame: object) -> None:
    # Told to end, in whatever plugin's code: nobody is charged.
    marks.end()
    os._exit(0)


def followers() -> tuple[int, int]:
    """Return how many processes there are, and how many have reached the newest generation."""
    generation, _code = read_generations()
    seen = list(db.session.scalars(select(HostProcess.generation)))
    return len(seen), sum(each >= generation for each in seen)
