"""R-15, MD-16: guests who send their own camera, and who of several is away too long."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from ppvcms.db import db, now_ms, transaction
from ppvcms.media import services as media
from ppvcms.media.contract import EventKind, MediaCapabilities
from ppvcms.media.models import Grant
from ppvcms.metering.absent import look, too_long
from ppvcms.metering.models import Seat, Span
from ppvcms.metering.partners import change_performers, performers_in
from ppvcms.metering.sharing import Present
from ppvcms.metering.simulate import simulate
from ppvcms.metering.state import Reason
from ppvcms.metering.terms import Sharer, Terms
from ppvcms.metering.timelines import parse
from ppvcms.notices.models import Notice
from ppvcms.rooms import shows
from ppvcms.testing.engine import ENGINE
from tests import kit
from tests.live import MODES, site_at
from tests.rooms.test_wire import Page, key

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ppvcms.accounts.actor import Actor
    from tests.live import Site

WINDOW_MS = 120_000
moments = st.none() | st.integers(0, 300_000)


@given(st.dictionaries(st.sampled_from("abcd"), moments), st.integers(300_000, 500_000))
def test_only_who_sent_and_fell_behind_the_others_is_out(
    signs: dict[str, int | None], now: int
) -> None:
    out = too_long(signs, now=now, window_ms=WINDOW_MS)
    sent = {one: at for one, at in signs.items() if at is not None}
    latest = {one for one, at in sent.items() if at == max(sent.values())}
    assert not out & latest, "whoever sent last is never out: that is the pause of all"
    for one in set(sent) - latest:
        assert (one in out) == (now - sent[one] > WINDOW_MS)
    assert out <= set(sent), "who stands before another's camera is not away"


def test_the_meter_goes_on_while_anybody_of_several_sends() -> None:
    sharers = (Sharer("anna", 1, 2), Sharer("bea", 1, 2))
    terms = Terms(mode="group", role="viewer", rate_per_minute=60, sharers=sharers)
    lines = "0:00 picture on\n0:00 viewer on\n0:30 guest on\n1:00 picture off\n2:00 guest off"
    bill = simulate(terms, parse(lines, ratio_percent=80).moments, funds=10_000)
    assert (bill.counted_s, bill.charge, bill.reason) == (120, 120, Reason.RESUME_WINDOW)
    assert [amount for _part, amount in bill.periods[0].shares] == [48, 48, 24]


@pytest.fixture
def small_site(tmp_path: Path) -> Iterator[Site]:
    """The same on SQLite alone."""
    with site_at(f"sqlite:///{tmp_path / 'site.sqlite3'}", tmp_path, *MODES) as made:
        yield made
        assert kit.books_problems() == []


@pytest.fixture
def site(database_url: str, tmp_path: Path) -> Iterator[Site]:
    """A site with group shows, whose books hold at the end."""
    with site_at(database_url, tmp_path, *MODES) as made:
        yield made
        assert kit.books_problems() == []


class Duo:
    """Anna live in a group show in her room, Bea checked in with her; Dan pays."""

    def __init__(self, site: Site, mode: str = "group") -> None:
        self.site = site
        self.anna = site.person("Anna", "performer")
        self.bea = site.person("Bea", "performer")
        self.dan = site.person("Dan", credits=10_000)
        self.room = site.room(self.anna)
        self.show = site.go_live(self.room, self.anna, mode)
        self.let_in(Present(self.id_of(self.anna), 3), Present(self.id_of(self.bea), 1))

    def id_of(self, actor: Actor) -> str:
        return str(actor.user_id)

    def let_in(self, *wanted: Present, reason: str = "left") -> None:
        refusal = transaction(
            lambda session: change_performers(session, self.room.id, wanted, reason=reason)
        )
        assert refusal is None

    def page(self, actor: Actor, page: str) -> Page:
        opened = Page(self.site, actor)
        opened.ok("join", room="anna", page=page)
        return opened

    def sends(self, grant: str) -> None:
        """Let the engine report a picture under a grant."""
        self.site.hear(EventKind.UP, grant)
        self.site.hear(EventKind.EVIDENCE, grant, sent_at=now_ms(db.session()))

    def publishes(self) -> tuple[Page, str]:
        page = self.page(self.bea, "guest")
        grant = str(page.ok("publish")["media"]["grant"])
        self.sends(grant)
        return page, grant

    def age(self, actor: Actor, seconds: int) -> None:
        """Let somebody's last sign be older."""
        mine = sa.update(Grant).where(Grant.user_id == actor.user_id, Grant.role == "publisher")
        older = mine.values(evidence_at=Grant.evidence_at - seconds * 1000)
        transaction(lambda session: session.execute(older))

    def here(self) -> list[str]:
        db.session.rollback()
        names = {self.id_of(one): one.name for one in (self.anna, self.bea)}
        return [names[one.performer_id] for one in performers_in(db.session(), self.room.id)]

    def notices(self, actor: Actor) -> list[str]:
        query = sa.select(Notice.title).where(Notice.user_id == actor.user_id)
        return list(db.session.scalars(query.order_by(Notice.id)))


