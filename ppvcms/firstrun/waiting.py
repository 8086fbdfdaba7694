"""Serving the setup page, in a process of its own, until there is a site."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

from ppvcms.firstrun.standing import Standing, standing

if TYPE_CHECKING:
    import socket

    from ppvcms.config import Config

TICK_S = 0.1
PAUSE_S = 2.0
STOP_WITHIN_S = 10.0


def wait_for_site(config: Config, listener: socket.socket) -> bool:
    """Keep the setup page up on `listener`; return False when told to stop before a site was made.

    What browsers ask between the page and the site waits in the socket's queue.
    """
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    while not stopping.is_set():
        child = _start(config, listener)
        while child.poll() is None and not stopping.wait(TICK_S):
            pass
        _end(child)
        if standing(config) is Standing.WHOLE:
            return not stopping.is_set()
        if not stopping.is_set():
            sys.stderr.write("ppvcms: The setup page ended; starting it again.\n")
            stopping.wait(PAUSE_S)
    return False


def _start(config: Config, listener: socket.socket) -> subprocess.Popen[bytes]:
    descriptor = listener.fileno()
    given = {
        "PPVCMS_INSTANCE": str(config.instance),
        "PPVCMS_HOST": config.host,
        "PPVCMS_PORT": str(config.port),
        "PYTHONUNBUFFERED": "1",
    }
    # A session of its own: Ctrl-C in the terminal reaches the parent alone.
    return subprocess.Popen(
        [sys.executable, "-m", "ppvcms.firstrun", str(descriptor), str(os.getpid())],
        env={**os.environ, **given},
        pass_fds=(descriptor,),
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )


def _end(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is None:
        child.terminate()
    try:
        child.wait(STOP_WITHIN_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
