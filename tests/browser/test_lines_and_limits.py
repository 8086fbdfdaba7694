"""What happens when a line drops, the money ends, or the server dies in a show."""

from __future__ import annotations

import json
import time
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser import play
from tests.metering.model import shared

if TYPE_CHECKING:
    from tests.browser.conftest import PersonFactory
    from tests.browser.person import Person
    from tests.browser.site import Site

GRACE_S = 3
RATE = 997
WINDOW_S = 9
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


def let_in(june: Person, mara: Person, site: Site) -> None:
    """Ask June into Mara's show, and let her send her own camera."""
    mara.page.locator("#checkin-name").fill("June Park")
    mara.page.locator("[data-checkin-form] button").click()
    play.sign_in(june, site, "june@demo.invalid", then="/checkin/")
    june.page.get_by_role("button", name="Yes, I am in").click(timeout=play.MEDIA_MS)
    june.page.get_by_role("link", name="Send my own camera").click()
    june.page.locator("[data-pv-preview]").click()
    june.page.locator("[data-pv-send]").click(timeout=play.MEDIA_MS)
    guest = june.page.locator("#guest")
    expect(guest).to_have_attribute("data-media", "connected", timeout=play.MEDIA_MS)


def shared_to_the_unit(site: Site, seat: str) -> None:
    """Compare what everybody got with each period's seconds, counted and divided by hand."""
    started, counted, due = site.rows(
        "SELECT started_at, counted_ms, due FROM seat WHERE id = ?", seat
    )[0]
    periods = site.rows(
        "SELECT starts_at, amount, sharers FROM period WHERE seat_id = ? ORDER BY nr", seat
    )
    ends = [(starts - started) // 1000 for starts, _amount, _sharers in periods[1:]]
    reached = [RATE * max(0, second - GRACE_S) // 60 for second in (*ends, counted // 1000)]
    amounts = [after - before for before, after in pairwise([0, *reached])]
    assert [amount for _starts, amount, _sharers in periods] == amounts
    assert due == sum(amounts) == site.value("SELECT amount FROM receipt WHERE seat_id = ?", seat)
    wanted: Counter[str] = Counter()
    for _starts, amount, sharers in periods:
        people = [
            (one["performer_id"], one["numerator"], one["ratio_percent"], one["studio_id"] or "",
             one["studio_percent"])
            for one in json.loads(sharers)
        ]  # fmt: skip
        names = [one[0] for one in people] + [one[3] for one in people if one[3]] + ["site"]
        for name, part in zip(names, shared(amount, tuple(people)), strict=True):
            wanted[name] += part
    got = site.rows(
        "SELECT CASE s.party_kind WHEN 'site' THEN 'site' ELSE s.party_id END, sum(s.amount)"
        " FROM share s JOIN transfer t ON t.id = s.transfer_id WHERE t.source = ? GROUP BY 1",
        f"seat:{seat}",
    )
    assert dict(got) == {name: part for name, part in wanted.items() if part}
    assert len(got) == 4, "both of them, June's studio and the site"


@pytest.mark.timeout(300)
def test_the_meter_goes_on_until_the_last_of_two_performers_is_killed(
    stopped_site: Site, person: PersonFactory
) -> None:
    """R-11, R-15, R-23, R-47, MT-06: billed up to the last evidence, paused within 7 s, closed."""
    site = stopped_site
    site.set_setting("core", "resume_window_s", WINDOW_S)
    site.set_setting("mode_group", "grace_s", GRACE_S)
    site.set_setting("mode_group", "rate", RATE)
    site.start()
    mara, june, alex = person("mara"), person("june"), person("alex", camera=False)
    play.go_live(mara, site, mode="group")
    let_in(june, mara, site)
    play.enter(alex, site, "alex@demo.invalid", "group")
    play.sees_video(alex, ".pv-feed video")
    alex.screenshot("both")
    seat = str(site.value("SELECT id FROM seat WHERE state = 'live'"))

    mara.kill()
    play.until(
        lambda: site.value("SELECT count(*) FROM show_performer WHERE left_reason = 'away'"),
        within_s=WINDOW_S + 15,
        why="Mara is checked out",
    )
    checked_out = site.value("SELECT counted_ms FROM seat WHERE id = ?", seat)
    play.until(
        lambda: site.value("SELECT counted_ms FROM seat WHERE id = ?", seat) > checked_out + 2_000,
        within_s=10,
        why="June's picture alone is counted",
    )
    assert site.value("SELECT state FROM seat WHERE id = ?", seat) == "live"
    alex.screenshot("without-the-host")

    killed_at = time.time() * 1000
    june.kill()
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
    link = alex.page.locator("[data-pv-outcome] a")
    expect(link).to_be_visible(timeout=(WINDOW_S + 15) * 1000)
    opened, closed = site.rows("SELECT started_at, counted_ms FROM seat WHERE id = ?", seat)[0]
    assert closed <= last - opened + 100
    shared_to_the_unit(site, seat)
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
