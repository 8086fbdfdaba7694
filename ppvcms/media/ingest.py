"""What engines report: heard in the background, kept in order, told to listeners.

A batch goes to every listener first and is marked as seen afterwards, so a crash
between the two repeats it, and several servers may hear the same: listeners keep
facts as spans and sets, where a repetition changes nothing (R-12). Pages are told
last, by the server whose mark moved.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import structlog
from flask import current_app
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from ppvcms.db import db, transaction, wall_ms
from ppvcms.media.contract import EventKind, MediaEvent, MediaRole, MediaUnavailableError
from ppvcms.media.models import Grant, MediaSeen
from ppvcms.media.services import providers
from ppvcms.realtime import push

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from flask import Flask
    from sqlalchemy.orm import Session

    from ppvcms.media.contract import MediaProvider

GATHER_S = 0.2
LARGEST_BATCH = 500
SOON_S = 0.2
LONGEST_WAIT_S = 5.0
ATTEMPTS = 10
LOOK_AGAIN_S = 2.0
WORDS = {EventKind.CUT: "cut", EventKind.ENGINE_LOST: "lost", EventKind.SIGNAL: "signal"}
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Heard:
    """One report about one grant, with whom it concerns.

    `seat_id` is set on the payer's grant alone. `sent_at` and `received_at` are
    the last moments (epoch milliseconds) at which media came from the holder and
    at which the holder proved to receive.
    """

    kind: EventKind
    at: int
    grant_id: str
    show_id: str
    seat_id: str | None
    user_id: str | None
    sid: str | None
    role: MediaRole
    sent_at: int | None = None
    received_at: int | None = None
    last_packet_at: int | None = None
    until: int | None = None
    data: dict[str, Any] = field(default_factory=dict)

    @property
    def of_performer(self) -> bool:
        """Whether this is about the performer's own media."""
        publishes = self.role in {MediaRole.PUBLISHER, MediaRole.TWO_WAY}
        return publishes and self.seat_id is None


def on_evidence(listener: Callable[[Sequence[Heard]], None]) -> None:
    """Have a function called with every batch, in an application context; once per name.

    It owns its transaction, is safe to repeat, and may be called from a
    background thread or greenlet.
    """
    listeners = current_app.extensions.setdefault("ppvcms_media_listeners", {})
    listeners[f"{listener.__module__}.{listener.__qualname__}"] = listener


def take(events: Iterable[MediaEvent]) -> None:
    """Take a batch of events: tell listeners, remember what was seen, tell pages."""
    batch = list(events)
    fresh = _unseen(batch)
    heard = _about_grants(fresh)
    if heard:
        for listener in current_app.extensions.get("ppvcms_media_listeners", {}).values():
            listener(heard)
    if fresh:
        before = transaction(lambda session: _remember(session, fresh, heard))
        for_pages = [one for one in fresh if one.kind in WORDS and one.n > before[one.boot]]
        if for_pages:
            _tell_pages(_about_grants(for_pages))


def seen() -> dict[str, int]:
    """Return the last stored event number of each boot."""
    return {row.boot: row.n for row in db.session.scalars(select(MediaSeen))}


def start(app: Flask) -> threading.Event:
    """Listen to every active provider in the background until the returned event is set."""
    stop = threading.Event()
    threading.Thread(target=_watch_providers, args=(app, stop), name="media", daemon=True).start()
    return stop


# --- The loop -----------------------------------------------------------------------------


def _watch_providers(app: Flask, stop: threading.Event) -> None:
    running: dict[str, threading.Thread] = {}
    while not stop.is_set():
        try:
            with app.app_context():
                keys = list(providers())
        except Exception:
            log.exception("media_ingest_failed")
            keys = []
        for key in keys:
            if key not in running or not running[key].is_alive():
                running[key] = threading.Thread(
                    target=_follow, args=(app, key, stop), name=f"media {key}", daemon=True
                )
                running[key].start()
        stop.wait(LOOK_AGAIN_S)


def _follow(app: Flask, key: str, stop: threading.Event) -> None:
    """Read one engine until its plugin is off; come back after every loss."""
    wait_s = SOON_S
    while not stop.is_set():
        try:
            with app.app_context():
                provider = providers().get(key)
                after = seen()
            if provider is None:
                return
            if _read(app, provider, after):
                wait_s = SOON_S
        except MediaUnavailableError as error:
            log.warning("media_unavailable", act="events", provider=key, error=str(error))
        except Exception:
            log.exception("media_ingest_failed", provider=key)
        stop.wait(wait_s)
        wait_s = min(LONGEST_WAIT_S, wait_s * 2)


def _read(app: Flask, provider: MediaProvider, after: dict[str, int]) -> int:
    """Read until the connection is lost; return how many events came."""
    line: queue.Queue[MediaEvent | None] = queue.Queue()
    failure: list[Exception] = []

    def receive() -> None:
        try:
            # A provider may ask the site where its engine is.
            with app.app_context():
                events = provider.events(after=after)
                for event in events:
                    line.put(event)
        except Exception as error:  # noqa: BLE001 - told to the one who reads the line
            failure.append(error)
        line.put(None)

    threading.Thread(target=receive, name=f"media line {provider.key}", daemon=True).start()
    count = 0
    while True:
        batch, ended = _gather(line)
        if batch:
            count += len(batch)
            _take_surely(app, batch)
        if ended:
            break
    if failure and not count:
        raise failure[0]
    return count


