"""What engines and pages hear of a seat, on a whole site with an engine in memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from ppvcms.db import db, now_ms, transaction
from ppvcms.media.models import Grant
from ppvcms.media.services import Holder, grant_for_private
from ppvcms.metering import meter, seats, settle, tell
from ppvcms.metering.evidence import Fact, note
from ppvcms.metering.models import Seat
from ppvcms.rooms import shows
from ppvcms.rooms.models import Show
from ppvcms.testing.engine import ENGINE, Held
from tests.live import Site, site_at

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass
class Ear:
    """Stands where Socket.IO is and remembers what was sent to whom."""

    heard: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)

    def emit(self, event: str, data: dict[str, Any], *, to: str, namespace: str) -> None:
        """Remember one push."""
        assert namespace == "/live"
        self.heard.append((to, event, data))

    def events(self, event: str) -> list[tuple[str, dict[str, Any]]]:
        """Return who heard an event, and what."""
        return [(to, data) for to, kind, data in self.heard if kind == event]


@dataclass
class Private:
    """A private show under way, with its clock."""

    site: Site
    ear: Ear
    seat_id: str
    payer_id: str
    room_id: str
    slug: str
    zero: int

    def play(self, start: int, end: int, *, payer: bool = True) -> None:
        """Let time pass with signs each two seconds, the meter looking and telling."""
        for second in range(start, end + 1, 2):
            now = self.zero + 1000 * second
            seat = self.seat
            signs = [(seat.show_id, Fact.PERFORMER_MEDIA, now)]
            if payer:
                kinds = (Fact.PAYER_MEDIA, Fact.PAYER_BEAT, Fact.PAYER_HERE)
                signs += [(self.seat_id, kind, now) for kind in kinds]
            transaction(lambda session, signs=signs, now=now: note(session, signs, now=now))
            tell.tell(meter.run_batch(now=now).news)

    @property
    def seat(self) -> Seat:
        """The seat as it is stored."""
        db.session.rollback()
        return db.session.get_one(Seat, self.seat_id, populate_existing=True)

    @property
    def grant(self) -> Held:
        """What the engine holds of the payer's grant."""
        db.session.rollback()
        query = select(Grant.id).where(Grant.seat_id == self.seat_id)
        return ENGINE.grants[db.session.scalars(query).one()]


@pytest.fixture
def private(database_url: str, tmp_path: Path) -> Iterator[Private]:
    """A private show whose payer has 8.00, at 2.00 a minute and 30 s of grace."""
    with site_at(database_url, tmp_path) as site:
        performer, client = site.person("Mara", "performer"), site.person("Ben", credits=800)
        room = site.room(performer)
        site.go_live(room, performer)
        accepted = site.begin(room, performer, client)
        show = db.session.get_one(Show, accepted.show_id)
        grant_for_private(shows.stage_of(show), Holder(client.user_id, "page"))
        ear = Ear()
        site.app.extensions["ppvcms_realtime"] = ear
        yield Private(
            site,
            ear,
            accepted.seat_id,
            str(client.user_id),
            room.id,
            room.slug,
            now_ms(db.session()),
        )


def test_the_engine_hears_of_every_new_second_pause_and_return(private: Private) -> None:
    """R-30, MT-09: the lease follows the money, and stops with the bill."""
    private.play(2, 20)
    first, first_on = private.grant.lease, private.grant.on
    private.play(22, 162)
    extended = private.grant.lease
    private.play(164, 176, payer=False)
    paused, paused_on = private.grant.lease, private.grant.on
    private.play(178, 184)
    back = private.grant

    assert first_on
    assert (extended.until > first.until, extended.seq > first.seq) == (True, True)
    assert (paused_on, paused.seq > extended.seq) == (False, True)
    assert (back.on, back.lease.until) == (True, private.seat.secured_until)


def test_both_sides_get_the_figures_and_the_payer_alone_the_balance(private: Private) -> None:
    """PS-08."""
    private.play(2, 40)
    to, figures = private.ear.events("seat")[-1]

    assert to == f"seat:{private.seat_id}"
    assert (figures["state"], figures["counted_s"]) == ("live", 38)
    assert figures["cost"] == (38 - 30) * 200 // 60
    assert not {"balance", "limited"} & set(figures)
    assert private.ear.events("balance")[-1] == (
        f"user:{private.payer_id}",
        {"available": 200, "held": 600 - private.seat.posted, "limited": False},
    )


def test_both_sides_are_warned_before_the_end(private: Private) -> None:
    """R-36: 8.00 last 270 s, the free ones included."""
    private.play(2, 262)
    warned = [to for to, data in private.ear.events("notice") if data["code"] == "time_left"]

    assert warned == [f"user:{private.payer_id}", f"perform:{private.room_id}"] * 2


def test_at_the_end_media_is_cut_and_both_are_led_on(private: Private) -> None:
    """PS-09."""
    private.play(2, 40)
    settle.end(private.seat_id, seats.Reason.PERFORMER_ENDED, now=private.zero + 40_000)

    assert private.grant.revoked
    ended = private.ear.events("private_ended")
    assert {to for to, _ in ended} == {f"user:{private.payer_id}", f"perform:{private.room_id}"}
    assert ended[0][1] == {
        "seat": private.seat_id,
        "room": private.slug,
        "reason": "performer_ended",
        "receipt": True,
        "show_live": True,
    }


def test_an_engine_that_is_away_holds_up_no_money(private: Private) -> None:
    """MT-09: what it was told before stays its end."""
    private.play(2, 20)
    until = private.grant.lease.until
    ENGINE.away = True
    private.play(22, 170)

    assert private.seat.secured_until > until
    assert private.grant.lease.until == until
    ENGINE.away = False
