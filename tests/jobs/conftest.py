"""An application for jobs on a fresh database, facts to deliver, and a mail server that listens."""

from __future__ import annotations

import socket
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO

import pytest

from ppvcms import create_app
from ppvcms.config import Config
from ppvcms.db import db, now_ms, transaction
from ppvcms.events import ShowEnded
from ppvcms.ids import new_id
from ppvcms.jobs import listeners, tasks
from ppvcms.ledger.outbox import write_event
from tests.kit import lay_tables

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flask import Flask


def open_site(url: str, home: Path, **more: object) -> Flask:
    """Return an application of a process that has jobs, without the core's own work."""
    config = Config(
        instance=home,
        database=url,
        secret_key="k" * 40,
        testing=True,
        async_mode="threading",
        **more,  # type: ignore[arg-type]
    )
    app = create_app(config, role="jobs")
    app.extensions[tasks.KEY], app.extensions[listeners.KEY] = {}, []
    return app


@pytest.fixture
def app(tmp_path: Path, database_url: str) -> Iterator[Flask]:
    """The application on both databases."""
    lay_tables(database_url)
    made = open_site(database_url, tmp_path)
    with made.app_context():
        yield made
        db.session.remove()
        db.engine.dispose()


def write_fact() -> str:
    """Write a fact and return its id."""
    fact_id = new_id()
    transaction(
        lambda session: write_event(
            session,
            ShowEnded(id=fact_id, at=now_ms(session), show_id="s", room_id="r", reason="ended"),
        )
    )
    return fact_id


@dataclass
class MailServer:
    """A mail server that keeps what it is sent and can be told to misbehave."""

    port: int = 0
    got: list[str] = field(default_factory=list)
    refuse: str = ""
    drop_after_data: bool = False

    def serve(self, listener: socket.socket) -> None:
        """Answer one connection after the other."""
        while True:
            try:
                connection, _address = listener.accept()
            except OSError:
                return
            with connection, connection.makefile("rwb") as file:
                self._talk(file)

    def _talk(self, file: BinaryIO) -> None:
        def say(line: str) -> None:
            file.write(line.encode() + b"\r\n")
            file.flush()

        say("220 here")
        while line := file.readline().decode().strip():
            word = line[:4].upper()
            if word == "RCPT" and self.refuse and self.refuse in line:
                say("550 nobody of that name")
            elif word == "DATA":
                say("354 go on")
                text = b""
                while not text.endswith(b"\r\n.\r\n"):
                    text += file.readline()
                self.got.append(text.decode())
                if self.drop_after_data:
                    return
                say("250 kept")
            elif word == "QUIT":
                say("221 bye")
                return
            else:
                say("250 fine")


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    """A mail server on a port of its own."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = MailServer(port=listener.getsockname()[1])
    threading.Thread(target=server.serve, args=(listener,), daemon=True).start()
    yield server
    listener.close()
