"""The pure parts: signalling limits, offers, evidence, the state file, numbered events."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.media_embedded.node import journal, sdp
from plugins.media_embedded.node.events import EventLog
from plugins.media_embedded.node.evidence import Change, Watch
from plugins.media_embedded.node.journal import Journal, Record
from plugins.media_embedded.node.leases import Moment
from plugins.media_embedded.node.limits import (
    LARGEST_MESSAGE,
    MESSAGES_PER_GRANT,
    MESSAGES_PER_SECOND,
    SignalLimiter,
)
from plugins.media_embedded.node.sdp import OfferRefusedError, Role, Section
from plugins.media_embedded.node.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

SESSION = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\n"
SECTION = (
    "m={kind} 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=ice-ufrag:abcd\r\n"
    "a=ice-pwd:0123456789012345678901\r\na=fingerprint:sha-256 AB:CD\r\na=setup:actpass\r\n"
    "a=mid:{mid}\r\na={direction}\r\na=rtcp-mux\r\na=rtpmap:96 VP8/90000\r\n"
)


def offer(direction: str, *, more: str = "") -> str:
    sound = SECTION.format(kind="audio", mid=0, direction=direction)
    picture = SECTION.format(kind="video", mid=1, direction=direction)
    return SESSION + sound + picture + more


ALLOWED = {
    Role.PUBLISHER: {"sendonly", "inactive"},
    Role.VIEWER: {"recvonly", "inactive"},
    Role.VOYEUR: {"recvonly", "inactive"},
    Role.TWO_WAY: {"sendrecv", "sendonly", "recvonly", "inactive"},
}


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("direction", ["sendrecv", "sendonly", "recvonly", "inactive"])
def test_an_offer_has_only_the_directions_of_its_role(role: Role, direction: str) -> None:
    sections = sdp.sections_for(role, 1)
    if direction in ALLOWED[role]:
        assert sdp.checked_offer(offer(direction), sections)
    else:
        with pytest.raises(OfferRefusedError):
            sdp.checked_offer(offer(direction), sections)


@pytest.mark.parametrize(
    "more",
    [
        "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n",
        SECTION.format(kind="video", mid=2, direction="recvonly"),
        "a=simulcast:send a;b\r\n",
        "a=sendonly\r\n",
        "no line\r\n",
        "a=" + "x" * 3000 + "\r\n",
        "a=caf\u00e9\r\n",
        "a=candidate:1 1 udp 1 not a candidate\r\n",
    ],
)
def test_anything_more_is_refused(more: str) -> None:
    with pytest.raises(OfferRefusedError):
        sdp.checked_offer(offer("recvonly", more=more), sdp.sections_for(Role.VIEWER, 1))


@given(st.data())
def test_a_damaged_offer_is_refused_or_still_allowed_and_nothing_else(data: st.DataObject) -> None:
    text = offer("recvonly")
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    damaged = text[:start] + data.draw(st.text(max_size=30)) + text[end:]
    try:
        kept = sdp.checked_offer(damaged, sdp.sections_for(Role.VIEWER, 1))
    except OfferRefusedError:
        return
    assert kept.count("m=") == 2
    assert "a=sendrecv" not in kept.splitlines()
    assert "a=sendonly" not in kept.splitlines()


def test_ten_thousand_candidates_shrink_to_a_few() -> None:
    line = "a=candidate:1 1 udp 2122260223 192.0.2.7 5{n:04} typ host\r\n"
    flood = "".join(line.format(n=n) for n in range(10_000))
    named = "a=candidate:2 1 udp 2122260223 3f1b.local 50000 typ host\r\n"

    kept = sdp.checked_offer(
        offer("recvonly", more=named + flood), sdp.sections_for(Role.VIEWER, 1)
    )

    assert 0 < kept.count("a=candidate") <= sdp.MOST_CANDIDATES
    assert ".local" not in kept


def test_every_feed_has_its_sections_from_the_start() -> None:
    assert sdp.sections_for(Role.VOYEUR, 2) == [
        Section("audio", send=False, feed=0),
        Section("video", send=False, feed=0),
        Section("audio", send=False, feed=1),
        Section("video", send=False, feed=1),
    ]
    assert [one.direction for one in sdp.sections_for(Role.TWO_WAY, 2)] == [
        *("sendrecv", "sendrecv"),
        *("recvonly", "recvonly"),
    ]
    assert [one.direction for one in sdp.sections_for(Role.PUBLISHER, 0)] == ["sendonly"] * 2


def test_a_page_may_say_only_so_much() -> None:
    limiter = SignalLimiter()
    assert limiter.refusal(LARGEST_MESSAGE + 1, 100.0)
    at_once = [limiter.refusal(10, 100.0) for _ in range(MESSAGES_PER_SECOND + 1)]
    assert [bool(one) for one in at_once] == [False] * MESSAGES_PER_SECOND + [True]


def test_the_messages_of_a_grant_come_back_slowly() -> None:
    limiter = SignalLimiter()
    passed = sum(not limiter.refusal(10, 100.0 + n * 0.1) for n in range(400))
    assert MESSAGES_PER_GRANT <= passed <= MESSAGES_PER_GRANT + 4
    assert limiter.refusal(10, 170.0) is None


def at(seconds: float) -> Moment:
    return Moment(seconds, int(seconds * 1000))


def test_silence_is_a_stall_and_then_the_end_since_the_last_frame() -> None:
    watch = Watch(stalled_after_s=2.0)
    assert watch.seen(at(10)) is Change.UP
    assert watch.tick(at(11.9)) is None
    assert watch.tick(at(12.1)) is Change.STALLED
    assert watch.seen(at(12.2)) is Change.RESUMED
    assert watch.tick(at(14.3)) is Change.STALLED
    assert watch.tick(at(17.3)) is Change.DOWN
    assert watch.tick(at(30)) is None
    assert watch.last_wall == 12_200
    assert watch.seen(at(31)) is Change.UP


def record(grant_id: str, seq: int, *, revoked: bool = False, until: int = 10**13) -> Record:
    return Record(grant_id, "r", "viewer", seq, until, on=True, at=0, feeds=("f",), revoked=revoked)


async def kept(path: Path, *records: Record) -> None:
    book = Journal(path)
    book.open(0)
    await book.write_boot("b1")
    await book.write(*records)
    book.close()


async def _half_a_line(path: Path) -> None:
    await kept(path, record("a", 1), record("b", 1), record("a", 2))
    with path.open("a") as file:
        file.write('{"grant_id":"b","room":"r","seq":9')


def test_the_last_whole_record_of_a_grant_counts(tmp_path: Path) -> None:
    path = tmp_path / "state"
    asyncio.run(_half_a_line(path))

    assert journal.read(path) == ("b1", [record("a", 2), record("b", 1)])
    assert Journal(path).open(0) == ("b1", [record("a", 2), record("b", 1)])
    assert path.read_text().count("\n") == 2


def test_the_ended_are_forgotten_after_an_hour_and_the_revoked_much_later(tmp_path: Path) -> None:
    path = tmp_path / "state"
    ended, revoked = record("a", 1, until=1), record("b", 1, until=1, revoked=True)
    asyncio.run(kept(path, ended, revoked))

    _, after_two_hours = Journal(path).open(2 * 3600 * 1000)

    assert after_two_hours == [revoked]


def test_who_missed_events_gets_them_once_more() -> None:
    log = EventLog("n")
    for _ in range(5):
        log.emit("media_up")
    got: list[int] = []

    stop = log.subscribe(lambda event: got.append(event["n"]), after={log.boot: 3})
    log.emit("media_up")
    stop()
    log.emit("media_up")

    assert got == [4, 5, 6]
    everything: list[int] = []
    log.subscribe(lambda event: everything.append(event["n"]), after={"another boot": 9})
    assert everything == [1, 2, 3, 4, 5, 6, 7]


def test_turn_credentials_are_a_grants_own_and_live_ten_minutes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PPVCMS_MEDIA_SOCKET", "/run/ppvcms/media.sock")
    monkeypatch.setenv("PPVCMS_MEDIA_TURN", "turn:turn.example:3478 turns:turn.example:5349")
    monkeypatch.setenv("PPVCMS_MEDIA_TURN_SECRET", "secret")
    monkeypatch.setattr(time, "time", lambda: 1000.5)
    settings = Settings.read()

    (server,) = settings.for_page("grant")

    assert str(settings.state) == "/run/ppvcms/media.state"
    assert "secret'" not in repr(settings)
    assert server == {
        "urls": ["turn:turn.example:3478", "turns:turn.example:5349"],
        "username": "1600:grant",
        # printf '1600:grant' | openssl dgst -sha1 -hmac secret -binary | base64
        "credential": "A/BLGIyYX5jJT+5d+bKcy8XSE7k=",
    }
