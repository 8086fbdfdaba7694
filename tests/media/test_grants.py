"""MT-15, ME-06, R-08: who may carry media, and every way in which somebody may not."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from ppvcms.db import db, transaction
from ppvcms.media import services as media
from ppvcms.media.contract import EventKind
from ppvcms.media.models import Grant, MediaSeen
from ppvcms.media.services import Holder
from ppvcms.metering import places, seats
from ppvcms.metering.models import MediaLog, Seat, Span
from ppvcms.results import Refusal
from ppvcms.rooms import services, shows, switches
from ppvcms.rooms.models import Room, Show
from ppvcms.testing.engine import ENGINE
from ppvcms.wire import Caller
from tests.live import refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from ppvcms.accounts.actor import Actor
    from ppvcms.metering.accepting import Accepted
    from tests.live import Site


class Stage:
    """A performer live, a client, a visitor, and a second room beside them."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.anna = site.person("Anna", "performer")
        self.ben = site.person("Ben", credits=5000)
        self.carl = site.person("Carl", credits=5000)
        self.room: Room = site.room(self.anna)
        self.show: Show = site.go_live(self.room, self.anna)

    @property
    def stage(self) -> media.Stage:
        return shows.stage_of(self.show)

    def watch(self, actor: Actor | None = None, sid: str = "tab-1") -> str:
        holder = Holder(actor.user_id if actor else None, sid)
        answer = media.grant_for_viewer(self.stage, holder)
        assert isinstance(answer, dict), answer
        return str(answer["grant"])

    def publisher(self) -> str:
        query = sa.select(Grant.id).where(Grant.role == "publisher", Grant.state == "active")
        return str(db.session.scalar(query))

    def private(self) -> Accepted:
        return self.site.begin(self.room, self.anna, self.ben)

    def side(self, begun: Accepted, actor: Actor, sid: str = "p-1") -> dict[str, object]:
        show = db.session.get_one(Show, begun.show_id)
        answer = media.grant_for_private(shows.stage_of(show), Holder(actor.user_id, sid))
        assert isinstance(answer, dict), answer
        return answer

    def caller(self, actor: Actor, page: str, begun: Accepted | None = None) -> Caller:
        caller = Caller(uuid.uuid4().hex, actor, 0.0)
        caller.room_id, caller.page = self.room.id, page
        if begun is not None:
            caller.seat_id, caller.show_id = begun.seat_id, begun.show_id
        return caller


@pytest.fixture
def live(small_site: Site) -> Stage:
    return Stage(small_site)


def of(actor: Actor, sid: str = "tab-1") -> Holder:
    return Holder(actor.user_id, sid)


OFFER = {"type": "offer", "sdp": "v=0"}


def test_the_holder_of_a_grant_may_signal(live: Stage) -> None:
    grant = live.watch(live.ben)
    assert media.signal(grant, of(live.ben), OFFER) == [{"type": "answer"}]
    assert media.signal(grant, of(live.ben, "tab-2"), OFFER) == [{"type": "answer"}]


# --- Twenty ways in which somebody may not ----------------------------------------------


def others_grant(live: Stage) -> object:
    return media.signal(live.watch(live.ben), of(live.carl), OFFER)


def visitor_with_a_persons_grant(live: Stage) -> object:
    return media.signal(live.watch(live.ben), Holder(None, "tab-1"), OFFER)


def another_visitors_grant(live: Stage) -> object:
    return media.signal(live.watch(None, "v-1"), Holder(None, "v-2"), OFFER)


def person_with_a_visitors_grant(live: Stage) -> object:
    return media.signal(live.watch(None, "v-1"), of(live.ben, "v-1"), OFFER)


def unknown_grant(live: Stage) -> object:
    return media.signal("0" * 26, of(live.ben), OFFER)


def the_performers_grant(live: Stage) -> object:
    return media.signal(live.publisher(), of(live.ben), OFFER)


def revoked_grant(live: Stage) -> object:
    grant = live.watch(live.ben)
    media.revoke(grant, reason="staff")
    return media.signal(grant, of(live.ben), OFFER)


