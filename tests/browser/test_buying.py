"""Buying credits in a real browser, on a site that the real command runs (WL-01, WL-02)."""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Error, expect

from tests.browser import play

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.browser.conftest import PersonFactory
    from tests.browser.site import Site

PAID = 2_500
WAYS = {
    "approve": PAID,
    "decline": 0,
    "secure approve": PAID,
    "secure decline": 0,
    "delay": PAID,
    "timeout": PAID,
    "twice": PAID,
}


def pay(page: Page, way: str) -> str:
    """Go through the payment service's pages and return how the payment ended."""
    page.wait_for_url("**/sandbox/pay/**")
    for script in way.split():
        page.locator(f"button[value={script}]").click()
    ended = page.locator("#payment:not([data-waiting])")
    expect(ended).to_be_visible(timeout=30_000)
    return str(ended.get_attribute("data-state"))


def credited(site: Site) -> int:
    """Return what the gateway's payments have brought so far, in minor units."""
    return int(
        site.value(
            "SELECT coalesce(sum(e.amount), 0) FROM transfer t JOIN entry e ON e.transfer_id = t.id"
            " JOIN account a ON a.id = e.account_id WHERE t.kind = 'deposit' AND a.kind = 'wallet'"
        )
    )


@pytest.mark.parametrize(("width", "ways"), [(1280, tuple(WAYS)), (360, ("approve", "decline"))])
def test_every_outcome_of_a_payment_is_told_and_booked(
    site: Site, person: PersonFactory, width: int, ways: tuple[str, ...]
) -> None:
    alex = person("alex", width=width, camera=False)
    play.sign_in(alex, site, "alex@demo.invalid", then="/credits")
    expected = 0
    for way in ways:
        brought = WAYS[way]
        alex.page.goto(f"{site.url}/credits")
        alex.page.get_by_role("button", name="Go to payment").click()
        assert pay(alex.page, way) == ("credited" if brought else "failed"), way
        alex.screenshot(way)
        expected += brought
        assert credited(site) == expected, way
    play.books_hold(site)


def test_credits_are_bought_over_the_picture(site: Site, person: PersonFactory) -> None:
    robin = person("robin", camera=False)
    play.sign_in(robin, site, "robin@demo.invalid", then="/rooms/mara-lind")
    chip = robin.page.locator("[data-pv-wallet]")
    before = chip.inner_text()
    chip.click()
    pack = robin.page.locator("#pv-topup .pv-pack").nth(1)
    expect(pack).to_contain_text("25.00")
    with robin.page.context.expect_page() as opened:
        robin.page.locator("#pv-topup [type=submit]").click()
    window = opened.value
    assert pay(window, "approve") == "credited"
    # The window may be gone before the click has said that it was made.
    with window.expect_event("close"), contextlib.suppress(Error):
        window.locator("[data-close-window]").click()
    expect(chip).not_to_have_text(re.compile(re.escape(before.strip())), timeout=10_000)
    expect(robin.page).to_have_url(f"{site.url}/rooms/mara-lind")
    assert credited(site) == PAID
