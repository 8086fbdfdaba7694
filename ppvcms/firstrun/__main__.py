"""The process of the setup page: ``python -m ppvcms.firstrun FD PARENT``, started by the first run.

It serves on a socket that it was handed and leaves when there is a site, when it is
told to, or when its parent is gone.
"""

from __future__ import annotations

import argparse
import os
import socket
import sys
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import SQLAlchemyError
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wsgi import ClosingIterator

from ppvcms.config import ensure_secret_key, load_config
from ppvcms.firstrun.code import OneTimeCode
from ppvcms.firstrun.page import FirstRun, setup_app
from ppvcms.firstrun.standing import Standing, standing

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flask import Flask

TICK_S = 0.1
LOOK_EVERY_S = 1.0
ANSWER_WITHIN_S = 10.0


class _Quiet(WSGIRequestHandler):
    timeout = 20

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - as it is inherited
        """Say nothing: each line would push the code out of sight."""


class _Counted:
    """Counts the answers that are not sent to their end."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._lock = threading.Lock()
        self.open = 0

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Pass a request on."""
        self._add(1)
        return ClosingIterator(self._app(environ, start_response), lambda: self._add(-1))

    def _add(self, count: int) -> None:
        with self._lock:
            self.open += count


def main() -> None:
    """Serve the page until there is a site."""
    parser = argparse.ArgumentParser(prog="python -m ppvcms.firstrun")
    parser.add_argument("fd", type=int, help="the listening socket")
    parser.add_argument("parent", type=int, help="the process that waits for the site")
    given = parser.parse_args()
    config, code = ensure_secret_key(load_config()), OneTimeCode()
    first = FirstRun(config, code)
    counted = _Counted(setup_app(first))
    with socket.socket(fileno=given.fd) as listener:
        host, port = listener.getsockname()[:2]
        server = make_server(
            host, port, counted, threaded=True, request_handler=_Quiet, fd=given.fd
        )
        first.done = server.shutdown
        threading.Thread(target=_watch, args=(first, given.parent), daemon=True).start()
        sys.stdout.write(
            f"\nThere is no site yet. Make one at {config.public_url}/setup\n"
            f"The page asks for this code: {code.new()}\n\n"
        )
        sys.stdout.flush()
        server.serve_forever(poll_interval=TICK_S)
        until = time.monotonic() + ANSWER_WITHIN_S
        while counted.open and time.monotonic() < until:
            time.sleep(TICK_S)
        # Not the usual way out: it would wait for browsers that hold a line open.
        sys.stdout.flush()
        os._exit(0)


def _watch(first: FirstRun, parent: int) -> None:
    """Leave when nobody waits any more, or when a command has made the site meanwhile."""
    while os.getppid() == parent:
        time.sleep(LOOK_EVERY_S)
        if first.making.locked():
            continue
        with suppress(SQLAlchemyError):
            if standing(first.config) is Standing.WHOLE and not first.made:
                os._exit(0)
    os._exit(1)


if __name__ == "__main__":
    main()
