"""MD-03: roles that may offer and watch a kind of show, asked at every door."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import pytest

from ppvcms.host import lifecycle
from ppvcms.metering import quotes
from ppvcms.results import Refusal
from ppvcms.rooms import listing, shows
from ppvcms.rooms.modes import Entry, PayerRole, RoomMode, Voyeurs
from tests.live import enter, refused, site_at
from tests.rooms.test_wire import Page

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.live import Site

PLUGIN = """
from ppvcms.api import ModeRules, Quote, RoomMode, hookimpl


def mode(key, paid, private, rules):
    return RoomMode(
        key=key, label=key, summary="", paid=paid, private=private, payer_publishes=private,
        share_type=key, icon="x", quote_terms=lambda room, payer: Quote(100), rules=lambda: rules,
    )


@hookimpl
def register_room_modes():
    staff, nobody = frozenset({"moderator"}), frozenset({"studio"})
    return [
        mode("staffroom", False, False, ModeRules(watchers=staff)),
        mode("members", True, False, ModeRules(watchers=staff)),
        mode("select", True, True, ModeRules(performers=nobody)),
        mode("closed", True, False, ModeRules(performers=nobody)),
    ]
"""
MANIFEST = """
slug = "mode_rules"
name = "Kinds for some"
summary = "For tests."
version = "1.0.0"
license = "BSD-3-Clause"
authors = ["tests"]
api = ">=1.0,<2"
"""


@pytest.fixture
def small_site(tmp_path: Path) -> Iterator[Site]:
    """A site with kinds of shows that are for some roles alone."""
    folder = tmp_path / "plugins" / "mode_rules"
    folder.mkdir(parents=True)
    (folder / "plugin.toml").write_text(textwrap.dedent(MANIFEST))
    (folder / "plugin.py").write_text(textwrap.dedent(PLUGIN))
    url = f"sqlite:///{tmp_path / 'site.sqlite3'}"
    with site_at(url, tmp_path):
        assert lifecycle.install("mode_rules", actor_id=None) is None
    with enter(url, tmp_path) as made:
        assert lifecycle.activate("mode_rules", actor_id=None) is None
        yield made


def test_a_kind_is_offered_and_watched_by_its_roles_alone(small_site: Site) -> None:
    anna, ben = small_site.person("Anna", "performer"), small_site.person("Ben", credits=5000)
    room = small_site.room(anna)
    assert refused(shows.go_live(room.id, anna, "closed")) == "forbidden"
    assert refused(shows.go_live(room.id, anna, "select")) == "not_found"
    small_site.go_live(room, anna, "staffroom")
    page = Page(small_site, ben)
    page.ok("join", room="anna", page="public")
    assert page.no("watch") == "hidden"
    staff = Page(small_site, small_site.person("Mo", "moderator"))
    staff.ok("join", room="anna", page="public")
    assert staff.ok("watch")
    card = listing.card_of(room.id)
    assert card is not None
    assert {"select", "closed"}.isdisjoint(price.mode for price in card.prices)
    answer = quotes.quote(room.id, "select", ben)
    assert isinstance(answer, Refusal)
    performer = Page(small_site, anna)
    performer.ok("join", room="anna", page="perform")
    performer.ok("mode", mode="members")
    assert page.no("quote", mode="members") == "hidden"
    assert performer.no("mode", mode="closed") == "forbidden"


def test_what_a_mode_is_follows_from_few_facts() -> None:
    def mode(**facts: bool) -> RoomMode:
        usual = {"paid": True, "private": False, "payer_publishes": False, "way": False}
        said = {"key": "x", "label": "", "summary": "", "share_type": "x", "icon": ""}
        # Nobody asks for a price.
        return RoomMode(quote_terms=None, **said, **usual | facts)  # type: ignore[arg-type]

    kinds = {
        (Entry.OPEN, PayerRole.VIEWER, True): mode(paid=False),
        (Entry.CLICK, PayerRole.VIEWER, True): mode(),
        (Entry.REQUEST, PayerRole.TWO_WAY, False): mode(private=True, payer_publishes=True),
        (Entry.ADMIT, PayerRole.TWO_WAY, False): mode(way=True, payer_publishes=True),
        (Entry.CLICK, PayerRole.VOYEUR, False): mode(way=True),
    }
    assert {facts: (one.entry, one.role, one.public) for facts, one in kinds.items()} == {
        facts: facts for facts in kinds
    }
    allowed = {rule: (rule.allow(private=False), rule.allow(private=True)) for rule in Voyeurs}
    assert list(allowed.values()) == [(False, False), (True, False), (False, True), (True, True)]
