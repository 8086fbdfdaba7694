"""The loop behind everything that happens by itself: facts, mails, periodic work.

As many processes as wanted may run it, inside the server or apart.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import event
from sqlalchemy.orm import Session, object_session

from ppvcms.accounts.models import Mail
from ppvcms.db import after_commit, db
from ppvcms.host.snapshot import pinned
from ppvcms.jobs.carrying import carry_due
from ppvcms.jobs.mail import send_due
from ppvcms.jobs.outbox import BATCH, deliver_due
from ppvcms.jobs.tasks import run_due
from ppvcms.ledger.models import Outbox
from ppvcms.notices.models import NoticeDelivery

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy import Connection
    from sqlalchemy.orm import Mapper

POLL_S = 1.0
TASKS_EVERY_S = 1.0
KEY = "ppvcms_jobs"
log = structlog.get_logger(__name__)


class Runner:
    """One loop of one process; `wake` makes it look at once."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._told = threading.Event()
        self._stopped = False
        self._tasks_at = 0.0
        self.owner = f"{socket.gethostname()[:40]}:{os.getpid()}:{id(self) % 100_000}"

    def wake(self) -> None:
        """Look for work now."""
        self._told.set()

    def stop(self) -> None:
        """End the loop after what it is doing."""
        self._stopped = True
        self._told.set()

    def run(self) -> None:
        """Work until stopped; a fault costs one round and never the loop."""
        while not self._stopped:
            self._told.clear()
            if not self._round():
                self._told.wait(POLL_S)

    def _round(self) -> bool:
        """Do what is due; return whether there may be more of it."""
        with self._app.app_context(), pinned():
            try:
                more = deliver_due() == BATCH
                send_due()
                carry_due()
                if time.monotonic() - self._tasks_at >= TASKS_EVERY_S:
                    self._tasks_at = time.monotonic()
                    run_due(self.owner)
            except Exception:
                log.exception("jobs_round_failed")
                db.session.rollback()
                return False
        return more


def start(app: Flask) -> Runner:
    """Run the loop beside the server, in a thread (a green one where the server is green)."""
    runner = Runner(app)
    app.extensions[KEY] = runner
    _wake_on_writing(app, runner)
    threading.Thread(target=runner.run, name="jobs", daemon=True).start()
    return runner


def run_forever(app: Flask) -> None:
    """Run the loop in this process until it is interrupted."""
    runner = Runner(app)
    try:
        runner.run()
    except KeyboardInterrupt:
        log.info("jobs_stopped")


def _wake_on_writing(app: Flask, runner: Runner) -> None:
    def written(_mapper: Mapper[object], _connection: Connection, target: object) -> None:
        session = object_session(target)
        if isinstance(session, Session) and app.extensions.get(KEY) is runner:
            after_commit(session, runner.wake)

    event.listen(Outbox, "after_insert", written)
    event.listen(Mail, "after_insert", written)
    event.listen(NoticeDelivery, "after_insert", written)
