"""The servers of the tests: fresh data for each test, nothing left behind."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest
import redis
import sqlalchemy as sa

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests import services

ROOT = Path(__file__).parent.parent
# A test run that says which server it has, and then hangs.
HOLDER = """
import signal, sys, time
from tests import services
# A run in the background may have been told to ignore it.
signal.signal(signal.SIGINT, signal.default_int_handler)
with services.running(sys.argv[1]) as url:
    print(url, flush=True)
    time.sleep(600)
"""


@contextlib.contextmanager
def connected(url: str) -> Iterator[sa.Connection]:
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def test_every_test_gets_an_empty_database(pg_url: str) -> None:
    with connected(pg_url) as connection:
        assert sa.inspect(connection).get_table_names() == []
        connection.execute(sa.text("CREATE TABLE left_over (id integer)"))
        connection.commit()


def test_a_database_can_be_copied(postgresql: services.PostgresServer, pg_url: str) -> None:
    with connected(pg_url) as connection:
        connection.execute(sa.text("CREATE TABLE room (slug text)"))
        connection.commit()

    copy = postgresql.create_database(like=pg_url)

    with connected(copy) as connection:
        assert sa.inspect(connection).get_table_names() == ["room"]
    postgresql.drop_database(copy)


def test_another_process_reaches_the_database(pg_url: str) -> None:
    script = "import sys, sqlalchemy as sa; sa.create_engine(sys.argv[1]).connect().close()"

    subprocess.run([sys.executable, "-c", script, pg_url], check=True, timeout=60)


@pytest.mark.parametrize("left_over", ["first", "second"])
def test_every_test_gets_an_empty_redis(redis_url: str, left_over: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        assert client.dbsize() == 0
        client.set(left_over, "x")


@pytest.mark.parametrize("kind", ["postgresql", "redis"])
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL])
def test_a_server_ends_with_its_test_run(kind: str, end: signal.Signals) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", HOLDER, kind]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment, cwd=ROOT
    ) as run:
        assert run.stdout
        assert run.stdout.readline()
        family = psutil.Process(run.pid).children(recursive=True)
        assert family

        run.send_signal(end)

    assert still_running(family, within_s=20) == []


def still_running(processes: list[psutil.Process], *, within_s: float) -> list[psutil.Process]:
    """Return which processes outlive the time; a zombie whose parent is slow counts as gone."""
    deadline = time.monotonic() + within_s
    alive = processes
    while alive and time.monotonic() < deadline:
        time.sleep(0.05)
        alive = [process for process in alive if runs(process)]
    return alive


def runs(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False
