"""A real site for browser tests: a demo in a folder of its own, run by the real command."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import sqlalchemy as sa

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent.parent
PASSWORD = "demo-demo-demo"
START_LIMIT_S = 60.0
STOP_LIMIT_S = 20.0


@dataclass
class Site:
    """A running site. `url` is its address, `instance` its folder."""

    instance: Path
    port: int
    process: subprocess.Popen[bytes] | None = None
    workers: int = 1
    extra: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """The address that browsers open."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """The environment of every command of this site."""
        return {
            **os.environ,
            "PPVCMS_INSTANCE": str(self.instance),
            "PORT": str(self.port),
            "PYTHONPATH": str(ROOT),
            **self.extra,
        }

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a ``ppvcms`` command on this site."""
        return subprocess.run(
            [sys.executable, "-m", "ppvcms", *words],
            env=self.environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def start(self) -> None:
        """Start the site and wait until it answers."""
        with (self.instance / "site.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "ppvcms", "run", "--workers", str(self.workers)],
                env=self.environment,
                cwd=ROOT,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.wait_ready()

    def wait_ready(self) -> None:
        """Wait until the site answers.

        Raises:
            AssertionError: It did not in time; the message holds the end of its log.
        """
        deadline = time.monotonic() + START_LIMIT_S
        while time.monotonic() < deadline:
            if self.answers():
                return
            if self.process is not None and self.process.poll() is not None:
                break
            time.sleep(0.1)
        raise AssertionError(f"The site did not start:\n{self.log()}")

    def answers(self) -> bool:
        """Whether the site takes requests."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
        try:
            connection.request("GET", "/-/ready")
            return connection.getresponse().status == http.client.OK
        except OSError:
            return False
        finally:
            connection.close()

    def server(self) -> psutil.Process:
        """Return the server process, the supervisor's child that answers requests."""
        found = self.processes("ppvcms.server")
        assert found, "No server process runs."
        return found[0]

    def processes(self, word: str) -> list[psutil.Process]:
        """Return the supervisor's children that have a word in their command line, eldest first."""
        assert self.process is not None
        found = []
        for child in psutil.Process(self.process.pid).children():
            with contextlib.suppress(psutil.Error):
                if word in child.cmdline():
                    found.append(child)
        return sorted(found, key=lambda process: process.create_time())

    def stop(self) -> None:
        """Stop the site; nothing of it may be left."""
        if self.process is None:
            return
        family = [self.process.pid]
        with contextlib.suppress(psutil.Error):
            family += [p.pid for p in psutil.Process(self.process.pid).children(recursive=True)]
        # A test may have frozen it.
        self.process.send_signal(signal.SIGCONT)
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_LIMIT_S)
        finally:
            for pid in family:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        self.process = None

    def log(self) -> str:
        """Return the end of what the site wrote."""
        path = self.instance / "site.log"
        return path.read_text(errors="replace")[-6000:] if path.exists() else ""

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Read the site's database, as an auditor would."""
        with self._connected() as connection:
            answer = connection.exec_driver_sql(self._written(query), values)
            return [tuple(row) for row in answer]

    def value(self, query: str, *values: Any) -> Any:
        """Return one value of the database, or None."""
        rows = self.rows(query, *values)
        return rows[0][0] if rows else None

    def change(self, statement: str, *values: Any) -> None:
        """Change the database by hand, before the site runs."""
        with self._connected() as connection:
            connection.exec_driver_sql(self._written(statement), values)

    def set_setting(self, plugin: str, key: str, value: Any) -> None:
        """Store a setting as the back office does; the site sees it within a second."""
        self.change(
            "INSERT INTO setting (scope, scope_id, plugin, key, value, changed_at)"
            " VALUES ('site', '', ?, ?, ?, 0)"
            " ON CONFLICT (scope, scope_id, plugin, key) DO UPDATE SET value = excluded.value",
            plugin,
            key,
            json.dumps(value),
        )

    @property
    def _database(self) -> str:
        return self.extra.get("PPVCMS_DATABASE") or f"sqlite:///{self.instance / 'ppvcms.sqlite3'}"

    @contextlib.contextmanager
    def _connected(self) -> Iterator[sa.Connection]:
        engine = sa.create_engine(self._database, poolclass=sa.pool.NullPool)
        with engine.begin() as connection:
            yield connection

    def _written(self, query: str) -> str:
        """Write a query's places for values as the database's driver wants them."""
        return query if self._database.startswith("sqlite") else query.replace("?", "%s")


def make_demo(folder: Path) -> None:
    """Make a demo site in `folder`, ready to be copied."""
    site = Site(folder, 0)
    made = site.command("init", "--demo")
    assert made.returncode == 0, made.stdout + made.stderr


def copy_of(template: Path, folder: Path, port: int) -> Site:
    """Return a site that begins as the template is."""
    shutil.copytree(template, folder, dirs_exist_ok=True)
    return Site(folder, port)
