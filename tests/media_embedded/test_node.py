"""The node as a process: what flows, what ends, and what a restart remembers."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from plugins.media_embedded.plugin import register_media_providers
from plugins.media_embedded.provider import (
    EmbeddedProvider,
    GrantRevokedError,
    GrantUnknownError,
    LeaseStaleError,
)
from ppvcms.api import MediaProvider, MediaRole, MediaUnavailableError, SignalRefusedError

from .conftest import ROOT, Events, Leases, Node, now_ms, wait_for
from .pages import KEY, Page, until

if TYPE_CHECKING:
    from ppvcms.api import GrantState


def publish(provider: EmbeddedProvider, seconds: float = 60) -> tuple[dict[str, Any], Leases]:
    leases = Leases()
    descriptor = provider.grant(
        "hers", room="r", role=MediaRole.PUBLISHER, feeds=[], lease=leases(seconds)
    )
    return descriptor, leases


def watch(
    provider: EmbeddedProvider, seconds: float = 60, grant_id: str = "his"
) -> tuple[dict[str, Any], Leases]:
    leases = Leases()
    descriptor = provider.grant(
        grant_id, room="r", role=MediaRole.VIEWER, feeds=["hers"], lease=leases(seconds)
    )
    return descriptor, leases


def state(provider: EmbeddedProvider, grant_id: str) -> GrantState:
    return next(one for one in provider.reconcile() if one.grant_id == grant_id)


async def performer(provider: EmbeddedProvider) -> Page:
    page = Page(publish(provider)[0], camera=True)
    await page.join(provider, "hers")
    return page


async def viewer(provider: EmbeddedProvider, descriptor: dict[str, Any]) -> Page:
    page = Page(descriptor)
    await page.join(provider, "his")
    return page


async def quiet(page: Page, kind: str = "video", *, for_s: float = 0.5) -> int:
    """Return how many frames came after a moment for what was on its way."""
    await asyncio.sleep(0.15)
    before = len(page.screen(kind).frames)
    await asyncio.sleep(for_s)
    return len(page.screen(kind).frames) - before


def test_the_plugin_offers_a_provider_of_the_node_that_the_supervisor_started(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("PPVCMS_MEDIA_SOCKET", raising=False)
    monkeypatch.setattr("ppvcms.api.process_socket", lambda *names: "/run/" + "-".join(names))

    (one,) = register_media_providers()

    assert isinstance(one, MediaProvider)
    assert isinstance(one, EmbeddedProvider)
    assert one.path == "/run/media_embedded-node"
    monkeypatch.setenv("PPVCMS_MEDIA_SOCKET", "/elsewhere")
    (other,) = register_media_providers()
    assert isinstance(other, EmbeddedProvider)
    assert other.path == "/elsewhere"


def test_a_viewer_who_came_first_is_fed_when_the_feed_appears(
    provider: EmbeddedProvider, events: Events
) -> None:
    async def play() -> None:
        watching = await viewer(provider, watch(provider)[0])
        publishing = await performer(provider)
        await until(lambda: len(watching.screen().frames) > 10)
        await until(lambda: len(watching.screen("audio").frames) > 10)
        shown = [data for _, data, _ in watching.screen().frames]
        assert shown[0][0] == KEY
        begin = publishing.cameras["video"].made.index(shown[0])
        assert shown == publishing.cameras["video"].made[begin : begin + len(shown)]
        await until(lambda: events.of("media_evidence", "his"))
        await publishing.close()
        await watching.close()

    asyncio.run(play())

    assert events.of("media_up", "hers")[0].data["direction"] == "sent"
    proof = events.of("media_evidence", "his")[0].data
    assert proof["received_at"]
    assert proof["sent_at"] is None
    wait_for(lambda: events.of("media_down", "hers") and events.of("media_down", "his"))


def test_the_same_grant_again_closes_the_older_page_and_feeds_on(
    provider: EmbeddedProvider,
) -> None:
    async def play() -> None:
        watching = await viewer(provider, watch(provider)[0])
        older = await performer(provider)
        await until(lambda: len(watching.screen().frames) > 10)
        newer = await performer(provider)
        await until(lambda: older.connection.connectionState == "closed")
        made = newer.cameras["video"].made
        await until(lambda: watching.screen().frames[-1][1] in made[-5:])
        times = [timestamp for _, _, timestamp in watching.screen().frames]
        assert times == sorted(times)
        again = await viewer(provider, watch(provider)[0])
        await until(lambda: len(again.screen().frames) > 10)
        assert await quiet(watching) == 0
        for page in (newer, again, older, watching):
            await page.close()

    asyncio.run(play())


def test_two_way_carries_both_and_works_without_a_camera(provider: EmbeddedProvider) -> None:
    async def play() -> None:
        hers, his = Leases(), Leases()
        role = MediaRole.TWO_WAY
        her_side = provider.grant("hers", room="r", role=role, feeds=["his"], lease=hers(60))
        his_side = provider.grant("his", room="r", role=role, feeds=["hers"], lease=his(60))
        she, he = Page(her_side, camera=True), Page(his_side)
        await asyncio.gather(she.join(provider, "hers"), he.join(provider, "his"))
        await until(lambda: len(he.screen().frames) > 10)
        assert not she.screen().frames
        with_camera = Page(his_side, camera=True)
        await with_camera.join(provider, "his")
        await until(lambda: len(with_camera.screen().frames) > 10 and len(she.screen().frames) > 10)
        for page in (she, he, with_camera):
            await page.close()

    asyncio.run(play())


def test_a_two_way_place_in_a_show_is_seen_by_its_performer_alone(
    provider: EmbeddedProvider,
) -> None:
    """MD-08: everybody has the performer's picture, one grant has the client's."""

    async def play() -> None:
        she = await performer(provider)
        sides = {
            "place": (MediaRole.TWO_WAY, ["hers"]),
            "viewer": (MediaRole.VIEWER, ["hers"]),
            "unseen": (MediaRole.VOYEUR, ["hers"]),
            "slot": (MediaRole.VIEWER, ["place"]),
        }
        pages: dict[str, Page] = {}
        for name, (role, feeds) in sides.items():
            descriptor = provider.grant(name, room="r", role=role, feeds=feeds, lease=Leases()(60))
            pages[name] = Page(descriptor, camera=name == "place")
            await pages[name].join(provider, name)
        for page in pages.values():
            await until(lambda page=page: len(page.screen().frames) > 10)
        provider.revoke("place", reason="role")
        await until(lambda: not state(provider, "slot").up)
        assert await quiet(pages["slot"]) == 0
        assert await quiet(pages["viewer"]) > 0
        for page in (she, *pages.values()):
            await page.close()

    asyncio.run(play())


def test_two_publishers_are_received_each_by_an_own_grant_and_end_each_by_itself(
    provider: EmbeddedProvider, events: Events
) -> None:
    """R-15: one connection and one grant for each feed, all under the payer's lease."""
    assert provider.capabilities.several_feeds

    async def play() -> None:
        she = await performer(provider)
        descriptor = provider.grant(
            "guest", room="r", role=MediaRole.PUBLISHER, feeds=[], lease=Leases()(60)
        )
        guest = Page(descriptor, camera=True)
        await guest.join(provider, "guest")
        pages: dict[str, Page] = {}
        leases = {"hers seen": Leases(), "guest seen": Leases()}
        for name, lease in leases.items():
            descriptor = provider.grant(
                name, room="r", role=MediaRole.VIEWER, feeds=[name.split()[0]], lease=lease(60)
            )
            pages[name] = Page(descriptor)
            await pages[name].join(provider, name)
        for page in pages.values():
            await until(lambda page=page: len(page.screen().frames) > 10)
        shown = {data for _, data, _ in pages["guest seen"].screen().frames}
        assert shown <= set(guest.cameras["video"].made)

        provider.revoke("hers", reason="left")
        assert await quiet(pages["hers seen"]) == 0
        assert await quiet(pages["guest seen"]) > 0
        await until(lambda: events.of("media_evidence", "guest"))
        ends = [lease(0.7) for lease in leases.values()]
        for name, lease in zip(leases, ends, strict=True):
            provider.set_media(name, on=True, lease=lease)
        await until(lambda: all(events.of("media_cut", name) for name in leases), within_s=3)
        assert pages["guest seen"].screen().last_at - ends[1].until < 250
        await asyncio.gather(*(page.close() for page in (she, guest, *pages.values())))

    asyncio.run(play())


