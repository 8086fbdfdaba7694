"""The owner's pages and menus: drafts, moments, readers, saves brought back, lines in order."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from ppvcms.accounts.actor import VISITOR, Actor
from ppvcms.content import menus, revisions, services
from ppvcms.content.audiences import admits
from ppvcms.content.blocks import TEXT, text_blocks
from ppvcms.content.models import MenuEntry, Page, PageRevision
from ppvcms.db import db, transaction
from ppvcms.ids import new_id
from ppvcms.results import Refusal
from ppvcms.web.menus import Line, lines
from tests.web.office import Browser, browser_of, log

if TYPE_CHECKING:
    from tests.live import Site


def visitor_of(owner: Browser) -> Browser:
    """Somebody who is not signed in."""
    return Browser(owner.client.application.test_client(), owner.address)


def page_of(slug: str) -> Page:
    """The page at an address."""
    return db.session.scalars(select(Page).where(Page.slug == slug)).one()


def text(body: str) -> dict[str, str]:
    """The fields of a page that holds one text."""
    return {"block": f"text:{TEXT}", "text-text": body}


def body_of(blocks: list[dict[str, Any]]) -> str:
    """What such a page says."""
    return str(blocks[0]["values"]["text"])


def saved(slug: str, body: str, page_id: str | None = None) -> Page:
    """Save a page as the editor does."""
    answer = services.save_page(
        revisions.Draft(slug, "Title", text_blocks(body)), page_id=page_id, actor_id=None
    )
    assert isinstance(answer, Page)
    return answer


def test_an_audience_has_those_it_names_and_an_unknown_one_nobody() -> None:
    person = Actor("1", "Ben", frozenset({"client"}), frozenset())
    asked = ("all", "signed_in", "visitors", "role:client", "role:owner", "role:", "", "other")

    assert [admits(one, person) for one in asked] == [True, True, False, True, *[False] * 4]
    assert [admits(one, VISITOR) for one in asked] == [True, False, True, *[False] * 5]


def test_a_draft_is_seen_by_who_writes_it_alone(owner: Browser) -> None:
    fields = {"title": "About", "slug": "about", **text("Not *yet*."), "state": "draft"}
    made = owner.post("/admin/pages/new", **fields)
    page = page_of("about")

    assert made.headers["Location"].endswith(f"/admin/pages/{page.id}")
    assert visitor_of(owner).get("/p/about").status_code == 404
    assert owner.get("/p/about").status_code == 404
    look = owner.get(f"/admin/pages/{page.id}/preview")
    assert "<em>yet</em>" in look.text
    assert 'content="noindex"' in look.text
    assert [row.slug for row in services.open_pages() if row.slug == "about"] == []
    owner.post(f"/admin/pages/{page.id}", **fields | {"state": "published"})
    assert visitor_of(owner).get("/p/about").status_code == 200
    assert log("content.page.saved")[-1].data["published"] is True
    _waits_for_its_moment_by_the_sites_clocks(owner)


def _waits_for_its_moment_by_the_sites_clocks(owner: Browser) -> None:
    fields = {"title": "Later", "slug": "later", **text("Soon."), "state": "scheduled"}
    none = owner.post("/admin/pages/new", **fields)
    past = owner.post("/admin/pages/new", **fields, publish_at="2001-01-01T10:00")
    owner.post("/admin/pages/new", **fields, publish_at="2199-01-01T10:00")

    assert (none.status_code, past.status_code) == (422, 422)
    assert "Soon." in past.text
    assert "2001-01-01T10:00" in past.text
    page = page_of("later")
    assert page.publish_at == 7_226_618_400_000
    assert "2199-01-01T10:00" in owner.get(f"/admin/pages/{page.id}").text
    assert visitor_of(owner).get("/p/later").status_code == 404
    transaction(lambda session: session.execute(update(Page).values(publish_at=1)))
    assert visitor_of(owner).get("/p/later").status_code == 200


def test_a_page_for_a_role_is_shut_for_others(owner: Browser, quick_site: Site) -> None:
    fields = {"title": "Handbook", "slug": "handbook", **text("Be kind.")}
    owner.post("/admin/pages/new", **fields, audience="role:performer")
    performer = browser_of(quick_site, quick_site.person("Pia", "performer"))
    client = browser_of(quick_site, quick_site.person("Ben"))

    asked = visitor_of(owner).get("/p/handbook")
    assert "/sign-in?next=/p/handbook" in asked.headers["Location"]
    assert [one.get("/p/handbook").status_code for one in (client, performer, owner)] == [
        403,
        200,
        200,
    ]
    bad = owner.post("/admin/pages/new", **fields | {"slug": "two"}, audience="role:nobody")
    assert bad.status_code == 422
    assert "noindex" in performer.get("/p/handbook").text
    _says_what_search_engines_read(owner)


def _says_what_search_engines_read(owner: Browser) -> None:
    fields = {"title": "Terms", "slug": "rules", **text("Text.")}
    owner.post(
        "/admin/pages/new", **fields, search_title="House <rules>", search_text="What holds."
    )
    shown = owner.get("/p/rules").text

    assert "<title>House &lt;rules&gt; " in shown
    assert '<meta name="description" content="What holds.">' in shown
    assert "noindex" not in shown
    owner.post(f"/admin/pages/{page_of('rules').id}", **fields, no_index="y")
    assert '<meta name="robots" content="noindex">' in owner.get("/p/rules").text


def test_every_save_is_kept_compared_and_brought_back(owner: Browser) -> None:
    fields = {"title": "About", "slug": "about", **text("one\ntwo\nthree")}
    owner.post("/admin/pages/new", **fields)
    page_id = page_of("about").id
    later = {"title": "About us", "slug": "about-us", **text("one\n2 <b>\nthree")}
    owner.post(f"/admin/pages/{page_id}", **later, audience="signed_in", state="draft")
    first = revisions.revisions(page_id)[-1]

    assert "Olga" in owner.text(f"/admin/pages/{page_id}/saves")
    compared = owner.get(f"/admin/pages/{page_id}/saves/{first.id}").text
    assert "</span>two</del>" in compared
    assert "</span>2 &lt;b&gt;</ins>" in compared
    assert "About us" in compared
    owner.post(f"/admin/pages/{page_id}/saves/{first.id}/undo")
    db.session.expire_all()
    page = page_of("about-us")
    assert (page.title, body_of(page.blocks), page.published) == ("About", "one\ntwo\nthree", False)
    assert page.audience == "signed_in"
    assert len(revisions.revisions(page_id)) == 3
    assert log("content.page.undone")[-1].subject == f"page:{page_id}"
    other = saved("other", "x")
    assert owner.get(f"/admin/pages/{other.id}/saves/{first.id}").status_code == 404
    assert isinstance(services.undo(other.id, first.id, actor_id=None), Refusal)
    _fifty_are_kept_and_go_with_their_page(owner)


def _fifty_are_kept_and_go_with_their_page(owner: Browser) -> None:
    terms = Page(id=new_id(), slug="terms", title="Terms", changed_at=1)
    terms.blocks = [asdict(one) for one in text_blocks("before")]
    transaction(lambda session: session.add(terms))
    for number in range(2):
        saved("terms", f"text {number}", terms.id)
    # What came with the site is kept when somebody first changes it.
    kept = revisions.revisions(terms.id)
    assert [body_of(row.content["blocks"]) for row in kept] == ["text 1", "text 0", "before"]
    for number in range(2, revisions.MOST + 3):
        saved("terms", f"text {number}", terms.id)
    kept = revisions.revisions(terms.id)
    assert len(kept) == revisions.MOST
    assert body_of(kept[-1].content["blocks"]) == "text 3"
    owner.post(f"/admin/pages/{terms.id}/delete")
    gone = select(PageRevision).where(PageRevision.page_id == terms.id)
    assert db.session.scalars(gone).all() == []


def test_lines_of_a_menu_are_moved_renamed_and_hidden(owner: Browser, quick_site: Site) -> None:
    owner.post("/admin/menus", menu="main", label="News", url="/p/news")
    owner.post("/admin/menus", menu="main", label="Staff", url="/p/staff", audience="role:owner")
    client = browser_of(quick_site, quick_site.person("Ben"))

    assert top_of(client) == ["Live", "News"]
    assert top_of(owner) == ["Live", "News", "Staff"]
    owner.post("/admin/menus/main/move", key="core:site.home", way="down")
    assert top_of(client) == ["News", "Live"]
    change = "/admin/menus/main/line?key=core:site.home"
    owner.post(change, menu="main", label="On air", audience="visitors")
    assert (top_of(client), top_of(visitor_of(owner))) == (["News"], ["News", "On air"])
    owner.post(change, menu="main", label="On air", hidden="y")
    assert top_of(visitor_of(owner)) == ["News"]
    owner.post("/admin/menus/main/forget", key="core:site.home")
    assert top_of(client) == ["News", "Live"]
    news = next(line.key for line in menu_lines(owner) if line.name == "News")
    line = f"/admin/menus/main/line?key={news}"
    assert 'value="/p/news"' in owner.get(line).text
    assert 'value="News"' in owner.get(line).text
    owner.post(line, menu="main", label="Fresh", url="/p/fresh")
    assert top_of(client) == ["Fresh", "Live"]
    owner.post("/admin/menus/main/forget", key=news)
    assert top_of(client) == ["Live"]
    assert log("content.menu.ordered")[-1].subject == "menu:main"
    assert owner.get("/admin/menus/main/line?key=own:none").status_code == 404
    assert owner.post("/admin/menus/none/move", key="core:site.home").status_code == 404
    owner.post("/admin/menus", menu="performer", label="House rules", url="/p/rules")
    performer = browser_of(quick_site, quick_site.person("Pia", "performer"))
    assert "House rules" in performer.text("/perform/")
    _keeps_the_way_in_and_what_was_typed(owner)


def test_two_at_once_make_one_page_and_one_order(site: Site) -> None:
    draft = revisions.Draft("about", "About", text_blocks("Text"))
    made = site.together(2, lambda _: services.save_page(draft, page_id=None, actor_id=None))
    both = ["core:site.home", "none:here"]
    site.together(2, lambda _: menus.order_lines("main", both, actor_id=None))

    assert sorted(type(one).__name__ for one in made) == ["Page", "Refusal"]
    entries = select(MenuEntry.source, MenuEntry.weight).order_by(MenuEntry.weight)
    assert db.session.execute(entries).all() == [(both[0], 0), (both[1], 1)]
    assert len(revisions.revisions(page_of("about").id)) == 1


def menu_lines(owner: Browser) -> list[Line]:
    """The lines of the main menu."""
    with owner.client.application.test_request_context("/"):
        return lines("main")


def top_of(browser: Browser) -> list[str]:
    """The words of the main menu as somebody sees it."""
    nav = browser.get("/").text.partition('<ul class="pv-nav">')[2].partition("</ul>")[0]
    return [part.partition(">")[2].partition("<")[0] for part in nav.split("<a ")[1:]]


def _keeps_the_way_in_and_what_was_typed(owner: Browser) -> None:
    fixed = owner.post(
        "/admin/menus/account/line?key=core:auth.sign_in", menu="account", label="", hidden="y"
    )
    empty = owner.post("/admin/menus", menu="main", label="", url="/p/kept")

    assert (fixed.status_code, empty.status_code) == (422, 422)
    assert "nobody finds the way in" in fixed.text
    assert "/p/kept" in empty.text
    gone = menus.save_line("main", "own:none", menus.Wish("X", "/x"), actor_id=None)
    assert isinstance(gone, Refusal)
    assert owner.get("/admin/menus").status_code == 200
