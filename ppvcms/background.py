"""What runs inside the server process on a small site: media events, pages, meter, jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ppvcms.jobs import runner
from ppvcms.media import ingest
from ppvcms.metering import loop
from ppvcms.rooms import presence

if TYPE_CHECKING:
    from flask import Flask

    from ppvcms.config import Config


def start_inside(app: Flask, config: Config) -> None:
    """Start the loops that this process carries."""
    ingest.start(app)
    presence.start(app)
    loop.start(app, config)
    if config.jobs_inside:
        runner.start(app)