def test_a_viewers_request_for_a_key_frame_reaches_the_performer(
    provider: EmbeddedProvider,
) -> None:
    async def play() -> None:
        publishing = await performer(provider)
        watching = await viewer(provider, watch(provider)[0])
        await until(lambda: len(watching.screen().frames) > 10)
        await asyncio.sleep(0.5)
        asked = publishing.cameras["video"].keyframes_asked
        (picture,) = [
            one.receiver for one in watching.connection.getTransceivers() if one.kind == "video"
        ]
        (source,) = picture.getSynchronizationSources()
        await picture._send_rtcp_pli(source.source)
        await until(lambda: publishing.cameras["video"].keyframes_asked > asked, within_s=1)
        await publishing.close()
        await watching.close()

    asyncio.run(play())


def test_media_ends_with_the_lease_while_nobody_says_anything(
    provider: EmbeddedProvider, events: Events
) -> None:
    async def play() -> None:
        descriptor, leases = watch(provider)
        publishing, watching = await performer(provider), await viewer(provider, descriptor)
        await until(lambda: len(watching.screen().frames) > 10)
        lease = leases(1.0)
        provider.set_media("his", on=True, lease=lease)
        await until(lambda: watching.connection.connectionState == "closed", within_s=3)
        assert abs(watching.screen().last_at - lease.until) < 250
        (cut,) = await until(lambda: events.of("media_cut", "his"))
        assert 0 <= cut.at - lease.until < 250
        assert cut.data["until"] == lease.until
        assert cut.data["last_packet_at"] <= lease.until
        late = Page(descriptor)
        with pytest.raises(SignalRefusedError, match="ended"):
            await late.join(provider, "his")

        provider.set_media("his", on=True, lease=leases(60))
        again = await viewer(provider, descriptor)
        await until(lambda: len(again.screen().frames) > 10)
        await asyncio.gather(publishing.close(), again.close(), watching.close(), late.close())

    asyncio.run(play())
    assert not events.of("media_cut", "hers")


