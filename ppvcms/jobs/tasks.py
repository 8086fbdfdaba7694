"""Periodic work: each task is run by one process at a time, under a lease in the database."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import structlog
from flask import current_app
from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError

from ppvcms.db import db, now_ms, transaction, wall_ms
from ppvcms.host import registry
from ppvcms.host.contract import Task
from ppvcms.host.dispatch import ask
from ppvcms.jobs.models import TaskLease
from ppvcms.results import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flask import Flask
    from sqlalchemy.orm import Session

KEY = "ppvcms_tasks"
LEASE_MS = 300_000
"""After this time a task counts as dead with its process, and another one may take it."""
QUICK_S = 30
"""A task that runs more often stays with its process, which spares a writing each time."""
QUICK_LEASE_MS = 30_000
Run = tuple[Task, "Callable[[str, Task], str | None]"]
log = structlog.get_logger(__name__)


def register(app: Flask, *, name: str, every: float, func: Callable[[], None]) -> None:
    """Let a function of the core run about every so many seconds, in one process at a time."""
    app.extensions.setdefault(KEY, {})[name] = Task(name, every, func)


def run_due(owner: str) -> int:
    """Run the tasks that are due, one after the other, and return how many ran."""
    own: dict[str, Task] = current_app.extensions.get(KEY, {})
    runs: dict[str, Run] = {name: (task, _run_core) for name, task in own.items()}
    runs |= {name: (task, _run_plugin) for name, task in registry.tasks().items()}
    due = _look(runs)
    claimed = transaction(lambda session: _claim(session, owner, due)) if due else []
    for name in claimed:
        task, run = runs[name]
        _finish(owner, name, task, run(name, task))
    return len(claimed)


def overview() -> list[TaskLease]:
    """Return what ran when, and what went wrong last, by name."""
    return list(db.session.scalars(select(TaskLease).order_by(TaskLease.name)))


def _look(runs: Mapping[str, Run]) -> dict[str, int]:
    # Without a lock, and by this machine's clock: the claim asks again and for good.
    ran = {row.name: row.ran_at for row in overview()}
    every_ms = {name: int(task.every * 1000) for name, (task, _run) in runs.items()}
    now = wall_ms()
    return {
        name: every for name, every in every_ms.items() if ran.get(name, 0) + every * 9 // 10 <= now
    }


def _claim(session: Session, owner: str, due: Mapping[str, int]) -> list[str]:
    now = now_ms(session)
    return [
        name for name, every_ms in sorted(due.items()) if _take(session, owner, name, every_ms, now)
    ]


def _take(session: Session, owner: str, name: str, every_ms: int, now: int) -> bool:
    with contextlib.suppress(IntegrityError), session.begin_nested():
        if session.get(TaskLease, name) is None:
            session.add(TaskLease(name=name))
    free = or_(TaskLease.owner.is_(None), TaskLease.owner == owner, TaskLease.lease_until <= now)
    row = session.scalars(
        select(TaskLease)
        .where(TaskLease.name == name, TaskLease.ran_at + every_ms <= now, free)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        return False
    row.owner, row.ran_at = owner, now
    row.lease_until = now + (QUICK_LEASE_MS if every_ms < QUICK_S * 1000 else LEASE_MS)
    return True


def _finish(owner: str, name: str, task: Task, error: str | None) -> None:
    row = db.session.get(TaskLease, name)
    known = row.last_error if row is not None else None
    if task.every >= QUICK_S or error != known:
        transaction(lambda session: _release(session, owner, name, error))


def _release(session: Session, owner: str, name: str, error: str | None) -> None:
    row = session.get(TaskLease, name, with_for_update=True)
    if row is not None and row.owner == owner:
        row.owner, row.lease_until, row.last_error = None, 0, error and error[:500]


def _run_core(name: str, task: Task) -> str | None:
    try:
        task.run()
    except Exception as error:
        db.session.rollback()
        log.exception("task_failed", task=name)
        return f"{type(error).__name__}: {error}"
    return None


def _run_plugin(name: str, task: Task) -> str | None:
    answer = ask(name.partition(".")[0], f"task {name}", task.run)
    return "The plugin failed; the plugins page says how." if isinstance(answer, Refusal) else None
