"""The running meter: everybody is told, and a broken seat costs only itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import update

from ppvcms.accounts.actor import Actor
from ppvcms.db import db, transaction
from ppvcms.metering import loop
from ppvcms.metering.models import Seat
from ppvcms.metering.receipts import explain, receipts_of
from ppvcms.metering.seats import SeatView, end_seat, lease_of, live_seats_of, open_seat_of
from ppvcms.results import Refusal
from tests.metering.together import Child

if TYPE_CHECKING:
    from pathlib import Path

    from tests.metering.stage import Stage


def test_a_broken_seat_does_not_stop_the_others(stage: Stage) -> None:
    """The batch fails as a whole, so each seat is looked at alone."""
    good, bad = stage.open(stage.client(5_000)), stage.open(stage.client(5_000))
    terms = stage.seat(bad).terms
    set_terms(bad, {})
    loop.look()

    assert (stage.seat(good).state, stage.seat(bad).state) == ("void", "secured")
    set_terms(bad, terms)


def set_terms(seat_id: str, terms: dict[str, object]) -> None:
    transaction(lambda s: s.execute(update(Seat).where(Seat.id == seat_id).values(terms=terms)))


def test_a_meter_that_is_killed_is_followed_by_another(
    stage: Stage, database_url: str, tmp_path: Path
) -> None:
    """R-27: nothing has to be told to the one that follows."""
    client = stage.client(5_000)
    seat_id = stage.open(client)
    stage.play(seat_id, 0, 20)
    moment = stage.at(20)
    killed = Child(database_url, tmp_path, loop.look, fault="meter.secured=kill")
    killed.begin()
    killed.stopped()
    loop.look()

    seat = stage.seat(seat_id)
    assert (seat.state, seat.close_reason) == ("settled", "resume_window")
    assert stage.receipt(seat_id).amount == 66
    assert seat.counted_ms == moment - stage.at(0)


def test_the_receipt_says_why(stage: Stage) -> None:
    """R-05: seconds, grace, formula, shares and the timeline."""
    client = stage.client(5_000)
    seat_id = stage.open(client, grace_s=10, rate_per_minute=199)
    stage.play(seat_id, 0, 75)
    stage.end(seat_id, 75)
    view = explain(seat_id)

    assert (view.counted_s, view.free_s, view.billed_s, view.amount) == (75, 10, 65, 215)
    assert "65 s x 1.99 a minute / 60 = 2.15" in " ".join(view.why)
    assert [(share.party_kind, share.amount) for share in view.shares] == [
        ("performer", 172),
        ("site", 43),
    ]
    assert view.secured - view.released == 215
    assert sum(s.seconds for s in view.timeline if s.kind == "counted") == 75
    assert [row.seat_id for row in receipts_of(client)] == [seat_id]


def test_the_lease_follows_the_seat(stage: Stage) -> None:
    """R-30: media flows up to the secured second, and never in a pause."""
    seat_id = stage.open(stage.client(5_000))
    before = lease_of(db.session(), seat_id)
    stage.play(seat_id, 0, 20)
    stage.play(seat_id, 20, 30, payer=False)
    db.session.rollback()
    paused = lease_of(db.session(), seat_id)
    stage.end(seat_id, 30)
    db.session.rollback()
    after = lease_of(db.session(), seat_id)

    assert before is not None
    assert paused is not None
    assert after is not None
    assert (before.on, before.until) == (True, stage.at(180))
    assert (paused.on, paused.over) == (False, False)
    assert paused.seq > before.seq
    assert after.over
    assert lease_of(db.session(), "nobody") is None


def test_open_seats_are_found_by_payer_and_show(stage: Stage) -> None:
    client = stage.client(5_000)
    seat_id = stage.open(client)
    show_id = stage.seat(seat_id).show_id

    assert [seat.id for seat in live_seats_of(show_id)] == [seat_id]
    found = open_seat_of(client)
    assert found is not None
    assert found.id == seat_id
    assert open_seat_of(stage.performer_id) is None


def test_both_sides_and_staff_may_end_a_seat_and_nobody_else(stage: Stage) -> None:
    """PS-09, R-14."""
    ends = {"payer": "payer_ended", "performer": "performer_ended", "staff": "staff"}
    for who, reason in ends.items():
        client = stage.client(5_000)
        seat_id = stage.open(client)
        person = {"payer": client, "performer": stage.performer_id}.get(who, stage.studio_id)
        rights = frozenset({"shows.manage"}) if who == "staff" else frozenset()
        stranger = end_seat(seat_id, Actor("somebody", "", frozenset(), frozenset()))
        ended = end_seat(seat_id, Actor(person, "", frozenset(), rights))
        again = end_seat(seat_id, Actor(client, "", frozenset(), frozenset()))

        assert isinstance(stranger, Refusal)
        assert isinstance(ended, SeatView)
        assert isinstance(again, SeatView)
        assert (ended.state, ended.close_reason, again.close_reason) == ("void", reason, reason)
