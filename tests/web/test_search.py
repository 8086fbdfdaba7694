"""What search engines, readers of feeds and links elsewhere are told, and what they are not."""

from __future__ import annotations

import json
import re
from contextvars import Context
from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from PIL import Image

from plugins.paid_items.kinds import State
from plugins.paid_items.models import Item
from ppvcms.content.models import Page
from ppvcms.db import db, now_ms, transaction
from ppvcms.host import customise, maintenance
from ppvcms.host.settings import save_site, site
from ppvcms.host.worn import theme_in_use
from ppvcms.ids import new_id
from ppvcms.rooms.models import Room, RoomImage
from ppvcms.web import search
from tests.live import Site, site_at
from tests.web.office import browser_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from werkzeug.test import TestResponse

BASE = "http://127.0.0.1:8000"


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Site]:
    """A site with events and items, on SQLite: nothing here asks the database for more."""
    url = f"sqlite:///{tmp_path / 'site.sqlite3'}"
    with site_at(url, tmp_path, "events", "paid_items") as made:
        yield made


def visit(here: Site, path: str) -> TestResponse:
    """Open a page as a visitor, in a request that knows nothing of the test's own."""
    db.session.rollback()
    return Context().run(here.app.test_client().get, path, buffered=True)


def change(**values: object) -> None:
    transaction(lambda session: save_site(session, None, values))
    db.session.rollback()


def tags(page: str) -> dict[str, str]:
    """Return the contents of a page's meta tags by name, and its canonical address."""
    found = re.findall(r'<meta (?:name|property)="([^"]+)" content="([^"]*)"', page)
    canonical = re.search(r'rel="canonical" href="([^"]+)"', page)
    return dict(found) | ({"canonical": canonical[1]} if canonical else {})


def picture(room: Room, kind: str, *, approved: bool) -> str:
    """Give a room a picture, and return where it lies."""
    image = RoomImage(
        id=new_id(),
        room_id=room.id,
        kind=kind,
        content_type="image/webp",
        data=b"x",
        width=1,
        height=1,
        approved=approved,
        weight=0,
        made_at=now_ms(db.session()),
    )
    path = f"/images/{image.id}"
    transaction(lambda session: session.add(image))
    return path


def item(owner_id: str, title: str, state: State) -> str:
    """Put an item on the shelf, or before it."""
    now = now_ms(db.session())
    row = Item(
        id=new_id(),
        owner_id=owner_id,
        uploader_id=owner_id,
        kind="post",
        state=state,
        title=title,
        text="A **short** look",
        body="the paid words",
        made_at=now,
        published_at=now,
    )
    row_id = row.id
    transaction(lambda session: session.add(row))
    return f"/items/{row_id}"


def event(room: Room, title: str) -> str:
    """Plan something in a room."""
    from plugins.events.models import Event

    now = now_ms(db.session())
    row = Event(
        id=new_id(),
        room_id=room.id,
        performer_id=room.performer_id,
        title=title,
        text="</script><b>Songs</b>",
        mode="free",
        starts_at=now + 3_600_000,
        ends_at=now + 7_200_000,
        key=new_id(),
        made_at=now,
        changed_at=now,
    )
    row_id = row.id
    transaction(lambda session: session.add(row))
    return f"/events/{row_id}"


