"""A group show in five real browsers: viewer, two-way, voyeur, a private in the middle, tips."""

from __future__ import annotations

import contextlib
import csv
import http.client
import io
import json
from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.browser import play

if TYPE_CHECKING:
    from tests.browser.conftest import PersonFactory
    from tests.browser.person import Person
    from tests.browser.site import Site

TYPED = {
    "name": "Evening talk",
    "summary": "Tea, and what the day was like.",
    "rate": "1.20",
    "rate_least": "1.00",
    "rate_most": "5.00",
    "grace_s": "3",
    "slots": "1",
    "rate_two_way": "2.40",
    "rate_voyeur": "0.80",
}
MODE = "own_evening_talk"
ROOM = "june-park"
TIP = 200


def make_mode(owner: Person, site: Site) -> None:
    """Make a kind of show with limits for its rate, and see its panel follow."""
    play.sign_in(owner, site, "owner@demo.invalid", then="/mode-editor/new")
    page = owner.page
    for name, value in TYPED.items():
        page.locator(f"#{name}").fill(value)
    page.locator("#voyeurs").select_option("public")
    expect(page.locator("[data-mode-panel]")).to_contain_text("2.40", timeout=play.MEDIA_MS)
    owner.screenshot("mode", full_page=True)
    page.get_by_role("button", name="Save and offer it").click()
    expect(page.get_by_role("link", name="Evening talk", exact=True)).to_be_visible()


def go_live(june: Person, site: Site) -> None:
    """Agree to unseen watching and go live in the owner's new kind of show."""
    play.sign_in(june, site, "june@demo.invalid", then="/perform/live")
    page = june.page
    page.locator("[data-pv-preview]").click()
    page.locator(f"#agree-go-{MODE}").click()
    play.until(
        lambda: site.value("SELECT count(*) FROM voyeur_agreement") == 1,
        within_s=20,
        why="the agreement is kept",
    )
    page.locator(f"[data-pv-go={MODE}]").click(timeout=play.MEDIA_MS)
    live = page.locator("#perform")
    expect(live).to_have_attribute("data-media", "connected", timeout=play.MEDIA_MS)


def take_slot(kim: Person, june: Person, site: Site) -> None:
    """Ask for the place with a camera, and be let in."""
    play.enter_room(kim, site, "kim@demo.invalid", ROOM)
    play.open_terms(kim, "two_way")
    kim.page.locator("[data-pv-send]").click()
    play.accept(june)
    expect(kim.page.locator("#room")).to_have_attribute(
        "data-seat-role", "two_way", timeout=play.SEAT_MS
    )
    play.seat_counts(kim)


def tip(person: Person) -> None:
    """Send a tip without leaving the picture."""
    page = person.page
    page.locator(f"[data-tips-amount='{TIP}']").first.click()
    page.locator("dialog [value=yes]").click()
    expect(page.locator(".pv-chat__line--tip")).to_be_visible(timeout=play.MEDIA_MS)


def a_private(alex: Person, june: Person) -> None:
    """Let a viewer of the group take a private, and end it after some seconds."""
    play.open_terms(alex, "private")
    alex.page.locator("[data-pv-send]").click()
    play.accept(june)
    alex.page.wait_for_url("**/private/**", timeout=play.SEAT_MS)
    place = alex.page.locator("#private")
    expect(place).to_have_attribute("data-seat-state", "live", timeout=play.SEAT_MS)
    # One without a camera is in a private show all the same, R-10.
    play.sees_video(alex, "#private [data-pv-video]")


def public_facts(site: Site) -> dict[str, Any]:
    """Return what everybody may read about the room."""
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=10)
    with contextlib.closing(connection):
        connection.request("GET", f"/rooms/{ROOM}/state.json")
        found: dict[str, Any] = json.loads(connection.getresponse().read())
    return found