def grant_after_going_off(live: Stage) -> object:
    grant = live.watch(live.ben)
    shows.go_off(live.room.id, live.anna)
    return media.signal(grant, of(live.ben), OFFER)


def public_grant_during_a_private(live: Stage) -> object:
    grant = live.watch(live.carl)
    live.private()
    return media.signal(grant, of(live.carl), OFFER)


def public_publisher_during_a_private(live: Stage) -> object:
    grant = live.publisher()
    live.private()
    return media.signal(grant, of(live.anna), OFFER)


def hidden_room(live: Stage) -> object:
    grant = live.watch(live.carl)
    switches.switch(live.room.id, live.anna, "hidden", on=True)
    return media.signal(grant, of(live.carl), OFFER)


def removed_person(live: Stage) -> object:
    grant = live.watch(live.ben)
    media.revoke_person(str(live.ben.user_id))
    return media.signal(grant, of(live.ben), OFFER)


def page_that_left(live: Stage) -> object:
    grant = live.watch(live.ben, "tab-9")
    media.revoke_connection("tab-9")
    return media.signal(grant, of(live.ben), OFFER)


def private_grant_of_the_other_side(live: Stage) -> object:
    begun = live.private()
    return media.signal(str(live.side(begun, live.anna)["grant"]), of(live.ben), OFFER)


def private_show_of_others(live: Stage) -> object:
    begun = live.private()
    show = db.session.get_one(Show, begun.show_id)
    return media.grant_for_private(shows.stage_of(show), of(live.carl))


def private_grant_after_the_end(live: Stage) -> object:
    begun = live.private()
    grant = str(live.side(begun, live.ben)["grant"])
    seats.end_seat(begun.seat_id, live.anna)
    return media.signal(grant, of(live.ben), OFFER)


def private_media_after_the_end(live: Stage) -> object:
    begun = live.private()
    seats.end_seat(begun.seat_id, live.ben)
    return places.watch(live.caller(live.ben, "private", begun))


def someone_elses_seat(live: Stage) -> object:
    return places.watch(live.caller(live.carl, "private", live.private()))


def watching_during_a_private(live: Stage) -> object:
    live.private()
    return places.watch(live.caller(live.carl, "public"))


def watching_an_offline_room(live: Stage) -> object:
    shows.go_off(live.room.id, live.anna)
    return places.watch(live.caller(live.carl, "public"))


def watching_a_room_that_is_away(live: Stage) -> object:
    switches.switch(live.room.id, live.anna, "away", on=True)
    return places.watch(live.caller(live.carl, "public"))


def publishing_in_anothers_room(live: Stage) -> object:
    return places.publish(live.caller(live.ben, "public"))


def publishing_before_going_live(live: Stage) -> object:
    shows.go_off(live.room.id, live.anna)
    return places.publish(live.caller(live.anna, "perform"))


def publishing_publicly_during_a_private(live: Stage) -> object:
    live.private()
    return places.publish(live.caller(live.anna, "perform"))


def a_message_that_is_too_large(live: Stage) -> object:
    return media.signal(live.watch(live.ben), of(live.ben), {"sdp": "x" * 70_000})


def an_engine_that_is_away(live: Stage) -> object:
    grant = live.watch(live.ben)
    ENGINE.away = True
    return media.signal(grant, of(live.ben), OFFER)


def watching_while_the_engine_is_away(live: Stage) -> object:
    ENGINE.away = True
    return places.watch(live.caller(live.ben, "public"))


