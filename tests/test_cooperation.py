"""Waiting for PostgreSQL yields to others: a slow query must not stop the whole server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

from ppvcms.config import ROOT
from tests.kit import lay_tables

if TYPE_CHECKING:
    from pathlib import Path

SLOW = 5
PROGRAM = f"""
from ppvcms.patching import patch
patch("eventlet")

import json, time
import eventlet
from sqlalchemy import text
from ppvcms import create_app
from ppvcms.db import db

app = create_app(role="command")

def query():
    with app.app_context():
        db.session.execute(text("SELECT pg_sleep(1)"))

def seconds(many):
    began = time.monotonic()
    for thread in [eventlet.spawn(query) for _ in range(many)]:
        thread.wait()
    return time.monotonic() - began

seconds(1)
print(json.dumps([seconds(1), seconds({SLOW})]))
"""


def test_the_server_loads_nothing_before_the_library_is_patched() -> None:
    asked = "import ppvcms.server, sys; print({'flask', 'sqlalchemy', 'eventlet'} & {*sys.modules})"
    told = subprocess.run(
        [sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert told.stdout == "set()\n"


def test_slow_queries_of_the_server_run_side_by_side(pg_url: str, tmp_path: Path) -> None:
    """Design section 5: under eventlet's patching the driver cooperates."""
    lay_tables(pg_url)
    answer = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={
            **os.environ,
            "PPVCMS_INSTANCE": str(tmp_path),
            "PPVCMS_DATABASE": pg_url,
            "PPVCMS_ASYNC_MODE": "eventlet",
            "PYTHONPATH": str(ROOT),
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    one, five = json.loads(answer.stdout.splitlines()[-1])
    # One after the other they would take five times as long.
    assert five < one * 3, (one, five)