def test_a_performers_lease_ends_what_she_sends(provider: EmbeddedProvider) -> None:
    async def play() -> None:
        publishing = await performer(provider)
        watching = await viewer(provider, watch(provider)[0])
        await until(lambda: len(watching.screen().frames) > 10)
        leases = Leases()
        leases.seq = 10
        lease = leases(0.7)
        provider.set_media("hers", on=True, lease=lease)
        await until(lambda: publishing.connection.connectionState == "closed", within_s=3)
        assert watching.screen().last_at - lease.until < 250
        assert watching.connection.connectionState == "connected"
        await asyncio.gather(publishing.close(), watching.close())

    asyncio.run(play())


def test_extending_disturbs_nothing_and_pausing_needs_no_new_connection(
    provider: EmbeddedProvider,
) -> None:
    async def play() -> None:
        descriptor, leases = watch(provider)
        publishing, watching = await performer(provider), await viewer(provider, descriptor)
        await until(lambda: len(watching.screen().frames) > 10)
        await asyncio.sleep(0.4)
        asked = publishing.cameras["video"].keyframes_asked
        provider.set_media("his", on=True, lease=leases(60))
        await asyncio.sleep(0.3)
        assert publishing.cameras["video"].keyframes_asked == asked

        stale = leases(60)
        provider.set_media("his", on=False, lease=leases(60))
        assert await quiet(watching) == 0
        assert not state(provider, "his").on
        provider.set_media("his", on=True, lease=stale)
        assert await quiet(watching) == 0
        resumed_at, count = now_ms(), len(watching.screen().frames)
        provider.set_media("his", on=True, lease=leases(60))
        # The receiver gives out a frame when the next begins: one was still inside.
        await until(lambda: len(watching.screen().frames) > count + 1)
        first_at, data, _ = watching.screen().frames[count + 1]
        assert data[0] == KEY
        assert first_at - resumed_at < 300
        assert watching.connection.connectionState == "connected"
        await asyncio.gather(publishing.close(), watching.close())

    asyncio.run(play())


