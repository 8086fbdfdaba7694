"""A real node, real pages and a clock for the media engine's tests."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from plugins.media_embedded.provider import EmbeddedProvider
from ppvcms.api import Lease

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parents[2]


def now_ms() -> int:
    return time.time_ns() // 1_000_000


class Leases:
    """Makes leases with rising numbers, as a seat does."""

    def __init__(self) -> None:
        self.seq = 0

    def __call__(self, seconds: float) -> Lease:
        self.seq += 1
        now = now_ms()
        return Lease(seq=self.seq, until=now + int(seconds * 1000), now=now)


class Node:
    """A node process that can be killed and started again with the same state."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.socket = str(folder / "node.sock")
        self.provider = EmbeddedProvider(self.socket)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "plugins.media_embedded.node"]
        command += ["--socket", self.socket, "--state", str(self.folder / "state")]
        with (self.folder / "node.log").open("ab") as log:
            self._process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
        wait_for(self._answers, within_s=10)

    def _answers(self) -> bool:
        try:
            return bool(self.provider.health())
        except Exception:  # noqa: BLE001 - not there yet
            return False

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def freeze(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            self._process.wait(timeout=15)

    @property
    def log(self) -> str:
        return (self.folder / "node.log").read_text()


class Events:
    """Collects what the node tells, in a process of its own thread."""

    def __init__(self, provider: EmbeddedProvider) -> None:
        self.seen: list[Any] = []
        self._provider = provider
        threading.Thread(target=self._collect, daemon=True).start()

    def _collect(self) -> None:
        for event in self._provider.events():
            self.seen.append(event)

    def of(self, kind: str, grant_id: str | None = None) -> list[Any]:
        return [
            event
            for event in tuple(self.seen)
            if event.kind == kind and grant_id in {None, event.grant_id}
        ]


def wait_for(happens: Callable[[], Any], *, within_s: float = 10.0) -> Any:
    """Wait until something is true, and return it."""
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        if result := happens():
            return result
        time.sleep(0.02)
    msg = f"{happens} did not happen within {within_s} s"
    raise AssertionError(msg)


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    one = Node(tmp_path)
    one.start()
    yield one
    one.stop()


@pytest.fixture
def provider(node: Node) -> EmbeddedProvider:
    return node.provider


@pytest.fixture
def leases() -> Leases:
    return Leases()


@pytest.fixture
def events(node: Node) -> Events:
    return Events(node.provider)


def kill_marked(marker: str) -> int:
    """Kill exactly the processes whose command line carries the marker."""
    killed = 0
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            line = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if marker.encode() in line and int(folder.name) != os.getpid():
            os.kill(int(folder.name), signal.SIGKILL)
            killed += 1
    return killed
