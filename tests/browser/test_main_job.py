"""The main job on real parts: a paid private show in two real browsers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.browser import play

if TYPE_CHECKING:
    from tests.browser.conftest import PersonFactory
    from tests.browser.site import Site


GRACE_S = 8
PAID_FROM_MS = 14_000


def test_a_private_show_is_asked_for_metered_ended_and_booked(
    stopped_site: Site, person: PersonFactory
) -> None:
    """Design section 4, from going live to the receipt, the earning and the books."""
    site = stopped_site
    site.set_setting("mode_private", "grace_private", GRACE_S)
    site.start()
    mara, alex = person("mara"), person("alex")
    play.go_live(mara, site)
    play.enter_room(alex, site, "alex@demo.invalid")
    play.sees_video(alex, "#room [data-pv-video]")
    alex.screenshot("public")

    play.ask(alex, note="A song, please")
    alex.screenshot("asked")
    expect(mara.page.locator("[data-pv-request]")).to_contain_text("A song, please")
    mara.screenshot("request")
    play.accept(mara)
    seat = play.private_begins(alex, mara)
    alex.screenshot("private")
    mara.screenshot("private")

    play.until(
        lambda: (
            site.value("SELECT counted_ms FROM seat WHERE id = ?", seat) > 1_000 * (GRACE_S + 6)
        ),
        within_s=70,
        why="time is counted past the free seconds",
    )
    alex.page.locator("[data-pv-end]").click()
    alex.page.locator("dialog [value=yes]").click()
    alex.page.wait_for_url(f"**/account/sessions/{seat}", timeout=20_000)
    alex.screenshot("receipt", full_page=True)

    due, counted, secured = site.rows(
        "SELECT due, counted_ms, secured FROM seat WHERE id = ?", seat
    )[0]
    assert due == 250 * (counted // 1000 - GRACE_S) // 60
    assert site.value("SELECT amount FROM receipt WHERE seat_id = ?", seat) == due
    assert secured >= due
    shares = dict(
        site.rows(
            "SELECT s.party_kind, s.amount FROM share s JOIN transfer t ON t.id = s.transfer_id"
            " WHERE t.source = ?",
            f"seat:{seat}",
        )
    )
    assert sum(shares.values()) == due
    play.books_hold(site)

    expect(mara.page.locator("#perform")).to_have_attribute("data-in-private", "no")
    mara.page.goto(f"{site.url}/perform/earnings/{seat}")
    mara.screenshot("earning", full_page=True)
    assert [error for error in alex.errors + mara.errors if "favicon" not in error] == []
