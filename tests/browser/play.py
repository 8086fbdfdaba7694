"""What people do on the site, step by step, for the tests that play whole stories."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING, Any

from playwright.sync_api import expect

from tests.browser.site import PASSWORD

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.browser.person import Person
    from tests.browser.site import Site

MEDIA_MS = 25_000
SEAT_MS = 60_000


def sign_in(person: Person, site: Site, email: str, *, then: str = "/") -> None:
    """Sign in with one of the demo's accounts and stand on a page."""
    page = person.page
    page.goto(f"{site.url}/sign-in?next={then}")
    page.get_by_label("E-mail", exact=False).first.fill(email)
    page.locator("input[type=password]").first.fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url(lambda url: "/sign-in" not in url)
    if then not in page.url:
        page.goto(f"{site.url}{then}")


def go_live(
    person: Person, site: Site, email: str = "mara@demo.invalid", *, mode: str = ""
) -> None:
    """Sign in as a performer, turn the camera on and go live, in the first mode or this one."""
    sign_in(person, site, email, then="/perform/live")
    page = person.page
    page.locator("[data-pv-preview]").click()
    page.locator(f"[data-pv-go={mode}]" if mode else "[data-pv-go]").first.click(timeout=MEDIA_MS)
    expect(page.locator("#perform")).to_have_attribute("data-live", "yes", timeout=MEDIA_MS)
    expect(page.locator("#perform")).to_have_attribute("data-media", "connected", timeout=MEDIA_MS)


def frames(person: Person, selector: str) -> int:
    """Return how many frames a video element has shown."""
    return int(
        person.page.eval_on_selector(
            selector, "video => video.getVideoPlaybackQuality().totalVideoFrames"
        )
    )


def sees_video(person: Person, selector: str) -> None:
    """Wait until frames are decoded, and go on being decoded."""
    deadline = time.monotonic() + MEDIA_MS / 1000
    first = None
    while time.monotonic() < deadline:
        now = frames(person, selector)
        # A new stream in the element counts anew.
        if now > 0 and (first is None or now < first):
            first = now
        if first is not None and now > first + 5:
            return
        person.page.wait_for_timeout(200)
    raise AssertionError(f"{person.name} sees no video in {selector} (frames: {first}).")


def enter_room(person: Person, site: Site, email: str, slug: str = "mara-lind") -> None:
    """Sign in as a client and stand in a room."""
    sign_in(person, site, email, then=f"/rooms/{slug}")
    expect(person.page.locator("#room")).to_be_visible()


def ask(person: Person, note: str = "") -> None:
    """Open the panel with the terms and ask for a private show."""
    page = person.page
    open_terms(person, "private")
    if note:
        page.locator("[data-pv-note]").fill(note)
    page.locator("[data-pv-send]").click()
    expect(page.locator("[data-pv-waiting]")).to_be_visible()


def open_terms(person: Person, mode: str) -> None:
    """Open the panel with the terms of one way in, wherever its button stands."""
    page = person.page
    button = page.locator(f".pv-ask-bar [data-pv-ask={mode}]:not([disabled])")
    expect(button).to_be_attached(timeout=MEDIA_MS)
    if not button.is_visible():
        page.locator("[data-pv-more] > summary").click(timeout=MEDIA_MS)
    button.click(timeout=MEDIA_MS)
    expect(page.locator("[data-pv-entry]")).to_be_visible(timeout=MEDIA_MS)


def enter(person: Person, site: Site, email: str, mode: str, *, slug: str = "mara-lind") -> None:
    """Sign in, agree to the terms of a show that runs, and wait until its meter counts."""
    enter_room(person, site, email, slug)
    open_terms(person, mode)
    person.page.locator("[data-pv-send]").click(timeout=MEDIA_MS)
    seat_counts(person)


def seat_counts(person: Person) -> None:
    """Wait until one's own seat in a public show is metered and the picture moves."""
    room = person.page.locator("#room")
    expect(room).to_have_attribute("data-seat-state", "live", timeout=SEAT_MS)
    sees_video(person, "#room [data-pv-video]")


def accept(person: Person) -> None:
    """Accept the first request."""
    person.page.locator("[data-pv-request] [data-pv-accept]").first.click(timeout=MEDIA_MS)


def private_begins(client: Person, performer: Person) -> str:
    """Wait until both see each other and the meter runs; return the seat's id."""
    client.page.wait_for_url("**/private/**", timeout=MEDIA_MS)
    sees_video(client, "#private [data-pv-video]")
    sees_video(performer, "#perform [data-pv-other]")
    expect(client.page.locator("#private")).to_have_attribute(
        "data-seat-state", "live", timeout=MEDIA_MS
    )
    return str(client.page.locator("#private").get_attribute("data-seat"))


def until(what: Callable[[], Any], *, within_s: float, why: str) -> Any:
    """Wait for a condition and return its value."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        value = what()
        if value:
            return value
        time.sleep(0.1)
    raise AssertionError(f"Not within {within_s} s: {why}")


def books_hold(site: Site) -> None:
    """Check the books with the site's own command."""
    report = site.command("check-books")
    assert report.returncode == 0, report.stdout + report.stderr


def freeze(pid: int) -> None:
    """Stop one process where it stands."""
    os.kill(pid, signal.SIGSTOP)


def thaw(pid: int) -> None:
    """Let a frozen process go on."""
    os.kill(pid, signal.SIGCONT)