def test_a_revoked_grant_is_dead_also_after_a_restart(node: Node, events: Events) -> None:
    provider = node.provider

    async def play() -> None:
        descriptor, leases = watch(provider)
        publishing, watching = await performer(provider), await viewer(provider, descriptor)
        await until(lambda: events.of("media_up", "his"))
        provider.revoke("his", reason="the client left")
        assert await quiet(watching) == 0
        provider.set_media("his", on=True, lease=leases(60))
        assert state(provider, "his").revoked
        with pytest.raises(GrantRevokedError):
            watch(provider)
        late = Page(descriptor)
        with pytest.raises(SignalRefusedError):
            await late.join(provider, "his")
        await asyncio.gather(publishing.close(), watching.close(), late.close())

    asyncio.run(play())
    assert events.of("media_down", "his")[0].data["reason"] == "revoked: the client left"

    node.kill()
    node.start()
    with pytest.raises(GrantRevokedError):
        watch(provider)
    provider.revoke("never seen", reason="late")
    with pytest.raises(GrantRevokedError):
        watch(provider, grant_id="never seen")


def test_a_killed_node_tells_what_it_lost_and_cuts_what_is_overdue(node: Node) -> None:
    provider = node.provider
    publish(provider, 60)
    descriptor, leases = watch(provider, 60)
    overdue = leases(0.6)
    provider.set_media("his", on=True, lease=overdue)
    boot = provider.health()["boot"]
    node.kill()
    with pytest.raises(MediaUnavailableError, match="Is it running"):
        provider.health()
    time.sleep(max(0.0, (overdue.until - now_ms()) / 1000 + 0.1))
    node.start()

    told = Events(provider)
    (lost,) = wait_for(lambda: told.of("engine_lost"))
    assert lost.boot != boot
    assert lost.data == {"grants": ["hers", "his"], "boot": boot}
    (cut,) = wait_for(lambda: told.of("media_cut"))
    assert (cut.grant_id, cut.data["until"]) == ("his", overdue.until)
    assert state(provider, "hers").on
    assert not state(provider, "his").on

    async def play() -> None:
        late = Page(descriptor)
        with pytest.raises(SignalRefusedError):
            await late.join(provider, "his")
        await late.close()
        provider.set_media("his", on=True, lease=leases(60))
        publishing = await performer(provider)
        watching = await viewer(provider, descriptor)
        await until(lambda: len(watching.screen().frames) > 10)
        await asyncio.gather(publishing.close(), watching.close())

    asyncio.run(play())
    node.kill()
    node.start()
    again = Events(provider)
    wait_for(lambda: again.of("engine_lost"))
    assert not again.of("media_cut")


def test_a_grant_without_time_starts_paused(provider: EmbeddedProvider) -> None:
    async def play() -> None:
        descriptor, leases = watch(provider, 0)
        publishing, watching = await performer(provider), await viewer(provider, descriptor)
        await until(lambda: watching.connection.connectionState == "connected")
        assert await quiet(watching) == 0
        provider.set_media("his", on=True, lease=leases(60))
        await until(lambda: len(watching.screen().frames) > 5)
        await asyncio.gather(publishing.close(), watching.close())

    asyncio.run(play())