def _take_surely(app: Flask, batch: Sequence[MediaEvent]) -> None:
    """Take a batch, again and again if need be: what is dropped here nobody is paid for."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with app.app_context():
                take(batch)
        except Exception:
            log.exception("media_batch_failed", attempt=attempt, events=len(batch))
            time.sleep(min(LONGEST_WAIT_S, SOON_S * 2**attempt))
        else:
            return


def _gather(line: queue.Queue[MediaEvent | None]) -> tuple[list[MediaEvent], bool]:
    """Wait for one event, then a moment for its neighbours, unless it is urgent."""
    batch: list[MediaEvent] = []
    deadline = None
    while len(batch) < LARGEST_BATCH:
        wait_s = None if deadline is None else deadline - time.monotonic()
        if wait_s is not None and wait_s <= 0:
            break
        try:
            event = line.get(timeout=wait_s)
        except queue.Empty:
            break
        if event is None:
            return batch, True
        batch.append(event)
        if deadline is None:
            deadline = time.monotonic() + GATHER_S
        if event.kind is not EventKind.EVIDENCE:
            deadline = time.monotonic() + 0.01
    return batch, False


# --- One batch ------------------------------------------------------------------------------


def _unseen(batch: Sequence[MediaEvent]) -> list[MediaEvent]:
    marks = seen()
    return [event for event in batch if event.n > marks.get(event.boot, 0)]


def _about_grants(events: Sequence[MediaEvent]) -> list[Heard]:
    named = {event.grant_id for event in events if event.grant_id is not None}
    for event in events:
        if event.kind is EventKind.ENGINE_LOST:
            named |= set(event.data.get("grants", ()))
    rows = db.session.scalars(
        select(Grant).where(Grant.id.in_(named)).execution_options(populate_existing=True)
    )
    grants = {grant.id: grant for grant in rows}
    heard: list[Heard] = []
    for event in events:
        ids = (
            event.data.get("grants", ())
            if event.kind is EventKind.ENGINE_LOST
            else (event.grant_id,)
        )
        heard += [_heard(event, grants[one]) for one in ids if one in grants]
    return heard


def _heard(event: MediaEvent, grant: Grant) -> Heard:
    data = {} if event.kind is EventKind.ENGINE_LOST else event.data
    return Heard(
        kind=event.kind,
        at=event.at,
        grant_id=grant.id,
        show_id=grant.show_id,
        seat_id=grant.seat_id,
        user_id=grant.user_id,
        sid=grant.sid,
        role=MediaRole(grant.role),
        sent_at=data.get("sent_at"),
        received_at=data.get("received_at"),
        last_packet_at=data.get("last_packet_at"),
        until=data.get("until"),
        data=data,
    )


def _tell_pages(heard: Sequence[Heard]) -> None:
    for one in heard:
        channel = f"user:{one.user_id}" if one.user_id is not None else one.sid
        if channel is None:
            continue
        data: dict[str, Any] = {"event": WORDS[one.kind], "grant": one.grant_id}
        if one.kind is EventKind.CUT:
            # A seat goes on with the same grant after a top-up.
            data["reason"] = "exhausted" if one.seat_id is not None else "left"
        if one.kind is EventKind.SIGNAL:
            data["message"] = one.data
        push(channel, "media", data)


def _remember(
    session: Session, events: Sequence[MediaEvent], heard: Sequence[Heard]
) -> dict[str, int]:
    """Move each boot's mark and return where it stood: what is beyond, no other server took."""
    last: dict[str, MediaEvent] = {}
    for event in events:
        if event.boot not in last or event.n > last[event.boot].n:
            last[event.boot] = event
    before: dict[str, int] = {}
    for boot, event in sorted(last.items()):
        row = _mark(session, event)
        before[boot] = row.n
        if row.n < event.n:
            row.n, row.at = event.n, wall_ms()
    signs = {one.grant_id: one.at for one in heard if one.kind is EventKind.EVIDENCE}
    if signs:
        rows = [{"id": grant_id, "evidence_at": at} for grant_id, at in sorted(signs.items())]
        session.execute(update(Grant), rows)
    return before


def _mark(session: Session, event: MediaEvent) -> MediaSeen:
    """Return the locked mark of an event's boot, made at zero when there is none."""
    if session.get(MediaSeen, event.boot) is None:
        # Another server may hear the same boot for the first time now.
        with contextlib.suppress(IntegrityError), session.begin_nested():
            session.add(MediaSeen(boot=event.boot, node=event.node, n=0, at=wall_ms()))
    return session.get_one(MediaSeen, event.boot, with_for_update=True, populate_existing=True)
