"""What a process is doing for which plugin, where it can be read when the process is dead.

A process that stays has a small mapped file in ``instance/boot``, locked for as
long as it lives. Before a plugin is imported, or one of its hooks or pages runs,
its name is written there; what a dead process left is charged to the plugin by
the next one that starts.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

SIZE = 256
_BEAT = 24
IMPORT = "import"


@dataclass(frozen=True, slots=True)
class Left:
    """What a dead process was doing: for which plugin, and where; or that it never got to serve."""

    slug: str
    where: str
    had_begun: bool


class _Own:
    """The file of this process."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(self.descriptor, fcntl.LOCK_EX)
        os.ftruncate(self.descriptor, SIZE)
        self.map = mmap.mmap(self.descriptor, SIZE)
        self.map[:] = b" " * SIZE
        self.running: list[bytes] = []
        self.since = time.monotonic()

    def write(self) -> None:
        text = self.running[-1] if self.running else b""
        self.since = time.monotonic()
        self.map[_BEAT:] = text[: SIZE - _BEAT].ljust(SIZE - _BEAT)


_own: _Own | None = None


def begin(instance: Path) -> None:
    """Keep marks from now on: called once by a process that stays."""
    global _own  # noqa: PLW0603 - one per process, read on every call of a hook
    folder = instance / "boot"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    _own = _Own(folder / f"{os.getpid()}.mark")


def has_begun() -> bool:
    """Whether this process keeps marks."""
    return _own is not None


def enter(slug: str, where: str) -> bytes | None:
    """Write down that code of a plugin begins to run; give the answer to `leave`."""
    if _own is None:
        return None
    text = f"{slug} {where}".encode()
    _own.running.append(text)
    _own.write()
    return text


def leave(text: bytes | None) -> None:
    """Write down that it has ended."""
    if text is not None and _own is not None:
        _own.running.remove(text)
        _own.write()


def now() -> tuple[str, ...]:
    """Return what runs for which plugin in this process, innermost last."""
    return tuple(text.decode() for text in _own.running) if _own is not None else ()


def held() -> tuple[str, float]:
    """Return what runs for a plugin in this process, without its name, and for how many seconds."""
    running = list(_own.running) if _own is not None else []
    if _own is None or not running:
        return "", 0.0
    return running[-1].decode().partition(" ")[2], time.monotonic() - _own.since


def beat() -> None:
    """Write down that this process serves and goes round."""
    if _own is not None:
        _own.map[:_BEAT] = str(int(time.monotonic() * 1000)).encode().ljust(_BEAT)


def end() -> None:
    """Take the file away: this process ends as it should."""
    if _own is not None:
        _own.path.unlink(missing_ok=True)


def forget(instance: Path, pid: int) -> None:
    """Take away the file of a process that was ended on purpose."""
    (instance / "boot" / f"{pid}.mark").unlink(missing_ok=True)


def left_behind(instance: Path) -> list[Left]:
    """Take away the files of dead processes and return what they were doing."""
    left = []
    for path in sorted((instance / "boot").glob("*.mark")):
        with path.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                continue
            text = file.read()
            path.unlink(missing_ok=True)
        slug, _, where = text[_BEAT:].decode(errors="replace").strip().partition(" ")
        left.append(Left(slug, where, bool(text[:_BEAT].strip())))
    return left


def silent_for(instance: Path, pid: int) -> float | None:
    """Return for how many seconds a process has not gone round; None before it served.

    A process without a file has just begun, or has just ended as it should.
    """
    try:
        text = (instance / "boot" / f"{pid}.mark").read_bytes()[:_BEAT].strip()
    except OSError:
        return 0.0
    return time.monotonic() - int(text) / 1000 if text else None
