"""Facts are delivered at least once, to each who has not taken them, and never lost."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import threading
import time
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from ppvcms.db import db, now_ms, transaction
from ppvcms.jobs import listeners, outbox, runner
from ppvcms.ledger.models import Outbox
from tests.jobs.conftest import open_site, write_fact
from tests.kit import lay_tables

if TYPE_CHECKING:
    from pathlib import Path

    from flask import Flask

    from ppvcms.events import Event


def row(fact_id: str) -> Outbox:
    db.session.rollback()
    return db.session.get_one(Outbox, fact_id)


def make_due(fact_id: str) -> None:
    transaction(
        lambda session: session.execute(
            update(Outbox).where(Outbox.id == fact_id).values(due_at=now_ms(session))
        )
    )


def test_a_fact_is_heard_whole_and_once(app: Flask) -> None:
    heard: list[Event] = []
    listeners.add(app, heard.append)
    fact_id = write_fact()

    assert outbox.deliver_due() == 1
    assert outbox.deliver_due() == 0

    assert [(event.id, type(event).__name__) for event in heard] == [(fact_id, "ShowEnded")]
    assert row(fact_id).delivered_at is not None


def test_what_a_listener_fails_at_comes_back_later(app: Flask) -> None:
    tries: list[str] = []

    def fails_first(event: Event) -> None:
        tries.append(event.id)
        if len(tries) == 1:
            raise RuntimeError("the disk is full")

    listeners.add(app, fails_first)
    bad, good = write_fact(), write_fact()
    before = now_ms(db.session())

    assert outbox.deliver_due() == 2
    assert "the disk is full" in (row(bad).last_error or "")
    assert row(good).delivered_at is not None
    assert row(bad).due_at > before
    make_due(bad)
    outbox.deliver_due()

    assert tries == [bad, good, bad]
    assert row(bad).delivered_at is not None
    assert row(bad).last_error is None


def test_pauses_grow_and_at_last_a_fact_is_parked_and_shown(app: Flask) -> None:
    def fails(_event: Event) -> None:
        raise RuntimeError("never works")

    listeners.add(app, fails)
    fact_id, pauses = write_fact(), []
    for _try in range(outbox.PARK_AFTER):
        make_due(fact_id)
        outbox.deliver_due()
        pauses.append(row(fact_id).due_at - now_ms(db.session()))

    assert pauses[:-1] == sorted(pauses[:-1])
    assert [one.id for one in outbox.parked()] == [fact_id]
    assert outbox.waiting() == 0

    app.extensions[listeners.KEY].clear()
    outbox.retry(fact_id)
    outbox.deliver_due()

    assert outbox.parked() == []
    assert row(fact_id).delivered_at is not None


@pytest.mark.usefixtures("app")
def test_a_fact_of_a_kind_that_is_gone_does_not_block_the_others() -> None:
    fact_id = write_fact()
    forgotten = update(Outbox).where(Outbox.id == fact_id).values(kind="plugin_of_old.Happened")
    transaction(lambda session: session.execute(forgotten))

    assert outbox.deliver_due() == 1

    assert row(fact_id).delivered_at is not None


def test_two_runners_share_the_facts(app: Flask) -> None:
    heard: list[str] = []
    listeners.add(app, lambda event: heard.append(event.id))
    written = sorted(write_fact() for _ in range(40))

    def work() -> None:
        with app.app_context():
            while outbox.deliver_due(limit=3):
                pass

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert sorted(heard) == written


CRASHING = """
    import os, sys
    from pathlib import Path
    from ppvcms.jobs import listeners, outbox
    from tests.jobs.conftest import open_site

    url, home, log = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    app = open_site(url, home)

    def hear(event):
        with log.open("a") as file:
            file.write(event.id + "\\n")

    with app.app_context():
        listeners.add(app, hear)
        outbox.deliver_due(limit=1)
"""


def test_a_runner_killed_between_telling_and_marking_tells_again(
    tmp_path: Path, database_url: str
) -> None:
    lay_tables(database_url)
    app, log = open_site(database_url, tmp_path), tmp_path / "heard"
    with app.app_context():
        fact_id = write_fact()
        db.session.remove()
        command = [sys.executable, "-W", "ignore", "-c", textwrap.dedent(CRASHING)]
        arguments = [database_url, str(tmp_path), str(log)]
        faults = {"PPVCMS_TESTING": "1", "PPVCMS_FAULT": "outbox.delivered=kill"}
        killed = subprocess.run(
            [*command, *arguments], env={**environment(), **faults}, check=False
        )

        assert killed.returncode == -9
        assert log.read_text().split() == [fact_id]
        assert row(fact_id).delivered_at is None
        make_due(fact_id)
        db.session.remove()
        subprocess.run([*command, *arguments], env=environment(), check=True)

        assert log.read_text().split() == [fact_id, fact_id]
        assert row(fact_id).delivered_at is not None
        db.session.remove()
        db.engine.dispose()


def environment() -> dict[str, str]:
    import os

    return {**os.environ, "PYTHONPATH": "."}


def test_a_fact_written_in_this_process_is_heard_within_three_tenths_of_a_second(
    app: Flask,
) -> None:
    told, heard_at = threading.Event(), []

    def hear(_event: Event) -> None:
        heard_at.append(time.monotonic())
        told.set()

    listeners.add(app, hear)
    loop = runner.start(app)
    try:
        # The first round is over once a first fact was heard.
        write_fact()
        assert told.wait(5)
        delays = []
        for _ in range(5):
            told.clear()
            written_at = time.monotonic()
            write_fact()
            assert told.wait(5)
            delays.append(heard_at[-1] - written_at)
    finally:
        loop.stop()

    assert sorted(delays)[2] < 0.3
