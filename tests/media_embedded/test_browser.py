"""Two real browsers: media flows, ends with its lease, and is never claimed when it is dead."""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from ppvcms.api import MediaRole

from .conftest import ROOT, Leases, Node, kill_marked, now_ms, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .conftest import Events

pytestmark = pytest.mark.browser
sync_api = pytest.importorskip("playwright.sync_api")

FLAGS = [
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--allow-loopback-in-peer-connection",
    "--disable-features=WebRtcHideLocalIpsWithMdns",
    "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding",
    "--disable-backgrounding-occluded-windows",
    "--mute-audio",
    "--disable-gpu",
    "--disable-quic",
    "--no-sandbox",
]


class Person:
    """One browser process with one page."""

    def __init__(self, playwright: Any, address: str) -> None:
        self.marker = f"--ppvcms-person={secrets.token_hex(6)}"
        self.browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=[*FLAGS, self.marker]
        )
        context = self.browser.new_context(permissions=["camera", "microphone"])
        self.page = context.new_page()
        self.page.goto(address)
        self.page.wait_for_function("window.ready")

    def join(self, grant_id: str, descriptor: dict[str, Any], *, camera: bool) -> None:
        self.page.evaluate("([g, d, c]) => window.join(g, d, c)", [grant_id, descriptor, camera])

    def frames(self) -> int:
        return int(self.page.evaluate("window.frames"))

    def stats(self) -> dict[str, Any]:
        found: dict[str, Any] = self.page.evaluate("window.media.stats()")
        return found

    def kill(self) -> None:
        assert kill_marked(self.marker) > 0


class Site:
    """The bridge in a process of its own, so that it can be killed."""

    def __init__(self, node: Node) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        script = ROOT / "tests/media_embedded/bridge.py"
        self._process = subprocess.Popen(
            [sys.executable, str(script), str(self.port), node.socket],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        self.address = f"http://127.0.0.1:{self.port}/"
        wait_for(self._open)

    def _open(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


@pytest.fixture(scope="module")
def playwright() -> Iterator[Any]:
    with sync_api.sync_playwright() as one:
        yield one


@pytest.fixture
def site(node: Node) -> Iterator[Site]:
    one = Site(node)
    yield one
    one.kill()


@pytest.fixture
def person(playwright: Any, site: Site) -> Iterator[Callable[[], Person]]:
    people: list[Person] = []

    def come() -> Person:
        people.append(Person(playwright, site.address))
        return people[-1]

    yield come
    for one in people:
        try:
            one.browser.close()
        except sync_api.Error:
            kill_marked(one.marker)


def test_both_sides_see_each_other_and_the_lease_ends_it_with_the_site_dead(
    node: Node, site: Site, person: Callable[[], Person], events: Events
) -> None:
    performer, client = person(), person()
    hers, his = Leases(), Leases()
    provider = node.provider
    her_media = provider.grant(
        "hers", room="r", role=MediaRole.TWO_WAY, feeds=["his"], lease=hers(60)
    )
    his_media = provider.grant(
        "his", room="r", role=MediaRole.TWO_WAY, feeds=["hers"], lease=his(60)
    )

    performer.join("hers", her_media, camera=True)
    client.join("his", his_media, camera=True)
    wait_for(lambda: client.frames() > 20 and performer.frames() > 20)
    stats = client.stats()
    assert stats["framesDecoded"] > 0
    assert stats["framesSent"] > 0
    assert stats["packetsLost"] == 0
    wait_for(lambda: any(e.data["received_at"] for e in events.of("media_evidence", "his")))
    assert events.of("media_up", "hers")

    lease = his(2.5)
    provider.set_media("his", on=True, lease=lease)
    site.kill()
    time.sleep((lease.until - now_ms()) / 1000 + 1.5)

    last_frame = client.page.evaluate("window.lastFrame")
    assert -1000 < last_frame - lease.until < 1000
    assert performer.page.evaluate("window.lastFrame") - lease.until < 1000
    (cut,) = wait_for(lambda: events.of("media_cut", "his"))
    assert 0 <= cut.at - lease.until < 200
    # A frame is noted when it was handed over, which began before the end.
    assert cut.data["last_packet_at"] - lease.until < 50


def test_a_killed_performer_sends_no_more_evidence(
    node: Node, person: Callable[[], Person], events: Events
) -> None:
    performer, viewer = person(), person()
    provider, hers, his = node.provider, Leases(), Leases()
    published = provider.grant("hers", room="r", role=MediaRole.PUBLISHER, feeds=[], lease=hers(60))
    watched = provider.grant("his", room="r", role=MediaRole.VIEWER, feeds=["hers"], lease=his(60))
    viewer.join("his", watched, camera=False)
    performer.join("hers", published, camera=True)
    wait_for(lambda: viewer.frames() > 20)
    wait_for(lambda: events.of("media_evidence", "hers"))

    performer.kill()
    killed_at = now_ms()
    wait_for(lambda: events.of("media_stalled", "hers"), within_s=4)
    wait_for(lambda: events.of("media_down", "hers"), within_s=6)

    (state,) = [one for one in provider.reconcile("r") if one.grant_id == "hers"]
    assert state.sent_at is not None
    assert state.sent_at < killed_at + 300
    assert not state.up
