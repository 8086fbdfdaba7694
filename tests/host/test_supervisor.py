"""The supervisor with real processes: what dies comes back, and nothing is left behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from ppvcms.config import ROOT
from tests.kit import lay_tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SIDE = """
import argparse, socket, time
parser = argparse.ArgumentParser()
parser.add_argument("--socket")
parser.add_argument("--state")
arguments = parser.parse_args()
with socket.socket(socket.AF_UNIX) as listener:
    listener.bind(arguments.socket)
    listener.listen()
    open(arguments.state, "w").write("{}")
    time.sleep(600)
"""
MANIFEST = """
slug = "sidecar"
name = "Sidecar"
summary = "For a test."
version = "1.0.0"
license = "MIT"
authors = ["A. Tester"]
api = ">=1.0,<2"
[processes]
node = "plugins.sidecar.node"
"""


class Site:
    """A site in a folder of its own, run by `ppvcms run`."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder, port
        self.database = f"sqlite:///{folder / 'ppvcms.sqlite3'}"
        plugin = folder / "plugins" / "sidecar"
        plugin.mkdir(parents=True)
        (plugin / "plugin.toml").write_text(MANIFEST)
        (plugin / "plugin.py").write_text("")
        (plugin / "node.py").write_text(SIDE)
        lay_tables(self.database)
        self.process: subprocess.Popen[str] | None = None

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "PPVCMS_INSTANCE": str(self.folder),
            "PPVCMS_PLUGIN_DIRS": str(self.folder / "plugins"),
            "PORT": str(self.port),
            "PYTHONPATH": str(ROOT),
        }

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "ppvcms", *words],
            env=self.environment,
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    @contextmanager
    def running(self, *words: str) -> Iterator[psutil.Process]:
        log = (self.folder / "log").open("a")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "ppvcms", "run", *words],
            env=self.environment,
            cwd=self.folder,
            stdout=log,
            stderr=log,
            text=True,
        )
        supervisor = psutil.Process(self.process.pid)
        try:
            until(lambda: self.status() == 200)
            yield supervisor
        finally:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(timeout=40)
            log.close()

    def status(self, path: str = "/-/ready") -> int:
        try:
            with urllib.request.urlopen(
                f"http://127.0.0.1:{self.port}{path}", timeout=30
            ) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0


def until(holds: Callable[[], Any], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.1)


def child(supervisor: psutil.Process, word: str) -> psutil.Process | None:
    for process in supervisor.children(recursive=True):
        try:
            if any(word in part for part in process.cmdline()):
                return process
        except psutil.NoSuchProcess:
            continue
    return None


@pytest.fixture
def site(tmp_path: Path, free_port: int) -> Site:
    return Site(tmp_path, free_port)


@pytest.mark.slow
def test_what_dies_comes_back_and_the_end_leaves_nothing(site: Site) -> None:
    with site.running() as supervisor:
        server = child(supervisor, "ppvcms.server")
        assert server is not None
        assert child(supervisor, "plugins.sidecar.node") is None

        assert site.command("plugins", "install", "sidecar").returncode == 0
        # Installing moved the code: a new server takes over, and no request is refused.
        until(lambda: not server.is_running())
        assert site.status() == 200
        assert site.command("plugins", "activate", "sidecar").returncode == 0
        until(lambda: child(supervisor, "plugins.sidecar.node"))
        until((site.folder / "run" / "sidecar-node.sock").exists)
        side = child(supervisor, "plugins.sidecar.node")
        second = child(supervisor, "ppvcms.server")
        assert side is not None
        assert second is not None

        second.kill()
        assert site.status() == 200, "requests wait in the queue of the socket"
        third = child(supervisor, "ppvcms.server")
        assert third is not None
        assert third.pid != second.pid
        assert side.is_running(), "side processes outlive the server"

        side.kill()
        until(lambda: (child(supervisor, "plugins.sidecar.node") or side).pid != side.pid)

        assert site.command("plugins", "deactivate", "sidecar").returncode == 0
        until(lambda: child(supervisor, "plugins.sidecar.node") is None)
        family = [supervisor, *supervisor.children(recursive=True)]

    psutil.wait_procs(family, timeout=20)
    assert [process for process in family if process.is_running()] == []
    assert site.process is not None
    assert site.process.returncode == 0


@pytest.mark.slow
def test_children_end_when_the_supervisor_is_killed(site: Site) -> None:
    site.command("plugins", "install", "sidecar")
    site.command("plugins", "activate", "sidecar")
    with site.running() as supervisor:
        until(lambda: child(supervisor, "plugins.sidecar.node"))
        family = supervisor.children(recursive=True)
        assert len(family) >= 2

        supervisor.kill()

        gone, alive = psutil.wait_procs(family, timeout=40)
        assert alive == [], gone


def test_a_taken_port_is_one_plain_line(site: Site) -> None:
    with socket.create_server(("127.0.0.1", site.port)):
        answer = site.command("run")

    assert answer.returncode == 2
    assert f"port {site.port} on 127.0.0.1 is taken" in answer.stderr
    assert len(answer.stderr.strip().splitlines()) == 1


def test_several_workers_need_more_than_sqlite(site: Site) -> None:
    answer = site.command("run", "--workers", "2")

    assert answer.returncode == 2
    assert "PostgreSQL and Redis" in answer.stderr


def test_a_demo_site_stays_on_this_machine(site: Site) -> None:
    (site.folder / "ppvcms.toml").write_text("demo = true\n")

    answer = site.command("run", "--host", "0.0.0.0")  # noqa: S104 - it must refuse

    assert answer.returncode == 2
    assert "127.0.0.1" in answer.stderr


def test_the_supervisor_loads_neither_plugins_nor_an_event_loop() -> None:
    code = (
        "import sys, ppvcms.host.supervisor\n"
        "bad = [n for n in sys.modules if n.startswith(('eventlet', 'gevent', 'plugins'))]\n"
        "print(bad)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert answer.stdout.strip() == "[]"
