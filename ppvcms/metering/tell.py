"""What is told after a commit: leases to the engine, figures and warnings to both sides.

Nothing here decides about money. A word that gets lost is said again at the next
look, and until then the engine holds the end that it was told before.
"""

from __future__ import annotations

import queue
import threading
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import structlog
from flask import current_app
from flask_babel import gettext as _

from ppvcms.db import db
from ppvcms.faultpoints import faultpoint
from ppvcms.host.labels import label
from ppvcms.media import services as media
from ppvcms.metering.audience import push_audience
from ppvcms.metering.view import seat_views
from ppvcms.realtime import push
from ppvcms.rooms import presence
from ppvcms.rooms.models import Room
from ppvcms.rooms.modes import PayerRole
from ppvcms.rooms.services import push_state

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flask import Flask

    from ppvcms.metering.view import SeatView


VOICE = "ppvcms_meter_voice"
log = structlog.get_logger(__name__)


def start(app: Flask) -> None:
    """Tell from a thread of its own, so that an engine that is away holds up no money."""
    line: queue.Queue[Callable[[], None]] = queue.Queue()
    app.extensions[VOICE] = line
    threading.Thread(target=_speak, args=(app, line), name="meter voice", daemon=True).start()


def say(act: Callable[[], None]) -> None:
    """Tell something now, or in its turn where a voice was started."""
    line: queue.Queue[Callable[[], None]] | None = current_app.extensions.get(VOICE)
    if line is None:
        act()
    else:
        line.put(act)


def _speak(app: Flask, line: queue.Queue[Callable[[], None]]) -> None:
    while True:
        act = line.get()
        with app.app_context():
            try:
                act()
            except Exception:
                # Whoever was not told reads the truth again by itself.
                log.exception("telling_failed")
                db.session.rollback()


class Lease(StrEnum):
    """What the engine has to be told about the payer's media."""

    KEEP = "keep"
    EXTEND = "extend"
    PAUSE = "pause"
    RESUME = "resume"


@dataclass(frozen=True, slots=True)
class News:
    """What one look at a seat gives to tell."""

    seat_id: str
    lease: Lease = Lease.KEEP
    warn_s: int | None = None
    began: bool = False


def tell(news: Sequence[News]) -> None:
    """Tell engines first, then pages."""
    for one in news:
        if one.lease is Lease.EXTEND:
            media.extend(one.seat_id)
        elif one.lease is Lease.PAUSE:
            media.pause(one.seat_id)
        elif one.lease is Lease.RESUME:
            media.resume(one.seat_id)
    faultpoint("meter.committed")
    marks = {one.seat_id: one.warn_s for one in news if one.warn_s is not None}
    turns = {Lease.PAUSE, Lease.RESUME}
    turned = {one.seat_id for one in news if one.began or one.lease in turns}
    changed = set()
    for view in seat_views(db.session(), [one.seat_id for one in news]):
        push_view(view)
        if view.id in marks:
            _warn(view, marks[view.id])
        if view.id in turned and not view.private:
            changed.add(view.room_id)
    for room_id in changed:
        push_audience(room_id)
    db.session.rollback()


def push_view(view: SeatView) -> None:
    """Send both sides the figures of a seat, and the payer the balance."""
    push(f"seat:{view.id}", "seat", view.as_json(for_payer=False))
    # Whether a limit bounds the payer is nothing for the other side to know.
    balance = {"available": view.available, "held": view.held, "limited": view.limited}
    push(f"user:{view.payer_id}", "balance", balance)


def tell_closed(seat_id: str) -> None:
    """Cut the media of a seat that is over and lead both sides on."""
    for view in seat_views(db.session(), [seat_id]):
        media.cut(seat_id, view.close_reason or "ended")
        push_view(view)
        room = db.session.get(Room, view.room_id, populate_existing=True)
        ended = {
            "seat": view.id,
            "room": view.room_slug,
            "reason": view.close_reason,
            "receipt": view.receipt,
            "show_live": room is not None and room.show_id is not None,
        }
        event = "private_ended" if view.private else "seat_ended"
        push(f"user:{view.payer_id}", event, ended)
        if view.private or view.role != PayerRole.VOYEUR:
            push(f"perform:{view.room_id}", event, ended)
        if not view.private:
            _tell_left(view)
    faultpoint("settle.committed")
    db.session.rollback()


def _tell_left(view: SeatView) -> None:
    """Show who is left in a public show; nothing tells that somebody unseen has gone."""
    if view.role == PayerRole.VOYEUR:
        presence.mark(view.room_id, view.payer_id, "client")
    push_audience(view.room_id)
    if view.role == PayerRole.TWO_WAY:
        push_state(view.room_id)


def _warn(view: SeatView, left_s: int) -> None:
    """Warn both sides that the time runs out (R-36)."""
    to_payer = _("%(left)s seconds left. Add credits to go on without a break.", left=left_s)
    to_performer = _("%(who)s: %(left)s seconds left.", who=label("client"), left=left_s)
    for channel, words in (
        (f"user:{view.payer_id}", to_payer),
        (f"perform:{view.room_id}", to_performer),
    ):
        push(channel, "notice", {"level": "warning", "code": "time_left", "text": words})
