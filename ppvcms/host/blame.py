"""Whose fault an error is: the plugin in whose folder the innermost frame lies.

Where the connection to the database was closed, nothing of who did it is in the
traceback: it is the plugin that was asked last in this request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError, ResourceClosedError

from ppvcms.host.calls import last_asked
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
    if found is None and is_connection_closed(error):
        return last_asked.get() or None
    return found


def is_connection_closed(error: BaseException) -> bool:
    """Whether somebody in this process closed the connection to the database under our hands."""
    if isinstance(error, ResourceClosedError):
        return True
    # What sqlite3 and psycopg2 say; a server that went away says something else.
    return isinstance(error, DBAPIError) and any(
        words in str(error.orig) for words in ("closed database", "connection already closed")
    )


def _owner(folders: dict[str, str], trace: TracebackType) -> str | None:
    filename = trace.tb_frame.f_code.co_filename
    return next((slug for folder, slug in folders.items() if filename.startswith(folder)), None)