def test_the_sitemap_names_what_a_visitor_may_see_and_nothing_else(
    here: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    mara = here.person("Mara", "performer")
    here.room(mara, "Mara")
    hidden = here.room(here.person("Iva", "performer"), "Secret")
    now = now_ms(db.session())

    def fill(session: object) -> None:
        db_session = session
        for slug, published in (("about", True), ("draft", False)):
            row = Page(id=new_id(), slug=slug, title=slug, published=published, changed_at=now)
            db_session.add(row)  # type: ignore[attr-defined]
        db_session.get(Room, hidden.id).listed = False  # type: ignore[attr-defined]

    transaction(fill)
    sold = item(str(mara.user_id), "Sold", State.SALE)
    waits = item(str(mara.user_id), "Waits", State.REVIEW)
    plan = event(here.room(mara, "Second"), "Evening")

    answer = visit(here, "/sitemap.xml")
    found = re.findall(r"<loc>([^<]+)</loc>", answer.text)

    assert answer.status_code == 200
    assert ET.fromstring(answer.text) is not None  # noqa: S314 - our own
    pages = ("/", "/p/about", "/p/shop", "/profile/mara", "/rooms/mara", sold, plan, "/events/")
    for path in (*pages, "/p/coming-up", "/items"):
        assert BASE + path in found, path
    for path in ("/p/draft", f"/rooms/{hidden.slug}", waits):
        assert BASE + path not in found, path
    assert answer.text.count("<lastmod>") == 5
    assert "X-Robots-Tag" not in visit(here, "/").headers
    assert tags(visit(here, "/p/about").text)["canonical"] == f"{BASE}/p/about"

    monkeypatch.setattr(search, "MOST", 4)
    parts = re.findall(r"<loc>([^<]+)</loc>", visit(here, "/sitemap.xml").text)
    again = [
        address
        for part in parts
        for address in re.findall(r"<loc>([^<]+)", visit(here, part.removeprefix(BASE)).text)
    ]
    assert len(parts) > 1
    assert again == found
    assert visit(here, "/sitemap-99.xml").status_code == 404


def test_robots_stay_out_of_what_is_private_and_of_a_site_that_is_closed(here: Site) -> None:
    text = visit(here, "/robots.txt").text

    assert "Disallow: /admin/" in text
    assert "Disallow: /account/" in text
    assert f"Sitemap: {BASE}/sitemap.xml" in text

    change(search_engines=False)

    assert visit(here, "/robots.txt").text == "User-agent: *\nDisallow: /\n"
    assert visit(here, "/sitemap.xml").status_code == 404
    assert visit(here, "/").headers["X-Robots-Tag"] == "noindex, nofollow"


def test_a_link_shows_a_lasting_picture_and_one_address(here: Site) -> None:
    mara = here.person("Mara", "performer")
    room = here.room(mara, "Mara")
    live = picture(room, "snapshot", approved=True)
    refused = picture(room, "upload", approved=False)
    upload = picture(room, "upload", approved=True)

    for path in ("/profile/mara?x=1", "/rooms/mara"):
        page = visit(here, path).text
        found = tags(page)
        assert found["canonical"] == BASE + path.partition("?")[0]
        assert found["og:image"] == BASE + upload
        assert found["og:title"].startswith("Mara")
        assert found["twitter:card"] == "summary_large_image"
        head = page.partition("</head>")[0]
        assert live not in head
        assert refused not in head
    assert tags(visit(here, "/?category=none&page=2").text)["canonical"] == f"{BASE}/?category=none"

    def hide(session: object) -> None:
        session.get(Room, room.id).listed = False  # type: ignore[attr-defined]

    transaction(hide)
    found = tags(visit(here, "/profile/mara").text)
    assert found["robots"] == "noindex"
    assert "og:image" not in found


def test_events_and_items_are_told_as_feeds_and_as_facts(here: Site) -> None:
    mara = here.person("Mara", "performer")
    room = here.room(mara, "Mara")
    shown = picture(room, "upload", approved=True)
    plan = event(room, "Evening & night")
    sold = item(str(mara.user_id), "Sold", State.SALE)
    waits = item(str(mara.user_id), "Waits", State.REVIEW)

    page = visit(here, plan).text
    block = re.search(r'<script type="application/ld\+json">(.*?)</script>', page)
    assert block
    facts = json.loads(block[1])
    assert facts["@type"] == "Event"
    assert facts["name"] == "Evening & night"
    assert facts["description"] == "</script><b>Songs</b>"
    assert facts["image"] == BASE + shown
    assert facts["performer"]["name"] == "Mara"
    assert f'href="{BASE}/events/feed.atom"' in page

    atom = "{http://www.w3.org/2005/Atom}"
    for path, title, there in (
        ("/events/feed.atom", "Evening & night", plan),
        ("/items/feed.atom", "Sold", sold),
    ):
        answer = visit(here, path)
        feed = ET.fromstring(answer.text)  # noqa: S314 - our own
        assert answer.mimetype == "application/atom+xml"
        assert [one.text for one in feed.iter(f"{atom}title")][1:] == [title]
        assert [one.findtext(f"{atom}id") for one in feed.iter(f"{atom}entry")] == [BASE + there]
        assert "paid words" not in answer.text

    assert tags(visit(here, sold).text)["og:title"].startswith("Sold")
    own = browser_of(here, mara).get(waits)
    assert own.status_code == 200
    assert "og:title" not in tags(own.text)


def test_maintenance_shows_visitors_a_page_and_lets_staff_and_running_shows_go_on(
    here: Site,
) -> None:
    mara = here.person("Mara", "performer")
    cleo = browser_of(here, here.person("Cleo"))
    olga = browser_of(here, here.person("Olga", "owner"))
    room = here.room(mara, "Mara")
    on_air = browser_of(here, mara)
    here.go_live(room, mara)
    ben = here.person("Ben", credits=10_000)
    payer = browser_of(here, ben)
    here.begin(room, mara, ben)
    olga.post(
        "/admin/settings",
        group="visitors",
        maintenance="1",
        maintenance_text="We paint the walls.",
        maintenance_until_at="2099-01-01T08:00",
        search_engines="1",
    )
    db.session.rollback()

    shut = visit(here, "/")
    assert shut.status_code == 503
    assert int(shut.headers["Retry-After"]) > 3600
    assert "We paint the walls." in shut.text
    assert "2099" in shut.text
    assert cleo.get("/").status_code == 503
    assert visit(here, "/rooms/mara/next.json").json["error"]  # type: ignore[index]
    assert visit(here, "/sign-in").status_code == 200
    assert visit(here, "/robots.txt").status_code == 200
    assert here.app.test_client().post("/pay/notify/none/x").status_code != 503
    assert on_air.get("/rooms/mara").status_code == 200
    assert payer.get("/rooms/mara").status_code == 200
    assert "Maintenance mode is on" in olga.text("/")
    assert "Maintenance mode is on" not in shut.text

    maintenance.turn_off(actor_id=None)
    db.session.rollback()
    assert visit(here, "/").status_code == 200
    assert site().maintenance_text == "We paint the walls."
    maintenance.turn_on(text="", until_at=0, actor_id=None)
    db.session.rollback()
    assert visit(here, "/").headers["Retry-After"] == "600"


def test_the_site_installs_as_an_app_under_its_own_name_and_icon(here: Site) -> None:
    change(site_name="Stage Door", site_tagline="Live, one to one.")
    address = re.search(r'rel="manifest" href="([^"]+)"', visit(here, "/").text)
    assert address

    answer = visit(here, address[1])
    told = json.loads(answer.text)

    assert answer.mimetype == "application/manifest+json"
    assert told["name"] == "Stage Door"
    assert told["start_url"] == "/"
    assert told["icons"][0]["sizes"] == "any"
    assert visit(here, told["icons"][0]["src"]).status_code == 200

    for side, sizes in ((256, "256x256"), (96, "any")):
        drawn = BytesIO()
        Image.new("RGB", (side, side)).save(drawn, "PNG")
        name = customise.add_picture(drawn.getvalue(), "image/png")
        look = replace(customise.look_in_use(), icon=name)
        customise.publish(theme_in_use(), look, actor_id=None)
        db.session.rollback()
        assert json.loads(visit(here, address[1]).text)["icons"][0]["sizes"] == sizes


def test_the_expected_end_is_read_on_the_clock_of_the_site(here: Site) -> None:
    change(time_zone="Europe/Vienna")
    at = maintenance.moment_at("2026-11-22 08:00")

    assert at == 1_795_330_800_000
    assert maintenance.moment_text(at) == "2026-11-22T08:00"
    assert maintenance.moment_text(0) == ""
    olga = browser_of(here, here.person("Olga", "owner"))
    answer = olga.post("/admin/settings", group="visitors", maintenance_until_at="tomorrow")
    assert answer.status_code == 422
    assert site().maintenance_until_at == 0
