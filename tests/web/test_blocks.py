"""Pages of blocks, regions of the theme, pages of plugins, and readers that plugins know."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from plugins.paid_items.buying import Way
from ppvcms.accounts.actor import VISITOR
from ppvcms.content import audiences, blocks, plugin_pages, regions
from ppvcms.content.blocks import Placed
from ppvcms.content.library import keeping
from ppvcms.content.models import Page
from ppvcms.db import db
from ppvcms.host import lifecycle
from ppvcms.web.menus import lines
from tests.live import site_at
from tests.plugins.shop import open_shop, picture
from tests.web.office import browser_of, log
from tests.web.test_admin_pages import page_of, visitor_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from tests.live import Site
    from tests.web.office import Browser

BARE = """
slug = "bare"
name = "Bare"
version = "1.0.0"
license = "MIT"
authors = ["A. Tester"]
api = ">=1.0,<2"
regions = ["home"]
"""
ABOUT = {"title": "About", "slug": "about"}


@pytest.fixture
def plugged(tmp_path: Path) -> Iterator[Site]:
    """A site with two plugins that bring pages."""
    url = f"sqlite:///{tmp_path / 'site.sqlite3'}"
    with site_at(url, tmp_path, "events", "paid_items") as found:
        yield found


def keys_in(html: str) -> list[str]:
    """The blocks of an editor in their order, as they would be sent."""
    return re.findall(r'name="block" value="([^"]+)"', html)


def test_blocks_are_moved_doubled_and_taken_out() -> None:
    one, two = Placed("a", "core.text", {"text": "1"}), Placed("b", "core.text", {"text": "2"})

    assert blocks.moved((one, two), "b", -1) == (two, one)
    assert blocks.moved((one, two), "b", 1) == blocks.moved((one, two), "x", 1) == (one, two)
    copy = blocks.doubled((one, two), "a")[1]
    assert (copy.name, copy.values, copy.key != "a") == (one.name, one.values, True)
    assert blocks.without((one, two), "a") == (two,)
    whole = {"key": "a", "name": "core.text", "values": {}}
    odd: list[object] = [1, {}, whole | {"key": ""}, whole | {"values": []}, whole | {"more": 1}]
    assert blocks.blocks_of([*odd, whole]) == (Placed("a", "core.text", {}),)
    assert blocks.blocks_of("text") == ()
    assert blocks.too_large([one] * (blocks.MOST + 1))


def test_the_editor_works_by_plain_posts_and_keeps_what_was_typed(owner: Browser) -> None:
    typed = {**ABOUT, "block": ["text:core.text"], "text-text": "Not saved *yet*."}
    added = owner.post("/admin/pages/new", **typed, act="add:", new_block="core.banner")
    banner = keys_in(added.text)[1].partition(":")[0]
    both = [*typed["block"], f"{banner}:core.banner"]
    typed |= {"block": both, f"{banner}-heading": "Sale <now>", f"{banner}-link": "javascript:1"}
    moved = owner.post("/admin/pages/new", **typed, act=f"up:{banner}")
    doubled = owner.post("/admin/pages/new", **typed, act=f"double:{banner}")
    removed = owner.post("/admin/pages/new", **typed, act=f"remove:{banner}")
    wrong = owner.post("/admin/pages/new", **typed)

    assert (added.status_code, moved.status_code, wrong.status_code) == (200, 200, 422)
    assert "Not saved *yet*." in added.text
    assert keys_in(moved.text) == both[::-1]
    assert doubled.text.count("Sale &lt;now&gt;") == 2
    assert keys_in(removed.text) == both[:1]
    assert "A link begins with" in wrong.text
    assert "javascript:1" in wrong.text
    assert db.session.scalars(select(Page).where(Page.slug == "about")).all() == []
    typed[f"{banner}-link"] = "/credits"
    look = owner.post("/admin/pages/preview", **typed)
    assert (look.status_code, "Sale &lt;now&gt;" in look.text) == (200, True)
    assert "frame-ancestors 'self'" in look.headers["Content-Security-Policy"]
    owner.post("/admin/pages/new", **typed)
    assert "pv-field__error" not in owner.get(f"/admin/pages/{page_of('about').id}").text
    shown = visitor_of(owner).get("/p/about").text
    assert shown.index("<em>yet</em>") < shown.index("Sale &lt;now&gt;") < shown.index("/credits")
    _compares_and_brings_blocks_back(owner, typed)


def _compares_and_brings_blocks_back(owner: Browser, typed: Mapping[str, Sequence[str]]) -> None:
    page = page_of("about")
    owner.post(f"/admin/pages/{page.id}", **{**typed, "block": ["text:core.text"]})
    saves = re.findall(
        rf"/admin/pages/{page.id}/saves/(\w+)", owner.get(f"/admin/pages/{page.id}/saves").text
    )
    compared = owner.text(f"/admin/pages/{page.id}/saves/{saves[-1]}")

    assert "Sale" not in visitor_of(owner).get("/p/about").text
    assert "[Banner]" in compared
    owner.post(f"/admin/pages/{page.id}/saves/{saves[-1]}/undo")
    assert "Sale &lt;now&gt;" in visitor_of(owner).get("/p/about").text
    shouted = owner.post(f"/admin/pages/{page.id}", **{**typed, "block": ["x:core.none"]})
    assert shouted.status_code == 302
    assert visitor_of(owner).get("/p/about").status_code == 200


def test_the_blocks_of_the_core_show_what_is_for_each_reader(
    owner: Browser, quick_site: Site
) -> None:
    anna, ben = quick_site.person("Anna", "performer"), quick_site.person("Ben", credits=700)
    quick_site.room(anna, "Songs")
    added = keeping.add(io.BytesIO(picture()), name="a.jpg", private=False, actor_id=None)
    assert isinstance(added, keeping.Added), added
    here = added.item.id
    names = ("rooms", "random", "sign_in", "balance", "packs", "picture")
    typed = {**ABOUT, "block": [f"{name}:core.{name}" for name in names]}
    typed |= {"rooms-number": "3", "rooms-sort": "new", "rooms-heading": "Who is new"}
    typed |= {"picture-picture": here, "picture-caption": "The house"}
    none = owner.post("/admin/pages/new", **typed | {"picture-picture": ""})
    far = owner.post("/admin/pages/new", **typed | {"picture-address": "https://x.example/1.png"})
    made = owner.post("/admin/pages/new", **typed)
    for_visitor = visitor_of(owner).get("/p/about").text
    for_ben = browser_of(quick_site, ben).get("/p/about").text

    assert (none.status_code, far.status_code, made.status_code) == (422, 422, 302)
    assert for_visitor.count("Songs") == for_ben.count("Songs") == 2
    assert "Who is new" in for_visitor
    assert "The house" in for_visitor
    assert ("Come in" in for_visitor, "Come in" in for_ben) == (True, False)
    marked = 'class="h3 pv-num" data-pv-available="700"'
    assert (marked in for_visitor, marked in for_ben) == (False, True)


def test_regions_hold_blocks_where_the_theme_has_them(owner: Browser, quick_site: Site) -> None:
    visitor, sent = visitor_of(owner), {"block": "one:core.banner", "one-heading": "Open day"}
    for name in ("header", "home", "listing_side", "footer"):
        assert owner.post(f"/admin/regions/{name}", **sent).status_code == 302

    assert visitor.get("/").text.count("Open day") == 4
    assert visitor.get("/?q=x").text.count("Open day") == 3
    assert visitor.get("/p/none").text.count("Open day") == 0
    room = quick_site.room(quick_site.person("Anna", "performer"))
    assert visitor.get(f"/profile/{room.slug}").text.count("Open day") == 2
    assert visitor.get(f"/rooms/{room.slug}").text.count("Open day") == 0
    assert "Banner" in owner.text("/admin/regions")
    assert owner.get("/admin/regions/cellar").status_code == 404
    assert log("content.region.saved")[-1].subject == "region:footer"
    empty = owner.post("/admin/regions/footer", act="save")
    assert (empty.status_code, visitor_of(owner).get("/").text.count("Open day")) == (302, 3)
    _a_theme_without_a_place_says_so(owner)


def _a_theme_without_a_place_says_so(owner: Browser) -> None:
    folder = owner.client.application.config["PPVCMS"].all_theme_dirs[0] / "bare"
    folder.mkdir(parents=True)
    (folder / "theme.toml").write_text(BARE)
    assert owner.post("/admin/themes/bare/use").status_code == 302

    assert "no place for what stands here: Below the header, Beside the list" in owner.text(
        "/admin/themes"
    )
    assert visitor_of(owner).get("/").text.count("Open day") == 1
    assert "This theme has no such place" in owner.text("/admin/regions")
    assert "kept and not shown" in owner.text("/admin/regions/header")
    with owner.client.application.test_request_context():
        assert regions.blocks_in("header")[0].values["heading"] == "Open day"


def test_a_plugin_brings_its_page_and_it_comes_again(plugged: Site) -> None:
    owner = browser_of(plugged, plugged.person("Olga", "owner"))
    visitor, shop = visitor_of(owner), page_of("shop")

    assert "The shelf is empty" in visitor.get("/p/shop").text
    assert "Nothing is planned yet" in visitor.get("/p/coming-up").text
    assert "<title>Shop " in visitor.get("/p/shop").text
    assert "application/atom+xml" in visitor.get("/").text
    assert "/p/shop" in visitor.get("/").text
    saved = {"title": "Shop", "slug": "market", "block": "plugin:paid_items.shelf"}
    owner.post(f"/admin/pages/{shop.id}", **saved)
    db.session.expire_all()
    # Its title stays the plugin's own, so it goes on following the reader's language.
    assert (page_of("market").title, "/p/market" in visitor.get("/").text) == ("", True)
    owner.post(f"/admin/pages/{shop.id}/delete")
    assert "/p/market" not in visitor.get("/").text
    assert [page.key for page in plugin_pages.missing()] == ["paid_items.shelf"]
    owner.post("/admin/pages/again", key="paid_items.shelf")
    assert plugin_pages.missing() == []
    assert visitor.get("/p/shop").status_code == 200
    _is_kept_while_its_plugin_is_off(owner)


def _is_kept_while_its_plugin_is_off(owner: Browser) -> None:
    visitor, events = visitor_of(owner), page_of("coming-up")
    own = {"title": "News", "slug": "news", "block": ["text:core.text", "ev:events.coming"]}
    owner.post("/admin/pages/new", **own, **{"text-text": "Hi.", "ev-number": "7"})
    assert lifecycle.deactivate("events", actor_id=None) is None

    assert (visitor.get("/p/coming-up").status_code, owner.get("/p/coming-up").status_code) == (
        404,
        404,
    )
    assert "/p/coming-up" not in visitor.get("/").text
    assert "Its plugin is off" in owner.text("/admin/pages")
    assert "comes with a plugin that is off" in owner.text(f"/admin/pages/{events.id}")
    assert "is not shown" not in visitor.text("/p/news")
    assert "Coming events: coming” is not shown" in owner.text("/p/news")
    news = page_of("news")
    assert owner.post(f"/admin/pages/{news.id}", **own, **{"text-text": "Ho."}).status_code == 302
    db.session.expire_all()
    assert page_of("news").blocks[1]["values"]["number"] == 7
    db.session.delete(page_of("coming-up"))
    db.session.commit()
    assert lifecycle.activate("events", actor_id=None) is None
    assert visitor.get("/p/coming-up").status_code == 200
    with owner.client.application.test_request_context("/"):
        assert [line.name for line in lines("main")] == ["Live", "Coming up", "Shop"]


def test_a_page_can_be_for_who_bought_an_item(plugged: Site) -> None:
    shop, ben = open_shop(plugged), plugged.person("Ben", credits=5_000)
    owner, his = browser_of(plugged, plugged.person("Olga", "owner")), browser_of(plugged, ben)
    item = shop.item()
    readers = f"paid_items.bought:{item.id}"
    assert "Bought: A video" in owner.get("/admin/pages/new").text
    fields = {**ABOUT, "block": "text:core.text", "text-text": "For buyers."}
    assert owner.post("/admin/pages/new", **fields, audience=readers).status_code == 302

    assert "/sign-in" in visitor_of(owner).get("/p/about").headers["Location"]
    assert his.get("/p/about").headers["Location"].endswith(f"/items/{item.id}")
    assert isinstance(shop.buy(item, ben), Way)
    assert "For buyers." in his.get("/p/about").text
    assert lifecycle.deactivate("paid_items", actor_id=None, insist=True) is None
    assert (his.get("/p/about").status_code, owner.get("/p/about").status_code) == (403, 200)
    assert not audiences.may_read(readers, VISITOR)