def due_of(site: Site, seat: str, grace_s: int) -> int:
    """Compute a charge from the kept segments, one second after another."""
    rows = site.rows(
        "SELECT rate_per_minute, counted_ms FROM segment WHERE seat_id = ? ORDER BY nr", seat
    )
    seconds: list[int] = [rate for rate, counted_ms in rows for _ in range(counted_ms // 1000)]
    return sum(seconds[grace_s:]) // 60


def all_is_right(site: Site) -> None:
    """Compare every charge, receipt and share with the seconds that were kept."""
    seats = site.rows("SELECT id, mode, state, due, terms FROM seat")
    assert {(mode, state) for _id, mode, state, _due, _terms in seats} == {
        (MODE, "settled"),
        ("two_way", "settled"),
        ("voyeur", "settled"),
        ("private", "settled"),
    }
    for seat, mode, _state, due, terms in seats:
        grace_s = (json.loads(terms) if isinstance(terms, str) else terms)["grace_s"]
        assert due == due_of(site, seat, grace_s), mode
        assert site.value("SELECT amount FROM receipt WHERE seat_id = ?", seat) == due
        shares = site.value(
            "SELECT coalesce(sum(s.amount), 0) FROM share s"
            " JOIN transfer t ON t.id = s.transfer_id WHERE t.source = ?",
            f"seat:{seat}",
        )
        assert shares == due, mode
    tips = site.rows(
        "SELECT s.party_kind, s.amount FROM share s JOIN transfer t ON t.id = s.transfer_id"
        " WHERE t.source LIKE 'tips:%'"
    )
    # June is under contract: the studio has a quarter of her nine tenths.
    assert dict(tips) == {"performer": 135, "studio": 45, "site": TIP // 10}
    assert site.value("SELECT count(*) FROM hold WHERE state = 'open'") == 0


def statement_is_right(manager: Person, site: Site) -> None:
    """Let the studio's manager download June's statement and compare it with the books."""
    play.sign_in(manager, site, "studio@demo.invalid", then="/studio/statements")
    line = manager.page.get_by_role("row", name="June Park")
    with manager.page.expect_download() as found:
        line.get_by_role("link", name="CSV").click()
    sheet = csv.DictReader(io.StringIO(found.value.path().read_text(encoding="utf-8-sig")))
    sums: Counter[str] = Counter()
    for row in sheet:
        sums.update(
            {name: int(Decimal(row[name]) * 100) for name in ("person", "studio", "charged")}
        )
    kept = dict(
        site.rows(
            "SELECT party_kind, sum(amount) FROM share WHERE transfer_id IN"
            " (SELECT transfer_id FROM share WHERE party_kind = 'studio') GROUP BY party_kind"
        )
    )
    whole = sum(int(one) for one in kept.values())
    expected = {"person": kept["performer"], "studio": kept["studio"], "charged": whole}
    assert sums == expected


@pytest.mark.timeout(600)
def test_a_group_with_every_way_in_and_a_private_between(site: Site, person: PersonFactory) -> None:
    """MD-02, MD-03, MD-07, MD-08, R-09, R-39 to R-42: to the unit, and the voyeur unseen."""
    olga = person("olga", camera=False)
    make_mode(olga, site)
    olga.close()
    june = person("june")
    go_live(june, site)

    alex = person("alex", camera=False)
    alex.page.goto(f"{site.url}/rooms/{ROOM}")
    expect(alex.page.locator("[data-pv-door]")).to_contain_text("1.20", timeout=play.MEDIA_MS)
    play.enter(alex, site, "alex@demo.invalid", MODE, slug=ROOM)
    robin = person("robin", camera=False)
    play.enter(robin, site, "robin@demo.invalid", "voyeur", slug=ROOM)
    kim = person("kim", width=400, height=760)
    take_slot(kim, june, site)
    tip(alex)

    expect(june.page.locator("[data-pv-voyeurs] b")).to_have_text("1", timeout=play.MEDIA_MS)
    expect(june.page.locator("[data-pv-audience]")).not_to_contain_text("Robin")
    expect(june.page.locator("[data-pv-audience] li")).to_have_count(2)
    play.sees_video(june, "[data-role=two_way] video")
    play.until(
        lambda: public_facts(site)["viewers"] == 2,
        within_s=30,
        why="the two who are seen are counted, and nobody else",
    )
    expect(alex.page.locator(".pv-chat")).not_to_contain_text("Robin")
    assert "Robin" not in json.dumps(public_facts(site))
    for one in (june, alex, robin, kim):
        one.screenshot("together")

    a_private(alex, june)
    expect(kim.page.locator("[data-pv-held]")).to_be_visible(timeout=play.MEDIA_MS)
    expect(robin.page.locator("[data-pv-held]")).to_be_visible(timeout=play.MEDIA_MS)
    kim.screenshot("waits")
    alex.page.locator("[data-pv-end]").click()
    alex.page.locator("dialog [value=yes]").click()
    alex.page.wait_for_url("**/account/sessions/*", timeout=play.SEAT_MS)
    june.page.locator("[data-pv-ready]").click(timeout=play.MEDIA_MS)
    play.seat_counts(kim)
    kim.screenshot("goes-on")

    june.page.locator("[data-pv-off]").click()
    june.page.locator("dialog [value=yes]").click()
    for one in (kim, robin):
        expect(one.page.locator("[data-pv-outcome] a")).to_be_visible(timeout=play.SEAT_MS)
    kim.screenshot("over")
    play.until(
        lambda: site.value("SELECT count(*) FROM seat WHERE state != 'settled'") == 0,
        within_s=60,
        why="every seat is settled",
    )
    all_is_right(site)
    statement_is_right(person("manager", camera=False), site)
    play.books_hold(site)