def test_what_cannot_be_done_has_a_name(provider: EmbeddedProvider, leases: Leases) -> None:
    fresh = leases(60)
    old = replace(fresh, now=fresh.now - 2500)
    with pytest.raises(LeaseStaleError):
        provider.grant("his", room="r", role=MediaRole.VIEWER, feeds=[], lease=old)
    with pytest.raises(GrantUnknownError):
        provider.set_media("nobody", on=True, lease=leases(60))
    with pytest.raises(SignalRefusedError):
        provider.signal("nobody", {"type": "offer", "sdp": ""})
    descriptor, _ = watch(provider)
    with pytest.raises(SignalRefusedError, match="65536 bytes"):
        provider.signal("his", {"type": "offer", "sdp": "v" * 70_000})
    with pytest.raises(SignalRefusedError):
        provider.signal("his", {"type": "offer", "sdp": "v" * 2_000_000})
    deep: Any = []
    for _ in range(5_000):
        deep = [deep]
    for strange in (
        {},
        {"type": "offer"},
        {"type": "candidates", "candidates": [1]},
        {"type": deep},
        {"type": b"offer"},
        [],
    ):
        with pytest.raises(SignalRefusedError):
            provider.signal("his", strange)  # type: ignore[arg-type]
    with pytest.raises(MediaUnavailableError):
        provider.grant("his", room="other", role=MediaRole.VIEWER, feeds=[], lease=leases(60))
    assert descriptor["v"] == 1


def test_a_viewer_cannot_become_a_publisher(provider: EmbeddedProvider) -> None:
    descriptor, _ = watch(provider)
    forged = {
        **descriptor,
        "sections": [{**one, "direction": "sendrecv"} for one in descriptor["sections"]],
    }

    async def play() -> None:
        page = Page(forged, camera=True)
        with pytest.raises(SignalRefusedError, match="allows recvonly"):
            await page.join(provider, "his")
        await page.close()

    asyncio.run(play())


def test_closing_a_room_ends_all_its_grants(provider: EmbeddedProvider, events: Events) -> None:
    provider.ensure_room("r", publishers=1)
    publish(provider)
    watch(provider)

    provider.close_room("r", reason="closed")

    assert all(one.revoked for one in provider.reconcile("r"))
    assert wait_for(lambda: events.of("room_closed"))[0].room == "r"


def test_events_are_sent_again_from_where_the_app_stopped(provider: EmbeddedProvider) -> None:
    for name in ("a", "b", "c"):
        provider.ensure_room(name, publishers=1)
        provider.close_room(name, reason="test")
    stream = provider.events()
    first = next(stream)
    stream.close()

    missed = provider.events(after={first.boot: first.n})

    assert [next(missed).n, next(missed).n] == [first.n + 1, first.n + 2]
    missed.close()


def test_the_events_of_a_hung_node_end(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plugins.media_embedded.provider.SILENT_AT_MOST_S", 1.0)
    node.provider.close_room("a", reason="test")
    stream = node.provider.events()
    next(stream)
    node.freeze()
    try:
        assert list(stream) == []
        with pytest.raises(MediaUnavailableError, match="in time"):
            node.provider.health()
    finally:
        node.thaw()


def test_a_pause_tells_what_was_proved_up_to_it(provider: EmbeddedProvider, events: Events) -> None:
    async def play() -> None:
        page = await performer(provider)
        await until(lambda: events.of("media_evidence", "hers"))
        await asyncio.sleep(0.5)
        leases = Leases()
        leases.seq = 10
        paused_at = now_ms()
        provider.set_media("hers", on=False, lease=leases(60))
        await asyncio.sleep(0.3)
        assert events.of("media_evidence", "hers")[-1].data["sent_at"] > paused_at - 100
        assert not events.of("media_down", "hers")
        await page.close()

    asyncio.run(play())


def test_a_second_node_at_the_same_socket_refuses_to_start(node: Node) -> None:
    command = [sys.executable, "-m", "plugins.media_embedded.node", "--socket", node.socket]
    second = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=20, check=False)
    assert second.returncode != 0
    assert b"Another media node listens" in second.stderr
    assert node.provider.health()


def test_the_provider_works_under_eventlet(node: Node) -> None:
    pytest.importorskip("eventlet")
    script = (
        "import eventlet; eventlet.monkey_patch()\n"
        "from plugins.media_embedded.provider import EmbeddedProvider\n"
        f"one = EmbeddedProvider({node.socket!r})\n"
        "pool = eventlet.GreenPool()\n"
        "print(len(list(pool.imap(lambda _: one.health(), range(50)))))\n"
    )
    command = [sys.executable, "-W", "ignore", "-c", script]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, env=env, capture_output=True, timeout=30, check=False)
    assert (done.stdout.strip(), done.stderr) == (b"50", b"")
