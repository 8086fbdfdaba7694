"""The parent of everything that a site runs: it holds the socket and starts what died.

It loads neither plugins nor an event loop, so there is little that can fail in
it. Requests that arrive while the server starts anew wait in the socket's queue.
"""

from __future__ import annotations

import errno
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field, replace
from http.client import HTTPConnection
from ipaddress import ip_address
from typing import TYPE_CHECKING

from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from ppvcms.host import marks, processes, safemode
from ppvcms.host.finder import find_plugins

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ppvcms.config import Config

TICK_S = 0.2
LOOK_EVERY_S = 1.0
LEAVE_WITHIN_S = 30.0
SILENT_AT_MOST_S = 30.0
READY_WITHIN_S = 120.0
STOP_WITHIN_S = 10.0
LONGEST_PAUSE_S = 30.0
STEADY_AFTER_S = 30.0
QUEUE = 1024


def supervise(
    config: Config,
    *,
    workers: int = 1,
    before: Callable[[Config, socket.socket], bool] | None = None,
) -> int:
    """Run the site until it is told to stop; return the exit code.

    `before` has the socket first, where there is no site yet; False when it was told to stop.
    """
    if problem := _problem(config, workers):
        return _say(problem)
    try:
        listener = _listen(config)
    except OSError as error:
        return _say(_listen_sentence(config, error))
    with listener:
        config = replace(config, port=listener.getsockname()[1])
        if before is not None and not before(config, listener):
            return 0
        return _Supervisor(config, listener, workers).run()


