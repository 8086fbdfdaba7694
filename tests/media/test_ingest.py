"""The line to an engine: nothing is lost, nothing counts twice, a dead engine is tried again."""

from __future__ import annotations

import dataclasses
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from ppvcms.db import db
from ppvcms.media import ingest
from ppvcms.media.contract import EventKind, MediaEvent
from ppvcms.media.models import Grant
from ppvcms.testing.engine import ENGINE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ppvcms.media.ingest import Heard
    from tests.live import Site


class Ear:
    """Remembers what was heard and wakes who waits for it."""

    def __init__(self, wanted: int) -> None:
        self.moments: list[int] = []
        self.wanted = wanted
        self.full = threading.Event()

    def hear(self, batch: Sequence[Heard]) -> None:
        self.moments += [one.sent_at or 0 for one in batch if one.kind is EventKind.EVIDENCE]
        if len(self.moments) >= self.wanted:
            self.full.set()


def evidence(number: int, grant_id: str) -> MediaEvent:
    return MediaEvent(
        node="n1",
        boot="engine",
        n=number,
        kind=EventKind.EVIDENCE,
        at=1_000 + number,
        grant_id=grant_id,
        data={"sent_at": 1_000 + number, "received_at": None},
    )


def signal(number: int, grant_id: str) -> MediaEvent:
    return dataclasses.replace(
        evidence(number, grant_id), kind=EventKind.SIGNAL, data={"number": number}
    )


class Pages:
    """Keeps what pages are told, in place of Socket.IO."""

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []

    def emit(self, _event: str, data: dict[str, Any], **_to: str) -> None:
        self.told.append(data)


@pytest.fixture
def grant(small_site: Site) -> str:
    """The id of a performer's grant."""
    anna = small_site.person("Anna", "performer")
    small_site.go_live(small_site.room(anna), anna)
    return str(db.session.scalar(sa.select(Grant.id)))


def test_every_event_is_heard_once_and_in_order(small_site: Site, grant: str) -> None:
    ear = Ear(wanted=50)
    ingest.on_evidence(ear.hear)
    ENGINE.waiting = [evidence(number, grant) for number in range(1, 51)]
    db.session.rollback()
    stop = ingest.start(small_site.app)
    assert ear.full.wait(20)
    stop.set()
    assert ear.moments == [1_000 + number for number in range(1, 51)]
    ENGINE.away = True


def test_after_a_loss_what_was_missed_comes_and_nothing_else(small_site: Site, grant: str) -> None:
    ear = Ear(wanted=3)
    ingest.on_evidence(ear.hear)
    ENGINE.waiting = [evidence(number, grant) for number in (1, 2, 3)]
    db.session.rollback()
    ingest.take(ENGINE.waiting)
    ear.full.clear()
    ear.wanted = 5
    ENGINE.waiting += [evidence(4, grant), evidence(5, grant)]
    stop = ingest.start(small_site.app)
    assert ear.full.wait(20)
    stop.set()
    assert ear.moments == [1_001, 1_002, 1_003, 1_004, 1_005]
    ENGINE.away = True


def test_a_listener_that_breaks_hears_the_batch_again(small_site: Site, grant: str) -> None:
    heard: list[int] = []

    def hear(batch: Sequence[Heard]) -> None:
        heard.append(len(batch))
        if len(heard) == 1:
            raise OSError("the database went away")

    ingest.on_evidence(hear)
    with pytest.raises(OSError, match="went away"):
        ingest.take([evidence(1, grant)])
    ingest.take([evidence(1, grant)])
    ingest.take([evidence(1, grant)])
    assert heard == [1, 1]
    assert small_site.app is not None


def test_pages_hear_once_what_two_servers_heard(site: Site) -> None:
    """Each server of a larger site follows the engine; one of them tells the page."""
    anna = site.person("Anna", "performer")
    site.go_live(site.room(anna), anna)
    grant = str(db.session.scalar(sa.select(Grant.id)))
    pages = Pages()
    site.app.extensions["ppvcms_realtime"] = pages
    both = threading.Barrier(2)

    def hear(_batch: Sequence[Heard]) -> None:
        both.wait(20)

    def server() -> None:
        with site.app.app_context():
            ingest.take([signal(1, grant), evidence(2, grant), signal(3, grant)])

    ingest.on_evidence(hear)
    with ThreadPoolExecutor(2) as servers:
        for one in [servers.submit(server) for _ in range(2)]:
            one.result(timeout=30)
    assert [data["message"] for data in pages.told] == [{"number": 1}, {"number": 3}]
