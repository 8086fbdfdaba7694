"""Running the meter: inside the server, or apart from it in as many processes as wanted.

There is no recovery of its own after a crash: seats that were due meanwhile are
due now, and are resumed inside their window or closed once (R-27).
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import select

from ppvcms.db import db, now_ms
from ppvcms.metering import settle, tell
from ppvcms.metering.evidence import beats
from ppvcms.metering.meter import run_batch
from ppvcms.metering.models import Seat
from ppvcms.metering.rows import OPEN_STATES

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

    from ppvcms.config import Config

TICK_S = 0.4
FLUSH_S = 1.0
MOST_ALONE = 200
log = structlog.get_logger(__name__)


def start(app: Flask, config: Config) -> None:
    """Write the pages' signs of life, and run the meter where it is inside the server."""
    tell.start(app)
    _thread("beats", lambda: _every(app, FLUSH_S, lambda: beats().flush()))
    if config.meter_inside:
        _thread("meter", lambda: _every(app, TICK_S, look))


def run_forever(app: Flask) -> None:
    """Run the meter in this process until it is interrupted."""
    tell.start(app)
    try:
        _every(app, TICK_S, look)
    except KeyboardInterrupt:
        log.info("meter_stopped")


def look() -> None:
    """Look at every seat that is due, settle those that are over, and tell everybody."""
    more = True
    while more:
        try:
            batch = run_batch()
        except Exception:
            log.exception("meter_batch_failed")
            _one_by_one()
            return
        if batch.news:
            tell.say(lambda news=batch.news: tell.tell(news))  # type: ignore[misc] # binds now
        for seat_id in batch.closing:
            _safely(seat_id)
        more = batch.more


def _one_by_one() -> None:
    """Look at due seats each on its own, so that a broken one costs only itself."""
    db.session.rollback()
    due = select(Seat.id).where(Seat.state.in_(OPEN_STATES), Seat.due_at <= now_ms(db.session()))
    ids = list(db.session.scalars(due.order_by(Seat.due_at).limit(MOST_ALONE)))
    db.session.rollback()
    for seat_id in ids:
        _safely(seat_id)


def _safely(seat_id: str) -> None:
    try:
        settle.look_at(seat_id)
    except Exception:
        log.exception("seat_failed", seat=seat_id)
        db.session.rollback()


def _every(app: Flask, seconds: float, act: Callable[[], object]) -> None:
    """Do something again and again; a fault costs one round and never the loop."""
    while True:
        began = time.monotonic()
        with app.app_context():
            try:
                act()
            except Exception:
                log.exception("meter_round_failed")
                db.session.rollback()
        time.sleep(max(0.02, seconds - (time.monotonic() - began)))


def _thread(name: str, run: Callable[[], None]) -> None:
    threading.Thread(target=run, name=name, daemon=True).start()
