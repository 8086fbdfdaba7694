"""MD-12: shows in which the chat is the service, without an engine (R-10, R-11)."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest

from plugins.mode_editor import services as editor
from plugins.mode_editor.services import Draft
from ppvcms.db import db, now_ms
from ppvcms.host import lifecycle
from ppvcms.host.snapshot import look_again
from ppvcms.media import ingest
from ppvcms.media.contract import EventKind, Lease, MediaRole, SignalRefusedError
from ppvcms.media.presence import ANSWER_WITHIN_S, Presence, line
from ppvcms.metering import seats, settle
from ppvcms.metering.evidence import beats
from ppvcms.rooms import listing, shows
from tests import kit
from tests.live import refused, site_at
from tests.rooms.test_wire import Page

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ppvcms.accounts.actor import Actor
    from ppvcms.rooms.models import Room
    from tests.live import Site

KEYS = itertools.count()
ROUNDS = 4


@pytest.fixture
def written(tmp_path: Path) -> Iterator[Site]:
    """A site without any engine, on which written shows are offered."""
    with site_at(f"sqlite:///{tmp_path / 'site.sqlite3'}", tmp_path, "mode_editor") as made:
        for base, rate in (("text_free", 0), ("text_group", 120), ("text", 100)):
            editor.make(Draft(base, "", "chat-text", base, rate, rate, rate), actor_id=None)
        assert lifecycle.deactivate("media_memory", actor_id=None) is None
        look_again()
        yield made
        assert kit.books_problems() == []


def live_in(site: Site, mode: str) -> tuple[Room, Actor, Page]:
    """Let Anna go live in a kind of show; return her room and her page."""
    anna = site.person("Anna", "performer")
    room, page = site.room(anna), Page(site, anna)
    page.ok("join", room=room.slug, page="perform")
    page.ok("go_live", mode=mode)
    page.ok("join", room=room.slug, page="perform")
    answers((page, page.ok("publish")["media"]["grant"]))
    return room, anna, page


def answers(*pages: tuple[Page, str], again: int = 0) -> None:
    """Let pages bring back word after word for their grants, and the server hear of it.

    `again` is how many of the grants have answered before.
    """
    words = {grant: word_for(page, grant, None) for page, grant in pages}
    for frames in range(1, ROUNDS):
        for page, grant in pages:
            words[grant] = word_for(page, grant, words[grant])
            page.ok("beat", grant=grant, frames=frames, seq=frames)
    ingest.take(itertools.islice(line().events(), len(pages) * ROUNDS - again))
    beats().flush()


def word_for(page: Page, grant: str, word: str | None) -> str:
    """Bring back a word and return the next one."""
    answer = page.ok("signal", grant=grant, message={"word": word} if word else {})
    return str(answer["answers"][0]["word"])


def says(page: Page, words: str) -> dict[str, Any]:
    """Write a line and return the answer."""
    return page.send("chat", text=words, key=f"k{next(KEYS)}")


def test_a_word_brought_back_in_time_proves_a_page_and_nothing_else_does() -> None:
    now = 0.0
    presence = Presence(clock=lambda: now)
    presence.grant("g", room="r", role=MediaRole.VIEWER, feeds=(), lease=Lease(1, 0, 0))

    def answer(word: str | None) -> str:
        return str(presence.signal("g", {"word": word})[0]["word"])

    first = answer("a guess")
    second = answer(first)
    late = answer(first)
    assert late != second
    now = ANSWER_WITHIN_S + 0.1
    answer(answer(late))

    told = list(itertools.islice(presence.events(), 3))
    kinds = [EventKind.UP, EventKind.EVIDENCE, EventKind.EVIDENCE]
    assert [(one.n, one.kind) for one in told] == list(enumerate(kinds, 1))
    presence.revoke("g", reason="ended")
    with pytest.raises(SignalRefusedError):
        answer(late)


def test_a_written_private_runs_without_an_engine_and_is_counted_while_both_answer(
    written: Site,
) -> None:
    room, anna, page = live_in(written, "own_text_free")
    ben = written.person("Ben", credits=5000)
    card = listing.card_of(room.id)
    assert card is not None
    assert card.state.value == "online"
    assert {one.mode for one in card.prices} == {"own_text_free", "own_text_group", "own_text"}
    assert refused(shows.go_live(written.room(anna, "Two").id, anna, "free")) == "media"

    mine = Page(written, ben)
    mine.ok("join", room=room.slug, page="public")
    offer = mine.ok("quote", mode="own_text")["offer"]
    request = mine.ok("ask", offer=offer["token"], note="", key="a1")["request"]
    seat = page.ok("accept", request=request["id"], key="a2")["seat"]
    for side in (page, mine):
        side.ok("join", room=room.slug, page="private", seat=seat)
    assert says(mine, "Not yet")["error"]["code"] == "paused"
    media = [side.ok(verb)["media"] for side, verb in ((page, "publish"), (mine, "watch"))]
    assert media[1]["module"].endswith("js/live/presence.js")
    answers((page, media[0]["grant"]), (mine, media[1]["grant"]))

    settle.look_at(seat)
    view = seats.seat_view(seat)
    assert (view.state, view.rate_per_minute) == ("live", 100)
    assert says(mine, "Hello")["ok"]
    assert says(page, "Hello, Ben")["ok"]
    settle.look_at(seat, now=now_ms(db.session()) + 8_000)
    assert seats.seat_view(seat).state == "paused"
    assert says(page, "Are you there?")["error"]["code"] == "paused"
    assert seats.seat_view(seat).counted_s <= 1


def test_what_is_written_in_a_paid_show_reaches_those_whose_time_counts(written: Site) -> None:
    room, _anna, page = live_in(written, "own_text_group")
    ben, carl = written.person("Ben", credits=5000), written.person("Carl", credits=5000)
    inside, outside = Page(written, ben), Page(written, carl)
    for side in (inside, outside):
        side.ok("join", room=room.slug, page="public")
    offer = inside.ok("quote", mode="own_text_group")["offer"]
    seat = inside.ok("enter", offer=offer["token"], key="e1")["seat"]["seat"]
    inside.ok("join", room=room.slug, page="public")
    page.ok("join", room=room.slug, page="perform")
    media = [side.ok(verb)["media"] for side, verb in ((page, "publish"), (inside, "watch"))]
    answers((page, media[0]["grant"]), (inside, media[1]["grant"]), again=1)
    settle.look_at(seat)

    assert says(page, "For you alone")["ok"]
    assert says(inside, "Thank you")["ok"]
    assert says(outside, "Let me in")["error"]["code"] == "closed"
    heard_by = {
        side: [one["text"] for one in side.heard("chat")] for side in (page, inside, outside)
    }
    assert heard_by[inside] == heard_by[page] == ["For you alone", "Thank you"]
    assert heard_by[outside] == []
    assert outside.ok("join", room=room.slug, page="public")["chat"] == []
    settle.look_at(seat, now=now_ms(db.session()) + 8_000)
    assert says(inside, "Still here")["error"]["code"] == "paused"
