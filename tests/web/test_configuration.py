"""The configuration as a file: out, in again, refused whole, and never with what is secret."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from ppvcms.accounts import roles, texts
from ppvcms.accounts.models import AuditLog, LoginSession
from ppvcms.content import menus, regions, services
from ppvcms.content.blocks import text_blocks
from ppvcms.content.models import Page
from ppvcms.content.revisions import Draft, draft_of
from ppvcms.db import db, transaction
from ppvcms.host import customise, lifecycle, settings
from ppvcms.host.looks import Look
from ppvcms.host.scopes import Scope
from ppvcms.payments import packs
from ppvcms.rooms import office
from ppvcms.rooms.models import Category
from ppvcms.web.admin.siteconfig.document import WrongFileError
from ppvcms.web.admin.siteconfig.plan import AREAS, bring_in, export, look_at
from tests.live import site_at
from tests.web.office import browser_of, log

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.live import Site
    from tests.web.office import Browser

NAMES = [area.key for area in AREAS]


def content() -> dict[str, Any]:
    """Return what a file of the site holds, without the moment at which it was made."""
    db.session.rollback()
    found: dict[str, Any] = json.loads(export())
    del found["made_at"]
    return found


def file_with(**changes: Any) -> bytes:
    """Return a file of the site in which entries of some areas were changed."""
    found = json.loads(export())
    for area, entries in changes.items():
        found[area] |= entries
    return json.dumps(found).encode()


def refusal_of(data: bytes) -> dict[str, str]:
    """Return what is wrong with a file, by path."""
    with pytest.raises(WrongFileError) as caught:
        bring_in(data, actor_id=None)
    return {fault.path: fault.text for fault in caught.value.faults}


def furnish(word: str, number: int) -> None:
    """Make everything that a file holds, or make it otherwise."""
    core = {"site_name": word, "hold_days": number, "locales": ["en", "de"]}
    core |= {"ratio_by_type": {"tip": number}}
    transaction(lambda session: settings.save_site(session, None, core))
    transaction(lambda session: settings.save(session, "tips", "least", number * 100))
    shared = ["least", "most"][: number % 2]
    transaction(lambda s: settings.allow(s, "tips", Scope.ROOM, shared, actor_id=None))
    customise.publish(
        "stage", Look(colours={"light": {"brand": f"#0000{number:02d}"}}), actor_id=None
    )
    roles.save_role(
        key="desk", name=word, is_open=False, permissions=["mail.view"][: number % 2], actor_id=None
    )
    rows = {row.slug: row.id for row in db.session.scalars(sa.select(Category))}
    office.save_category(
        category_id=rows.get("shelf"), name=word, slug="shelf", weight=number, actor_id=None
    )
    packs_here = packs.all_packs()
    draft = packs.PackDraft("Starter", number * 100, prices={"USD": number * 100})
    packs.save_pack(packs_here[0].id if packs_here else None, draft, actor_id=None)
    page = db.session.scalars(sa.select(Page).where(Page.slug == "about")).first()
    services.save_page(
        Draft("about", word, text_blocks(f"**{word}**")),
        page_id=page.id if page else None,
        actor_id=None,
    )
    regions.save_region("footer", text_blocks(word), actor_id=None)
    menus.save_line("footer", None, menus.Wish(word, "/p/about"), actor_id=None)
    words = {"title": word, "body": f"{word} for %(name)s"}
    texts.save_text("letter.reset", "en", **words, known=["name"], actor_id=None)


def test_a_changed_site_becomes_again_what_its_file_says(quick_site: Site) -> None:
    del quick_site
    furnish("Harbour", 11)
    data, before = export(), content()
    furnish("Island", 20)
    other = content()
    assert [name for name in NAMES if other[name] == before[name]] == []

    plan = bring_in(data, actor_id=None)

    assert content() == before
    assert {part.key for part in plan.parts if part.changed} == set(NAMES)
    assert look_at(data).changes == 0
    assert bring_in(data, actor_id=None).changes == 0
    rows = log("host.config.imported")
    assert sorted(row.subject for row in rows) == sorted(f"config:{name}" for name in NAMES)


def test_what_only_the_site_has_stays_and_what_only_the_file_has_is_added(
    quick_site: Site,
) -> None:
    del quick_site
    furnish("Harbour", 11)
    data = export()
    ids = [row.id for row in db.session.scalars(sa.select(Page))]
    for page_id in ids:
        services.delete_page(page_id, actor_id=None)
    services.save_page(Draft("mine", "Mine", ()), page_id=None, actor_id=None)

    plan = bring_in(data, actor_id=None)

    pages = next(part for part in plan.parts if part.key == "pages")
    assert ([line.key for line in pages.added], pages.only_here) == (["about"], ("mine",))
    db.session.rollback()
    kept = {page.slug: draft_of(page).title for page in services.pages()}
    assert kept == {"about": "Harbour", "mine": "Mine"}


def test_one_wrong_value_is_named_with_its_path_and_nothing_is_changed(quick_site: Site) -> None:
    del quick_site
    furnish("Harbour", 11)
    before = content()
    look, line = before["theme"]["look.stage"], before["menus"]["footer"][0]
    shut = {**line, "source": "core:auth.sign_in", "url": "", "hidden": True}
    wrong = file_with(
        settings={"site_name": "New", "site_nam": "x", "hold_days": 1000, "time_zone": "Mars"},
        plugin_settings={"tips.least": -5, "tips.leasd": 1, "tips.gap_s": "soon"},
        theme={"look.stage": {**look, "colours": {"light": {"brand": "url(//x)"}}}},
        roles={
            "owner": {"open": False, "gives": []},
            "client": {"open": True, "gives": ["code.manage"]},
            "performer": {"open": True, "gives": ["ledger.manage"]},
        },
        credit_packs={"Free": {**before["credit_packs"]["Starter"], "name": "Free", "credits": 0}},
        pages={"../x": before["pages"]["about"]},
        regions={"cellar": [], "footer": [{"key": "a", "name": "core.text"}]},
        menus={"footer": [{**line, "url": "javascript:alert(1)"}], "main": [shut]},
        categories={"A Shelf": {"name": "A", "weight": 0}},
        texts={"letter.reset/en": {"title": "A", "body": "%(secret)s"}},
    )

    faults = refusal_of(wrong)

    assert set(faults) == {
        "settings.site_nam",
        "settings.hold_days",
        "settings.time_zone",
        "plugin_settings.tips.least",
        "plugin_settings.tips.leasd",
        "plugin_settings.tips.gap_s",
        "theme.look.stage.colours",
        "roles.owner",
        "roles.client.gives.code.manage",
        "roles.performer.gives.ledger.manage",
        "credit_packs.Free.credits",
        "categories.A Shelf",
        "pages.../x",
        "regions.cellar",
        "regions.footer",
        "menus.footer.0.url",
        "menus.main.0.hidden",
        "texts.letter.reset/en.body",
    }
    assert "site_name" in faults["settings.site_nam"]
    assert content() == before
    assert log("host.config.imported") == []


def test_what_fails_in_the_middle_leaves_nothing(quick_site: Site) -> None:
    del quick_site
    furnish("Harbour", 11)
    data = export()
    furnish("Island", 20)
    before = content()

    def fail(_mapper: object, _connection: object, row: AuditLog) -> None:
        if row.subject == "config:texts":
            raise RuntimeError(row.subject)

    sa.event.listen(AuditLog, "before_insert", fail)
    try:
        with pytest.raises(RuntimeError):
            bring_in(data, actor_id=None)
    finally:
        sa.event.remove(AuditLog, "before_insert", fail)

    assert content() == before
    assert log("host.config.imported") == []


def test_what_is_no_such_file_is_refused(quick_site: Site) -> None:
    del quick_site
    wrong = {
        b"\x00": "-",
        b"[" * 100_000: "-",
        b'{"format": 1, "format": 1}': "-",
        b'{"format": NaN}': "-",
        b'{"format": 1e999}': "-",
        b'{"format": "\\ud800"}': "-",
        b'{"format": "\\u0000"}': "-",
        b'{"format": 2}': "format",
        b'{"format": 1, "people": {}}': "people",
    }

    assert [path for data, path in wrong.items() if path not in refusal_of(data)] == []


@pytest.fixture
def sms(tmp_path: Path) -> Iterator[None]:
    """A site with a plugin that has secrets."""
    with site_at(f"sqlite:///{tmp_path / 'site.sqlite3'}", tmp_path, "sms"):
        yield


@pytest.mark.usefixtures("sms")
def test_secrets_stay_and_absent_plugins_are_named() -> None:
    secret = min(settings.spec_of("sms").secrets)
    transaction(lambda session: settings.save(session, "sms", secret, "hush-hush"))
    data = export()
    assert b"hush" not in data
    found = json.loads(data)
    assert f"sms.{secret}" in found["secrets_left_out"]
    assert refusal_of(file_with(plugin_settings={f"sms.{secret}": "x"}))

    assert bring_in(data, actor_id=None).changes == 0
    assert settings.of("sms").as_dict()[secret] == "hush-hush"
    lifecycle.deactivate("sms", actor_id=None, insist=True)
    found["plugins"] |= {"tips": "99.0", "elsewhere": "1.0"}
    found["plugin_settings"] |= {"elsewhere.key": 1, "tips.least": 777}
    plan = bring_in(json.dumps(found).encode(), actor_id=None)

    paths = [one.path for one in plan.left]
    assert {"plugins.elsewhere", "plugins.sms", "plugins.tips", "plugin_settings.tips"} <= set(
        paths
    )
    assert settings.of("tips").least != 777


def test_the_owner_sees_what_would_change_and_confirms_those_bytes(
    quick_site: Site, owner: Browser
) -> None:
    del quick_site
    assert "/admin/settings/import" in owner.get("/admin/settings").text
    sent = owner.get("/admin/settings/export")
    assert "attachment" in sent.headers["Content-Disposition"]
    assert len(log("host.config.exported")) == 1
    fresh = file_with(settings={"site_name": "Brought in"})

    answer = owner.post("/admin/settings/import", file=(io.BytesIO(fresh), "a.json"))
    review = answer.location
    page = owner.text(review)
    assert "Brought in" in page
    assert "Change 1 entry" in page
    sha256 = review.rpartition("/")[2]
    assert settings.site().site_name != "Brought in"
    assert owner.post(f"{review}/confirm", sha256="0" * 64).status_code == 400
    wrong = f"/admin/settings/import/{'0' * 64}/confirm"
    assert owner.post(wrong, sha256="0" * 64).status_code == 422
    assert owner.post(f"{review}/confirm", sha256=sha256).status_code == 302
    settings.forget()
    assert settings.site().site_name == "Brought in"
    assert owner.get(review).status_code == 422

    refused = owner.post("/admin/settings/import", file=(io.BytesIO(b"{}"), "a.json"))
    assert refused.status_code == 422
    assert "Nothing was changed" in refused.text


def test_a_file_needs_the_owner_and_the_password(quick_site: Site, owner: Browser) -> None:
    roles.save_role(
        key="desk",
        name="Desk",
        is_open=False,
        permissions=["admin.view", "settings.manage"],
        actor_id=None,
    )
    desk = browser_of(quick_site, quick_site.person("Dora", "desk"))
    paths = ("/admin/settings/export", "/admin/settings/import")

    assert [desk.get(path).status_code for path in paths] == [403, 403]
    assert "/admin/settings/import" not in desk.get("/admin/settings").text
    transaction(lambda session: session.execute(sa.update(LoginSession).values(confirmed_at=0)))
    assert ["/confirm" in owner.get(path).location for path in paths] == [True, True]
