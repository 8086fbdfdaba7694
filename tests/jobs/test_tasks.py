"""Periodic work is done by one process at a time, and goes on when that one dies."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from sqlalchemy import update

from ppvcms.db import db, transaction
from ppvcms.jobs import tasks
from ppvcms.jobs.models import TaskLease

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask


def let_time_pass(ms: int) -> None:
    transaction(
        lambda session: session.execute(
            update(TaskLease).values(
                ran_at=TaskLease.ran_at - ms, lease_until=TaskLease.lease_until - ms
            )
        )
    )


def together(app: Flask, count: int, act: Callable[[int], None]) -> None:
    def work(number: int) -> None:
        with app.app_context():
            act(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_a_task_runs_when_its_time_has_come_and_not_before(app: Flask) -> None:
    ran: list[int] = []
    tasks.register(app, name="clean", every=60, func=lambda: ran.append(1))

    assert [tasks.run_due("a") for _ in range(3)] == [1, 0, 0]
    let_time_pass(61_000)
    assert tasks.run_due("b") == 1

    assert len(ran) == 2


def test_two_runners_run_a_task_once(app: Flask) -> None:
    ran: list[str] = []
    tasks.register(app, name="clean", every=60, func=lambda: ran.append("clean"))
    tasks.register(app, name="count", every=60, func=lambda: ran.append("count"))

    together(app, 4, lambda number: tasks.run_due(f"runner {number}") and None)

    assert sorted(ran) == ["clean", "count"]


def test_a_task_whose_runner_is_at_it_is_left_to_it(app: Flask) -> None:
    begun, go_on, ran = threading.Event(), threading.Event(), []

    def long_work() -> None:
        ran.append(1)
        begun.set()
        go_on.wait(10)

    tasks.register(app, name="long", every=1, func=long_work)
    worker = threading.Thread(
        target=together, args=(app, 1, lambda _n: tasks.run_due("a") and None)
    )
    worker.start()
    assert begun.wait(10)
    let_time_pass(2_000)

    assert tasks.run_due("b") == 0
    let_time_pass(tasks.LEASE_MS)
    go_on.set()
    db.session.remove()
    assert tasks.run_due("b") == 1
    worker.join()

    assert len(ran) == 2


def test_a_task_that_fails_is_shown_and_tried_again_and_costs_no_other(app: Flask) -> None:
    ran: list[int] = []

    def breaks() -> None:
        raise RuntimeError("no such table")

    tasks.register(app, name="bad", every=60, func=breaks)
    tasks.register(app, name="good", every=60, func=lambda: ran.append(1))

    tasks.run_due("a")

    assert ran == [1]
    shown = {row.name: row.last_error for row in tasks.overview()}
    assert shown == {"bad": "RuntimeError: no such table", "good": None}
    let_time_pass(61_000)
    assert tasks.run_due("a") == 2
