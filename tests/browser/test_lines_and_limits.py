"""What happens when a line drops, the money ends, or the server dies in a show."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser import play

if TYPE_CHECKING:
    from tests.browser.conftest import PersonFactory
    from tests.browser.person import Person
    from tests.browser.site import Site

GRACE_S = 3
# All that Robin has is one minute, so the money ends soon.
SECONDS = GRACE_S + 60

WATCH_FRAMES = """video => {
  window.lastFrame = 0;
  const note = () => {
    window.lastFrame = performance.timeOrigin + performance.now();
    video.requestVideoFrameCallback(note);
  };
  video.requestVideoFrameCallback(note);
}"""


def make_short(site: Site) -> int:
    """Let the demo's Robin afford one minute with Mara, and no more; return its price."""
    funds = site.value(
        'SELECT a.balance - a.held FROM account a JOIN "user" u ON u.id = a.owner_id'
        " WHERE a.kind = 'wallet' AND u.email = 'robin@demo.invalid'"
    )
    site.set_setting("core", "request_minutes", 1)
    site.set_setting("core", "resume_window_s", 40)
    site.set_setting("mode_private", "grace_private", GRACE_S)
    site.change("UPDATE room_price SET rate = ? WHERE mode = 'private'", funds)
    return int(funds)


def show_of_one_minute(site: Site, mara: Person, robin: Person) -> str:
    """Bring the two into a private show and watch every frame that Robin sees."""
    play.go_live(mara, site)
    play.enter_room(robin, site, "robin@demo.invalid")
    play.ask(robin)
    play.accept(mara)
    seat = play.private_begins(robin, mara)
    robin.page.locator("#private [data-pv-video]").evaluate(WATCH_FRAMES)
    return seat


def last_frame(person: Person) -> float:
    """Return when the page showed its last frame, in epoch milliseconds."""
    return float(person.page.evaluate("window.lastFrame"))


def test_a_killed_performer_pauses_the_meter_and_nothing_more_is_billed(
    site: Site, person: PersonFactory
) -> None:
    """R-11, R-23, MT-06: billed up to the last evidence, paused within 7 s, then closed."""
    mara, alex = person("mara"), person("alex")
    play.go_live(mara, site)
    play.enter_room(alex, site, "alex@demo.invalid")
    play.ask(alex)
    play.accept(mara)
    seat = play.private_begins(alex, mara)
    alex.page.wait_for_timeout(5_000)

    killed_at = time.time() * 1000
    mara.kill()

    play.until(
        lambda: site.value("SELECT state FROM seat WHERE id = ?", seat) == "paused",
        within_s=7,
        why="the meter pauses",
    )
    expect(alex.page.locator("[data-pv-paused]")).to_be_visible()
    alex.screenshot("paused")
    last = site.value(
        "SELECT max(ends_at) FROM span WHERE kind = 'performer_media' AND scope_id ="
        " (SELECT show_id FROM seat WHERE id = ?)",
        seat,
    )
    assert last <= killed_at + 500
    counted = site.value("SELECT counted_ms FROM seat WHERE id = ?", seat)
    alex.page.wait_for_timeout(4_000)
    assert site.value("SELECT counted_ms FROM seat WHERE id = ?", seat) == counted

    alex.page.locator("[data-pv-end]").click()
    alex.page.locator("dialog [value=yes]").click()
    alex.page.wait_for_url(f"**/account/sessions/{seat}", timeout=20_000)
    opened, closed = site.rows("SELECT started_at, counted_ms FROM seat WHERE id = ?", seat)[0]
    assert closed <= last - opened + 100
    play.books_hold(site)


@pytest.mark.timeout(300)
def test_the_picture_ends_with_the_money_and_goes_on_after_a_top_up(
    stopped_site: Site, person: PersonFactory
) -> None:
    """R-30, R-36, R-37: cut at the secured second, topped up in place, the same seat goes on."""
    site = stopped_site
    rate = make_short(site)
    site.start()
    mara, robin = person("mara"), person("robin")
    seat = show_of_one_minute(site, mara, robin)

    expect(robin.page.locator("[data-pv-exhausted]")).to_be_visible(timeout=(SECONDS + 25) * 1000)
    secured_until = site.value("SELECT secured_until FROM seat WHERE id = ?", seat)
    assert last_frame(robin) - secured_until <= 1_000
    assert last_frame(robin) - secured_until > -3_000
    robin.screenshot("exhausted")
    due, counted = site.rows("SELECT due, counted_ms FROM seat WHERE id = ?", seat)[0]
    assert due <= rate
    assert due == min(rate, rate * max(0, counted // 1000 - GRACE_S) // 60)

    with robin.context.expect_page() as opened:
        robin.page.locator("[data-pv-exhausted] [data-pv-topup]").click()
        robin.page.locator("#pv-topup [data-pv-packs] label").first.click()
        robin.screenshot("topup")
        robin.page.locator("#pv-topup [type=submit]").click()
    shop = opened.value
    shop.get_by_role("button", name="Approve", exact=True).click()
    expect(robin.page.locator("#private")).to_have_attribute(
        "data-seat-state", "live", timeout=30_000
    )
    play.sees_video(robin, "#private [data-pv-video]")
    robin.screenshot("goes-on")
    play.until(
        lambda: site.value("SELECT due FROM seat WHERE id = ?", seat) > due,
        within_s=30,
        why="the same seat counts on",
    )
    mara.page.locator("[data-pv-end]").click()
    mara.page.locator("dialog [value=yes]").click()
    robin.page.wait_for_url(f"**/account/sessions/{seat}", timeout=20_000)
    assert site.value("SELECT count(*) FROM receipt") == 1
    play.books_hold(site)


@pytest.mark.timeout(300)
def test_the_picture_ends_with_the_money_when_the_server_is_dead(
    stopped_site: Site, person: PersonFactory
) -> None:
    """MT-09: the engine cuts at the secured second by itself; afterwards all is settled."""
    site = stopped_site
    rate = make_short(site)
    site.start()
    mara, robin = person("mara"), person("robin")
    seat = show_of_one_minute(site, mara, robin)
    robin.page.wait_for_timeout(15_000)

    assert site.process is not None
    server = site.server()
    # The supervisor is frozen, so that nobody starts the next server.
    play.freeze(site.process.pid)
    server.kill()
    secured_until = site.value("SELECT secured_until FROM seat WHERE id = ?", seat)
    frames_then = play.frames(robin, "#private [data-pv-video]")
    robin.page.wait_for_timeout(3_000)
    assert play.frames(robin, "#private [data-pv-video]") > frames_then + 20

    while time.time() * 1000 < secured_until + 3_000:
        robin.page.wait_for_timeout(500)
    over = last_frame(robin) - secured_until
    assert -1_000 <= over <= 1_000

    play.thaw(site.process.pid)
    site.wait_ready()
    play.until(
        lambda: site.value("SELECT state FROM seat WHERE id = ?", seat) in {"settled", "void"},
        within_s=60,
        why="the seat is closed once",
    )
    assert site.value("SELECT due FROM seat WHERE id = ?", seat) <= rate
    assert site.value("SELECT count(*) FROM hold WHERE state = 'open'") == 0
    play.books_hold(site)
