"""What plugins did to this process that nothing prevents: named, so that an owner can act.

Found by where code was written: every function knows its file, and each plugin has a folder.
"""

from __future__ import annotations

import functools
import os
import sys
import threading
from collections import Counter
from dataclasses import dataclass
from types import FunctionType, MethodType
from typing import TYPE_CHECKING, Any

import structlog

from ppvcms.host import marks
from ppvcms.host.runtime import runtime

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

CORE = "ppvcms"
FORKED = 71
"""The exit code of a child that a plugin forked."""
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Replaced:
    """A function of the core behind whose name a plugin's code stands now."""

    name: str
    slug: str


def replaced() -> list[Replaced]:
    """Return which functions of the core a plugin has put its own in place of, by name."""
    folders = _folders()
    found = []
    for name, module in list(sys.modules.items()):
        if name == CORE or name.startswith(f"{CORE}."):
            for place, value in _functions(name, vars(module)):
                if slug := _owner(folders, _file_of(value)):
                    found.append(Replaced(place, slug))
    return sorted(found, key=lambda each: each.name)


def report() -> None:
    """Log which functions of the core were replaced: once after the start, and every hour."""
    for each in replaced():
        log.error("core_function_replaced", plugin=each.slug, function=each.name)


def threads() -> Counter[str]:
    """Return how many threads of this process each plugin has, by slug."""
    folders, frames = _folders(), sys._current_frames()  # noqa: SLF001 - documented in spite of its name
    counted: Counter[str] = Counter()
    for thread in threading.enumerate():
        if thread is threading.main_thread() or thread.ident is None:
            continue
        # Where a thread began is where it belongs; what it calls may be anybody's.
        if slug := _began_in(folders, frames.get(thread.ident)):
            counted[slug] += 1
    return counted


def end_forked_children() -> None:
    """Let no copy of this process go on: it would share sockets and connections with it."""
    os.register_at_fork(after_in_child=_end_child, after_in_parent=_note_fork)


def _end_child() -> None:
    # It writes nothing else and cleans nothing up: all that it has belongs to its parent.
    os.write(2, b"ppvcms: a copy of this process was forked; it was ended.\n")
    os._exit(FORKED)


def _note_fork() -> None:
    log.error("process_forked", where=" ".join(marks.now()) or "unknown")


def _functions(name: str, names: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in list(names.items()):
        if isinstance(value, FunctionType | functools.partial | MethodType):
            yield f"{name}.{key}", value
        elif isinstance(value, type) and value.__module__ == name:
            yield from _functions(f"{name}.{key}", dict(_methods(value)))


def _methods(kind: type) -> Iterator[tuple[str, Any]]:
    for key, value in vars(kind).items():
        plain = getattr(value, "__func__", None) or getattr(value, "fget", None) or value
        if isinstance(plain, FunctionType | functools.partial):
            yield key, plain


def _file_of(value: Any) -> str:
    while isinstance(value, functools.partial | MethodType):
        value = value.func if isinstance(value, functools.partial) else value.__func__
    code = getattr(value, "__code__", None)
    return code.co_filename if code is not None else ""


def _began_in(folders: dict[str, str], frame: FrameType | None) -> str:
    """Return in whose code a thread began: the outermost frame that is a plugin's."""
    found = ""
    while frame is not None:
        found = _owner(folders, frame.f_code.co_filename) or found
        frame = frame.f_back
    return found


def _folders() -> dict[str, str]:
    return {f"{loaded.path}/": slug for slug, loaded in runtime().loaded.items()}


def _owner(folders: dict[str, str], filename: str) -> str:
    return next((slug for folder, slug in folders.items() if filename.startswith(folder)), "")