def test_a_payer_sees_both_under_one_lease_and_either_holds_the_side_up(site: Site) -> None:
    duo = Duo(site)
    anna, dan = duo.page(duo.anna, "perform"), duo.page(duo.dan, "public")
    assert anna.ok("join", room="anna", page="perform")["state"]["feeds"] == []
    bea, feed = duo.publishes()
    assert dan.heard("state")[-1]["feeds"] == [{"feed": feed, "name": "Bea"}]
    assert dan.no("watch", feed=feed) == "closed", "nobody sees a guest of a paid show for nothing"
    offer = dan.ok("quote", mode="group")["offer"]
    seat = dan.ok("enter", offer=offer["token"], key=key())["seat"]["seat"]
    both = [dan.ok("watch")["media"]["grant"], dan.ok("watch", feed=feed)["media"]["grant"]]
    assert dan.ok("watch")["media"]["grant"] == both[0], "the one does not end the other"
    leases = {(ENGINE.grants[one].lease.until, ENGINE.grants[one].on) for one in both}
    until = db.session.scalar(sa.select(Seat.secured_until).where(Seat.id == seat))
    assert leases == {(until, True)}
    assert [ENGINE.grants[one].feeds for one in both] == [(source(duo),), (feed,)]

    site.hear(EventKind.EVIDENCE, both[1], received_at=now_ms(db.session()))
    db.session.rollback()
    received = sa.select(Span.ends_at).where(Span.scope_id == seat, Span.kind == "payer_media")
    assert db.session.scalar(received), "what the guest's line proves counts"
    upheld = sa.select(sa.func.max(Span.ends_at)).where(Span.kind == "performer_media")
    before = db.session.scalar(upheld)
    duo.sends(feed)
    db.session.rollback()
    assert db.session.scalar(upheld) > before
    media.cut(seat, "staff")
    assert not any(ENGINE.grants[one].on for one in both)

    assert anna.ok("watch", feed=feed)["media"]["role"] == "viewer"
    assert bea.ok("watch")["media"]["role"] == "viewer", "and she sees whom she performs with"
    bea.ok("unpublish")
    assert ENGINE.grants[feed].revoked
    assert dan.heard("state")[-1]["feeds"] == []
    assert dan.no("watch", feed=feed) == "offline"
    duo.age(duo.bea, 1_000)
    assert look() == 0, "she stands before Anna's camera again"


def source(duo: Duo) -> str:
    found = media.source_of(db.session(), shows.stage_of(duo.show))
    assert found is not None
    return found.id


def test_who_is_away_too_long_is_out_and_the_host_comes_back_with_her_part(site: Site) -> None:
    duo = Duo(site)
    anna, bea = duo.id_of(duo.anna), duo.id_of(duo.bea)
    duo.age(duo.anna, 1_000)
    assert look() == 0, "nobody else sends: that is a pause, not an absence"
    _page, feed = duo.publishes()
    assert look() == 1
    assert duo.here() == ["Bea"]
    assert look() == 0
    assert duo.notices(duo.anna)[-1:] == ["You were checked out of Anna"]
    assert duo.notices(duo.bea)[-1:] == ["Anna was checked out of Anna"]
    site.performer_sends(duo.show)
    assert look() == 1
    db.session.rollback()
    assert performers_in(db.session(), duo.room.id) == (Present(anna, 3), Present(bea, 1))

    duo.age(duo.bea, 1_000)
    assert look() == 1
    assert duo.here() == ["Anna"]
    assert ENGINE.grants[feed].revoked, "her camera goes with her"
    duo.let_in(Present(anna, 1), Present(bea, 1))
    assert look() == 0, "asked anew she begins anew"


def test_who_may_not_send_is_told_why(small_site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site, duo = small_site, Duo(small_site, mode="free")
    cleo = site.person("Cleo", "performer")
    stranger = Page(site, cleo)
    assert stranger.no("join", room="anna", page="guest") == "forbidden"
    dan, bea = duo.page(duo.dan, "public"), duo.page(duo.bea, "guest")
    assert dan.no("publish") == "forbidden"
    with monkeypatch.context() as engine:
        engine.setattr(type(ENGINE), "capabilities", MediaCapabilities())
        assert bea.no("publish") == "media", "she stands before Anna's camera"
    feed = str(bea.ok("publish")["media"]["grant"])
    assert dan.ok("watch", feed=feed)["media"]["role"] == "viewer"
    assert dan.no("watch", feed=source(duo)) == "offline", "the host's camera is no guest's"
    assert db.session.scalar(sa.text("SELECT count(*) FROM visit WHERE role = 'performer'")) == 1
    site.begin(duo.room, duo.anna, duo.dan)
    assert ENGINE.grants[feed].revoked, "in a private show there are two"
    assert bea.no("publish") == "busy"
    assert bea.no("watch") == "offline"
    duo.age(duo.bea, 1_000)
    assert look() == 0
