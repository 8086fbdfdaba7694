"""The server process: ``python -m ppvcms.server --fd N``, started by the supervisor.

It serves on a socket that it was handed, follows the host's generations, and
leaves when the code has changed, when it is told to, or when its parent is gone.
"""

from __future__ import annotations

import argparse
import faulthandler
import logging
import os
import resource
import signal
import socket
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

from ppvcms.config import Config, ensure_secret_key, load_config
from ppvcms.errors import PpvcmsError
from ppvcms.garbage import collect_rarely
from ppvcms.host import deaths, marks, safemode
from ppvcms.patching import patch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ppvcms.host.app import Host

TICK_S = 0.5
STUCK_S = 2.0
DRAIN_S = 20.0
STOP_S = 5.0
MOST_FILES = 65_536
SPARE_FILES = 256


class Gate:
    """Counts requests in work, and closes kept connections once the server drains."""

    def __init__(self, app: Host) -> None:
        self._app = app
        self._inner = app.wsgi_app
        self.working = 0
        app.wsgi_app = self  # type: ignore[method-assign] # Flask's documented way to wrap

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Pass a request on."""
        if environ.get("PATH_INFO", "").startswith("/socket.io"):
            return self._inner(environ, start_response)
        self.working += 1

        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            if self._app.draining:
                headers = [*headers, ("Connection", "close")]
            return start_response(status, headers, *rest)

        try:
            return self._inner(environ, start)
        finally:
            self.working -= 1


def main() -> None:
    """Serve until there is a reason to leave."""
    parser = argparse.ArgumentParser(prog="python -m ppvcms.server")
    parser.add_argument("--fd", type=int, required=True, help="the listening socket")
    parser.add_argument("--parent", type=int, required=True, help="the supervisor's process")
    given = parser.parse_args()
    try:
        config = ensure_secret_key(load_config())
    except PpvcmsError as error:
        sys.exit(f"ppvcms: {error}")
    patch(config.async_mode)
    sys.exit(serve(config, socket.socket(fileno=given.fd), parent=given.parent))


def serve(config: Config, listener: socket.socket, *, parent: int) -> int:
    """Serve on an open socket for as long as `parent` lives; call after `patch`."""
    from ppvcms import create_app  # noqa: PLC0415 - after the patching
    from ppvcms.background import start_inside  # noqa: PLC0415 - as above
    from ppvcms.host import contained, recovery  # noqa: PLC0415 - as above
    from ppvcms.host.follow import Follower  # noqa: PLC0415 - as above

    most = _raise_limit()
    faulthandler.enable()
    app = _made(create_app, deaths.begin_process(config))
    contained.end_forked_children()
    with app.app_context():
        contained.report()
    if safemode.began_by_itself():
        recovery.offer(app)
    collect_rarely()
    gate = Gate(app)
    told = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.set())
    # From here on it must go round: the first request may be the one that never ends.
    marks.beat()
    stop_accepting = _SERVERS[config.async_mode](listener, app, most)
    start_inside(app, config)
    follower = Follower(app, "server")
    deaths.forget_starts(config.instance)
    while not told.is_set() and os.getppid() == parent and not follower.look():
        marks.beat()
        # A thread of its own prints the stacks when this loop does not come round.
        faulthandler.dump_traceback_later(STUCK_S)
        time.sleep(TICK_S)
    faulthandler.cancel_dump_traceback_later()
    app.draining = True
    stop_accepting()
    _say_goodbye(app)
    _wait_for(gate, STOP_S if told.is_set() else DRAIN_S)
    follower.leave()
    marks.end()
    sys.stdout.flush()
    # Sockets and loops have threads that never end; what matters is in the database.
    os._exit(0)


def _made(create_app: Callable[..., Host], config: Config) -> Host:
    # It knows Flask, which must not be loaded before the patching.
    from ppvcms.host.strict import StrictError  # noqa: PLC0415 - as above

    try:
        return create_app(config, role="server")
    except StrictError as error:
        # It was asked to end: that is no failed start, and no reason for safe mode.
        marks.end()
        sys.stderr.write(f"ppvcms: {error}\n")
        sys.exit(safemode.STRICT_EXIT)


def _raise_limit() -> int:
    """Allow as many open files as the system does; return how many connections fit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return max(wanted - SPARE_FILES, 1024)


def _say_goodbye(app: Host) -> None:
    from ppvcms.realtime import NAMESPACE  # noqa: PLC0415 - after the patching

    socketio = app.extensions.get("ppvcms_realtime")
    if socketio is not None:
        # Each page adds a random pause of its own, so that they come back spread out.
        socketio.emit("server:restart", {"pause_ms": 3000}, namespace=NAMESPACE)


def _wait_for(gate: Gate, seconds: float) -> None:
    until = time.monotonic() + seconds
    while gate.working and time.monotonic() < until:
        time.sleep(0.05)


def _on_eventlet(listener: socket.socket, app: Host, most: int) -> Callable[[], None]:
    import eventlet  # noqa: PLC0415 - only where it was chosen
    import eventlet.tpool  # noqa: PLC0415 - as above
    import eventlet.wsgi  # noqa: PLC0415 - as above

    # Password hashes and the like go to native threads: they would stop every greenlet.
    app.extensions["ppvcms_off_hub"] = eventlet.tpool.execute
    thread = eventlet.spawn(
        eventlet.wsgi.server,
        listener,
        app,
        max_size=most,
        log=logging.getLogger("ppvcms.http"),
        log_output=False,
        debug=False,
        socket_timeout=60,
        max_http_version="HTTP/1.1",
    )
    return thread.kill  # type: ignore[no-any-return]


def _on_gevent(listener: socket.socket, app: Host, most: int) -> Callable[[], None]:
    from gevent.pywsgi import WSGIServer  # type: ignore[import-untyped]  # noqa: PLC0415 - only where it was chosen

    server = WSGIServer(listener, app, spawn=most, log=None)
    server.start()
    return server.close  # type: ignore[no-any-return]


def _on_threads(listener: socket.socket, app: Host, _most: int) -> Callable[[], None]:
    from werkzeug.serving import make_server  # noqa: PLC0415 - only where it was chosen

    host, port = listener.getsockname()[:2]
    server = make_server(host, port, app, threaded=True, fd=listener.fileno())
    threading.Thread(target=server.serve_forever, name="http", daemon=True).start()
    return server.shutdown


_SERVERS = {"eventlet": _on_eventlet, "gevent": _on_gevent, "threading": _on_threads}


if __name__ == "__main__":
    main()
