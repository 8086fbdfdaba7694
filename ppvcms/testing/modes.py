"""What holds for every kind of show. Subclass `ModeContract` and name the plugin's folder."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, ClassVar

import pytest
from sqlalchemy import event

from ppvcms.db import db
from ppvcms.host.dispatch import collect
from ppvcms.rooms import switches
from ppvcms.rooms.modes import MOST_SLOTS, Entry, PayerRole, Quote, RoomFacts
from ppvcms.testing.engine import ENGINE
from ppvcms.testing.shows import Books, Wallet, live_in, new_person, watch
from ppvcms.testing.sites import MEDIA, STAGE, plugin_site

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flask import Flask

    from ppvcms.rooms.modes import RoomMode

BASES = {"video", "audio", "text"}
LONGEST_FREE_S, LONGEST_MINIMUM = 600, 60
WATCHED_S = 70
FUNDS = 100_000


class ModeContract:
    """A mode answers in whole numbers, inside the owner's limits, and moves nothing."""

    folder: ClassVar[Path]

    @pytest.fixture(scope="class")
    @classmethod
    def site(cls) -> Iterator[Flask]:
        """A site on which the plugin is on, with a media engine and an open show to come from."""
        ENGINE.clear()
        with plugin_site(cls.folder, MEDIA, STAGE) as app, app.test_request_context():
            yield app
            assert Books(app).problems() == []

    @pytest.fixture
    def modes(self, site: Flask) -> list[RoomMode]:
        """What the plugin registers."""
        del site
        found: list[RoomMode] = dict(collect("register_room_modes"))[self.folder.name]
        return found

    def test_its_modes_say_what_they_are(self, modes: list[RoomMode]) -> None:
        """Words, an icon, what it carries, and rules that the core can keep."""
        assert modes
        for mode in modes:
            assert mode.key.isidentifier()
            assert all(str(word).strip() for word in (mode.label, mode.summary, mode.icon))
            assert mode.base in BASES
            assert mode.share_type
            assert 0 <= mode.ruled.slots <= MOST_SLOTS
            assert all(rate > 0 for rate in mode.ruled.rates.values())
            assert not (mode.private and mode.way)

    def test_its_quotes_are_whole_and_inside_the_limits(self, modes: list[RoomMode]) -> None:
        """A rate in minor units, the performer's own where the owner lets it count."""
        for mode in modes:
            if not mode.paid:
                continue
            usual = _quote(mode, None)
            limits = mode.limits() if mode.limits else None
            if limits is None:
                continue
            assert limits.least <= limits.default <= limits.most
            assert limits.least <= usual.rate_per_minute <= limits.most
            own = _quote(mode, limits.most).rate_per_minute
            assert own == (limits.most if limits.own_rates else usual.rate_per_minute)

    def test_it_answers_alike_and_writes_nothing(self, modes: list[RoomMode]) -> None:
        """The same facts give the same quote, and asking changes nothing on the site."""
        with _no_writing():
            for mode in modes:
                asked = [mode.quote_terms(_facts(250), None) for _ in range(2)]
                asked_rules = [mode.ruled for _ in range(2)]
                assert asked[0] == asked[1]
                assert asked_rules[0] == asked_rules[1]

    def test_a_show_costs_what_a_stopwatch_says(self, modes: list[RoomMode]) -> None:
        """Gone into by its own way in, metered by the second, divided to the unit."""
        for mode in modes:
            live = live_in(mode.key if mode.public else STAGE)
            if not mode.paid:
                continue
            client = new_person("Ben")
            wallet = Wallet(client)
            wallet.fund(FUNDS)
            if mode.role is PayerRole.VOYEUR:
                # Nobody is watched unseen who did not agree to it.
                switches.agree_voyeurs(live.room.id, live.performer, STAGE, on=True)
            terms = live.offer(client, mode.key).terms
            assert mode.entry is not Entry.OPEN

            receipt = watch(live.enter(client, mode), WATCHED_S)

            counted = WATCHED_S - terms.grace_s
            cost = max(terms.rate_per_minute * counted // 60, terms.minimum)
            assert (receipt.amount, wallet.available) == (cost, FUNDS - cost)


def _facts(own_rate: int | None) -> RoomFacts:
    return RoomFacts("r", "mara", "Mara", "p", own_rate, 0)


def _quote(mode: RoomMode, own_rate: int | None) -> Quote:
    """Ask for a quote, which must be one, in whole numbers."""
    quote = mode.quote_terms(_facts(own_rate), None)
    assert isinstance(quote, Quote), quote
    for amount in (quote.rate_per_minute, quote.grace_s, quote.minimum_minutes):
        assert type(amount) is int
    assert quote.rate_per_minute > 0
    assert 0 <= quote.grace_s <= LONGEST_FREE_S
    assert 0 <= quote.minimum_minutes <= LONGEST_MINIMUM
    assert all(block.minutes > 0 and block.price > 0 for block in quote.blocks)
    return quote


@contextlib.contextmanager
def _no_writing() -> Iterator[None]:
    """Fail at the first statement that changes the database."""

    def look(_c: object, _cursor: object, statement: str, *_more: object) -> None:
        assert not statement.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE")), statement

    event.listen(db.engine, "before_cursor_execute", look)
    try:
        yield
    finally:
        event.remove(db.engine, "before_cursor_execute", look)
