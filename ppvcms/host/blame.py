"""Whose fault an error is: the plugin in whose folder the innermost frame lies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ppvcms.host.runtime import runtime

if TYPE_CHECKING:
    from types import TracebackType


def plugin_at_fault(error: BaseException) -> str | None:
    """Return the slug of the plugin that is innermost in the traceback, or None."""
    folders = {f"{loaded.path}/": slug for slug, loaded in runtime().loaded.items()}
    found, trace = None, error.__traceback__
    while trace is not None:
        found = _owner(folders, trace) or found
        trace = trace.tb_next
    return found


def _owner(folders: dict[str, str], trace: TracebackType) -> str | None:
    filename = trace.tb_frame.f_code.co_filename
    return next((slug for folder, slug in folders.items() if filename.startswith(folder)), None)