@dataclass(slots=True)
class _Child:
    """One process to keep alive."""

    name: str
    command: list[str]
    environment: dict[str, str]
    fds: tuple[int, ...] = ()
    beats: bool = False
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    failures: int = 0
    not_before: float = 0.0
    leave_by: float | None = None
    code: int | None = None

    def keep(self, now: float) -> None:
        """Start it when it is due, and note when it has ended."""
        if self.process is None:
            if now >= self.not_before:
                self._start(now)
            return
        code = self.process.poll()
        if code is not None:
            self._ended(code, now)
        elif self.leave_by is not None and now > self.leave_by:
            self.process.kill()

    def ask_to_end(self) -> None:
        """Send the polite signal."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def make_end(self, within_s: float) -> None:
        """Wait for the end, then force it."""
        if self.process is None:
            return
        try:
            self.process.wait(timeout=max(0.0, within_s))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _start(self, now: float) -> None:
        # A session of its own: Ctrl-C in the terminal reaches the supervisor alone.
        self.process = subprocess.Popen(
            self.command,
            env=self.environment,
            pass_fds=self.fds,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        self.started, self.leave_by = now, None

    def _ended(self, code: int, now: float) -> None:
        self.process, self.code = None, code
        if code == 0 or now - self.started > STEADY_AFTER_S:
            self.failures = 0
        else:
            self.failures += 1
        pause = 0.0 if not self.failures else min(0.25 * 2**self.failures, LONGEST_PAUSE_S)
        self.not_before = now + pause
        if code and code != safemode.STRICT_EXIT:
            _note(f"{self.name} ended ({_cause(code)}); starting it again in {pause:.1f} s.")


@dataclass(frozen=True, slots=True)
class Side:
    """The module of a side process, and the folder of its plugin."""

    module: str
    folder: Path


@dataclass(slots=True)
class _Wanted:
    """What the database says should run."""

    generation: int = 0
    code_generation: int = 0
    sides: dict[tuple[str, str], Side] = field(default_factory=dict)


class _Supervisor:
    def __init__(self, config: Config, listener: socket.socket, workers: int) -> None:
        self.config = config
        self.listener = listener
        self.engine = create_engine(config.database_url, poolclass=NullPool)
        self.environment = _environment(config, workers)
        self.main = [self._server(number) for number in range(workers)]
        if workers > 1:
            self.main += [self._apart("meter"), self._apart("jobs")]
        self.sides: dict[tuple[str, str], _Child] = {}
        self.wanted = _Wanted()
        self.looked = 0.0
        self.stopping = threading.Event()

    def run(self) -> int:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.stopping.set())
        threading.Thread(target=_announce, args=(self.config,), daemon=True).start()
        next_look = 0.0
        try:
            while not self.stopping.is_set():
                now = time.monotonic()
                if now >= next_look:
                    self._look(now)
                    next_look = now + LOOK_EVERY_S
                for child in (*self.sides.values(), *self.main):
                    child.keep(now)
                if any(child.code == safemode.STRICT_EXIT for child in self.main):
                    return safemode.STRICT_EXIT
                self.stopping.wait(TICK_S)
        finally:
            # The engines last: a server that lost them first would only complain.
            self._end(self.main)
            self._end(list(self.sides.values()))
            self.engine.dispose()
        return 0

    def _look(self, now: float) -> None:
        """Follow the database: side processes of active plugins, and new code."""
        before = self.wanted
        self.wanted = _read(self.engine, self.config, before)
        if before.code_generation not in {0, self.wanted.code_generation}:
            for child in self.main:
                # One that was started since the last look has the new code already.
                if child.started < self.looked:
                    child.leave_by = now + LEAVE_WITHIN_S
        self.looked = now
        self._end_the_stuck(now)
        for key in set(self.sides):
            # New code has another folder: the old side process makes room for it.
            if self.wanted.sides.get(key) != before.sides.get(key):
                self._end([self.sides.pop(key)])
        for (slug, name), side in self.wanted.sides.items():
            if (slug, name) not in self.sides:
                self.sides[slug, name] = self._side(slug, name, side)

    def _end_the_stuck(self, now: float) -> None:
        """Kill a server that does not go round, or does not get to serve."""
        for child in self.main:
            if child.process is None or not child.beats or child.leave_by is not None:
                continue
            silent = marks.silent_for(self.config.instance, child.process.pid)
            waited = now - child.started if silent is None else silent
            longest = READY_WITHIN_S if silent is None else SILENT_AT_MOST_S
            if waited > longest:
                _note(f"{child.name} has not answered for {waited:.0f} s; it is ended.")
                child.process.kill()

    def _server(self, number: int) -> _Child:
        descriptor = self.listener.fileno()
        command = [sys.executable, "-m", "ppvcms.server", "--fd", str(descriptor)]
        # Told, not asked: who starts after the supervisor died would take another for it.
        command += ["--parent", str(os.getpid())]
        name = "The server" if number == 0 else f"Server {number + 1}"
        return _Child(name, command, self.environment, (descriptor,), beats=True)

    def _apart(self, role: str) -> _Child:
        command = [sys.executable, "-m", "ppvcms", role]
        return _Child(f"The {role}", command, self.environment, beats=True)

    def _side(self, slug: str, name: str, side: Side) -> _Child:
        command = processes.command(self.config.instance, slug, name, side.module)
        place = {processes.FOLDER: str(side.folder)}
        return _Child(f"{slug}'s {name}", command, {**self.environment, **place})

    def _end(self, children: list[_Child]) -> None:
        for child in children:
            child.ask_to_end()
        until = time.monotonic() + STOP_WITHIN_S
        for child in children:
            child.make_end(until - time.monotonic())
            if child.process is not None:
                # It was meant to end: nobody is charged.
                marks.forget(self.config.instance, child.process.pid)


def _read(engine: object, config: Config, before: _Wanted) -> _Wanted:
    try:
        with engine.connect() as connection:  # type: ignore[attr-defined]
            state = connection.execute(
                text("SELECT generation, code_generation FROM host_state WHERE id = 1")
            ).first()
            rows = connection.execute(
                text(
                    "SELECT slug, code_digest FROM plugin WHERE desired = 'active' "
                    "AND quarantined_at IS NULL AND uninstalled_at IS NULL"
                )
            ).all()
    except SQLAlchemyError as error:
        _note(f"cannot read the database: {getattr(error, 'orig', error)}")
        return before
    generation, code_generation = state or (1, 1)
    if generation == before.generation:
        return replace(before, code_generation=code_generation)
    active = {row.slug: row.code_digest or "" for row in rows if row.slug not in config.disable}
    if safemode.is_on(config):
        active = {}
    return _Wanted(generation, code_generation, _declared(config, active))


def _declared(config: Config, active: dict[str, str]) -> dict[tuple[str, str], Side]:
    found = find_plugins(config.all_plugin_dirs, active)
    return {
        (slug, name): Side(module, found[slug].path)
        for slug in sorted(set(active) & set(found))
        if (manifest := found[slug].manifest) is not None
        for name, module in manifest.processes.items()
    }


def _environment(config: Config, workers: int) -> dict[str, str]:
    given = {
        "PPVCMS_INSTANCE": str(config.instance),
        "PPVCMS_HOST": config.host,
        "PPVCMS_PORT": str(config.port),
        "PPVCMS_SAFE_MODE": "1" if config.safe_mode else "0",
        "PYTHONUNBUFFERED": "1",
        processes.SUPERVISOR: str(os.getpid()),
    }
    if workers > 1:
        given |= {"PPVCMS_METER_INSIDE": "0", "PPVCMS_JOBS_INSIDE": "0"}
    return {**os.environ, **given}


def _problem(config: Config, workers: int) -> str:
    if config.demo and not _is_loopback(config.host):
        return (
            f"this is a demo site, whose passwords everybody knows, so it does not listen on "
            f"{config.host}. Use 127.0.0.1, or make a site of your own with: ppvcms init"
        )
    if workers < 1:
        return "--workers must be 1 or more."
    if workers > 1 and (config.is_sqlite or not config.redis):
        return (
            f"{workers} server processes need PostgreSQL and Redis. Set PPVCMS_DATABASE and "
            "PPVCMS_REDIS, or leave --workers away."
        )
    return ""


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _listen(config: Config) -> socket.socket:
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    return socket.create_server((config.host, config.port), family=family, backlog=QUEUE)


def _listen_sentence(config: Config, error: OSError) -> str:
    place = f"port {config.port} on {config.host}"
    if error.errno == errno.EADDRINUSE:
        return f"{place} is taken by another program. Choose another, as in: PORT=8001 make run"
    if error.errno == errno.EACCES:
        return f"{place} is not open to this user. Choose one above 1023 with --port."
    return f"cannot listen on {place}: {error.strerror or error}."


def _announce(config: Config) -> None:
    """Print the address as soon as the site answers."""
    host = "127.0.0.1" if config.host in {"0.0.0.0", "::"} else config.host  # noqa: S104
    while True:
        connection = HTTPConnection(host, config.port, timeout=60)
        try:
            connection.request("GET", "/-/ready")
            if connection.getresponse().status == 200:  # noqa: PLR2004 - OK
                break
        except OSError:
            pass
        finally:
            connection.close()
        time.sleep(0.3)
    sys.stdout.write(f"\nThe site is at {config.public_url} (stop it with Ctrl+C)\n\n")
    sys.stdout.flush()


def _cause(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"code {code}"


def _say(problem: str) -> int:
    _note(problem)
    return 2


def _note(line: str) -> None:
    sys.stderr.write(f"ppvcms: {line}\n")
    sys.stderr.flush()
