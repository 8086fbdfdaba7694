"""Start the node: ``python -m plugins.media_embedded.node --socket PATH --state FILE``."""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import sys
from typing import TYPE_CHECKING

from .engine import Engine
from .events import EventLog
from .journal import Journal
from .passthrough import VersionError, check_version
from .peer import all_closed
from .server import Server, bound
from .settings import Settings

if TYPE_CHECKING:
    import socket


async def run(settings: Settings, wire: socket.socket) -> None:
    """Serve until a signal asks to stop."""
    events = EventLog(settings.node)
    journal = Journal(settings.state)
    engine = Engine(settings, journal, events)
    server = Server(engine, events)
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    await engine.start()
    await server.listen(wire)
    logging.getLogger(__name__).info("The media node listens at %s.", settings.socket)
    await stopping.wait()
    await server.close()
    await engine.stop()
    await all_closed()
    journal.close()


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(prog="python -m plugins.media_embedded.node")
    parser.add_argument("--socket", help="where to listen (PPVCMS_MEDIA_SOCKET)")
    parser.add_argument("--state", help="the state file (PPVCMS_MEDIA_STATE)")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    # aioice tells every address of every pair at this level.
    logging.getLogger("aioice").setLevel(logging.WARNING)
    try:
        check_version()
    except VersionError as error:
        sys.exit(str(error))
    settings = Settings.read(arguments.socket, arguments.state)
    # Before the state file is touched: it belongs to whoever holds the socket.
    wire = bound(settings.socket)
    asyncio.run(run(settings, wire))


if __name__ == "__main__":
    main()