@pytest.mark.parametrize(
    ("attempt", "code"),
    [
        (others_grant, "gone"),
        (visitor_with_a_persons_grant, "gone"),
        (another_visitors_grant, "gone"),
        (person_with_a_visitors_grant, "gone"),
        (unknown_grant, "gone"),
        (the_performers_grant, "gone"),
        (revoked_grant, "gone"),
        (grant_after_going_off, "gone"),
        (public_grant_during_a_private, "gone"),
        (public_publisher_during_a_private, "gone"),
        (hidden_room, "gone"),
        (removed_person, "gone"),
        (page_that_left, "gone"),
        (private_grant_of_the_other_side, "gone"),
        (private_show_of_others, "gone"),
        (private_grant_after_the_end, "gone"),
        (private_media_after_the_end, "closed"),
        (someone_elses_seat, "closed"),
        (watching_during_a_private, "closed"),
        (watching_an_offline_room, "offline"),
        (watching_a_room_that_is_away, "closed"),
        (publishing_in_anothers_room, "forbidden"),
        (publishing_before_going_live, "offline"),
        (publishing_publicly_during_a_private, "busy"),
        (a_message_that_is_too_large, "bad_request"),
        (an_engine_that_is_away, "media"),
        (watching_while_the_engine_is_away, "media"),
    ],
)
def test_media_is_refused_with_its_cause(
    live: Stage, attempt: Callable[[Stage], object], code: str
) -> None:
    answer = attempt(live)
    assert refused(answer) == code
    assert isinstance(answer, Refusal)
    assert answer.reason


# --- What is given ------------------------------------------------------------------------


def test_a_viewer_receives_the_publisher_alone(live: Stage) -> None:
    held = ENGINE.grants[live.watch(live.ben)]
    assert held.feeds == (live.publisher(),)
    assert held.on


def test_one_page_has_one_grant_however_often_it_asks(live: Stage) -> None:
    assert live.watch(live.ben) == live.watch(live.ben)
    assert live.watch(live.ben, "tab-2") != live.watch(live.ben)


def test_each_side_of_a_private_receives_the_other_and_nobody_else(live: Stage) -> None:
    begun = live.private()
    performer, payer = live.side(begun, live.anna), live.side(begun, live.ben)
    assert ENGINE.grants[str(payer["grant"])].feeds == (performer["grant"],)
    assert ENGINE.grants[str(performer["grant"])].feeds == (payer["grant"],)


def test_the_payers_lease_ends_with_the_secured_second(live: Stage) -> None:
    begun = live.private()
    grant = str(live.side(begun, live.ben)["grant"])
    seat = db.session.get_one(Seat, begun.seat_id)
    assert ENGINE.grants[grant].lease.until == seat.secured_until
    assert ENGINE.grants[grant].lease.seq == seat.lease_seq


def test_a_second_page_takes_the_seat_over(live: Stage) -> None:
    begun = live.private()
    first = live.side(begun, live.ben, "tab-1")
    second = live.side(begun, live.ben, "tab-2")
    assert first["grant"] == second["grant"]
    db.session.rollback()
    assert db.session.get_one(Grant, str(second["grant"])).sid == "tab-2"


def test_extension_pause_and_resume_follow_the_seat(live: Stage) -> None:
    begun = live.private()
    grant = str(live.side(begun, live.ben)["grant"])

    def change(**values: object) -> None:
        values["lease_seq"] = Seat.lease_seq + 1
        transaction(lambda s: s.execute(sa.update(Seat).values(**values)))

    change(secured_until=Seat.secured_until + 60_000)
    media.extend(begun.seat_id)
    db.session.rollback()
    seat = db.session.get_one(Seat, begun.seat_id)
    assert ENGINE.grants[grant].lease.until == seat.secured_until
    change(state="paused")
    media.pause(begun.seat_id)
    assert not ENGINE.carries(grant)
    media.resume(begun.seat_id)
    assert not ENGINE.carries(grant), "the seat is still paused: the database decides"
    change(state="live")
    media.resume(begun.seat_id)
    assert ENGINE.carries(grant)
    media.cut(begun.seat_id, "ended")
    media.extend(begun.seat_id)
    assert not ENGINE.carries(grant)


def test_a_lease_of_presence_is_renewed_by_signs_of_life(live: Stage) -> None:
    grant = live.watch(live.ben)
    before = ENGINE.grants[grant].lease
    media.renew(db.session.get_one(Grant, grant))
    assert ENGINE.grants[grant].lease == before, "two thirds are left"
    transaction(
        lambda s: s.execute(sa.update(Grant).values(lease_until=Grant.lease_until - 30_000))
    )
    db.session.rollback()
    media.renew(db.session.get_one(Grant, grant))
    assert ENGINE.grants[grant].lease.seq > before.seq


# --- Making both agree ----------------------------------------------------------------------


