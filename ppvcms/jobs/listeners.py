"""The core's own listeners: functions that hear every fact before the plugins do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import current_app

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

    from ppvcms.events import Event

    Listener = Callable[[Event], None]

KEY = "ppvcms_listeners"


def add(app: Flask, listener: Listener) -> None:
    """Let a function hear every fact, at least once and after the commit.

    It must be idempotent on the event's id; what it raises brings the fact back later.
    """
    app.extensions.setdefault(KEY, []).append(listener)


def listeners() -> list[Listener]:
    """Return the functions in the order in which they were added."""
    return list(current_app.extensions.get(KEY, ()))