def test_what_runs_without_a_living_row_is_revoked(live: Stage) -> None:
    grant = live.watch(live.ben)
    transaction(
        lambda s: s.execute(sa.update(Grant).where(Grant.id == grant).values(state="revoked"))
    )
    assert ENGINE.carries(grant)
    assert media.reconcile() == 1
    assert not ENGINE.carries(grant)


def test_a_lease_that_the_engine_missed_is_told_again(live: Stage) -> None:
    begun = live.private()
    grant = str(live.side(begun, live.ben)["grant"])
    ENGINE.away = True
    transaction(
        lambda s: s.execute(
            sa.update(Seat).values(
                secured_until=Seat.secured_until + 60_000, lease_seq=Seat.lease_seq + 1
            )
        )
    )
    media.extend(begun.seat_id)
    ENGINE.away = False
    media.reconcile()
    db.session.rollback()
    until = db.session.get_one(Seat, begun.seat_id).secured_until
    assert ENGINE.grants[grant].lease.until == until


def test_presence_that_lapsed_is_closed(live: Stage) -> None:
    grant = live.watch(live.ben)
    transaction(
        lambda s: s.execute(
            sa.update(Grant)
            .where(Grant.id == grant)
            .values(lease_until=Grant.lease_until - 200_000)
        )
    )
    assert media.reconcile() == 1
    assert not ENGINE.carries(grant)


# --- What engines report ----------------------------------------------------------------------


def test_evidence_that_comes_twice_has_one_effect(live: Stage) -> None:
    grant = live.publisher()
    now = db.session.scalar(sa.select(Grant.made_at).where(Grant.id == grant)) or 0
    live.site.hear(EventKind.EVIDENCE, grant, sent_at=now + 1_000)
    spans = [(s.starts_at, s.ends_at) for s in db.session.scalars(sa.select(Span))]
    live.site.events -= 1
    live.site.hear(EventKind.EVIDENCE, grant, sent_at=now + 1_000)
    db.session.rollback()
    assert [(s.starts_at, s.ends_at) for s in db.session.scalars(sa.select(Span))] == spans
    seen = db.session.get_one(MediaSeen, "b1")
    assert seen.n == live.site.events


def test_a_cut_is_logged_with_its_last_packet(live: Stage) -> None:
    begun = live.private()
    grant = str(live.side(begun, live.ben)["grant"])
    live.site.hear(EventKind.CUT, grant, until=1_000, last_packet_at=990)
    live.site.hear(EventKind.CUT, grant, until=1_000, last_packet_at=990)
    logged = list(db.session.scalars(sa.select(MediaLog)))
    assert [(row.seat_id, row.secured_until, row.last_packet_at) for row in logged] == [
        (begun.seat_id, 1_000, 990)
    ]


def test_an_event_of_an_unknown_grant_changes_nothing(live: Stage) -> None:
    live.site.hear(EventKind.EVIDENCE, "0" * 26, sent_at=1)
    live.site.hear(EventKind.ENGINE_LOST, None, grants=["0" * 26])
    assert db.session.get_one(MediaSeen, "b1").n == live.site.events


def test_media_that_a_dead_process_left_behind_is_ended(live: Stage) -> None:
    """The private began, and the word that ends the public picture was lost."""
    publisher, viewer = live.publisher(), live.watch(live.carl)
    live.private()
    active = sa.update(Grant).where(Grant.id.in_([publisher, viewer])).values(state="active")
    transaction(lambda s: s.execute(active))
    for grant in (publisher, viewer):
        ENGINE.grants[grant].revoked, ENGINE.grants[grant].on = False, True
    shows.sweep()
    assert not ENGINE.carries(publisher)
    assert not ENGINE.carries(viewer)


def test_a_silent_performer_is_offline_after_a_minute(live: Stage) -> None:
    assert shows.sweep() == 0
    older = sa.update(Room).values(evidence_at=Room.evidence_at - 70_000)
    transaction(lambda s: s.execute(older))
    transaction(lambda s: s.execute(sa.update(Show).values(started_at=Show.started_at - 80_000)))
    assert shows.sweep() == 1
    db.session.rollback()
    assert services.by_id(live.room.id).show_id is None
