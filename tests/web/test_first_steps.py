"""The check list and the advice on size on the back office's first page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ppvcms.content.models import Page, PageRevision
from ppvcms.db import now_ms, transaction
from ppvcms.host.settings import save_site
from ppvcms.ids import new_id
from ppvcms.payments.models import CreditPack
from ppvcms.web.admin.queries.upkeep import note_backup
from ppvcms.web.admin.sizing import size_for
from tests.web.office import browser_of

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from tests.live import Site
    from tests.web.office import Browser


def test_each_step_goes_when_it_is_done(quick_site: Site, owner: Browser) -> None:
    page_id = new_id()

    def fill(session: Session) -> None:
        now = now_ms(session)
        session.add(Page(id=page_id, slug="terms", title="Terms", blocks=[], changed_at=now))

    transaction(fill)
    before = owner.text("/admin/")
    todo = ("Take real money", "Offer credits", "Write your terms", "Make a first backup", "Bring")
    assert [step for step in todo if step not in before] == []
    assert "Switch live video on" not in before
    assert "A machine for what you expect" not in before

    def do(session: Session) -> None:
        save_site(session, None, {"test_mode": False, "expect_watching": 400})
        pack = {"name": "10 credits", "credits": 1000, "bonus": 0, "prices": {"USD": 1000}}
        session.add(CreditPack(id=new_id(), **pack))
        saved = {"id": new_id(), "page_id": page_id, "content": {}}
        session.add(PageRevision(made_at=now_ms(session), **saved))

    transaction(do)
    note_backup(quick_site.app.config["PPVCMS"].instance)
    quick_site.room(quick_site.person("Anna", "performer"))
    after = owner.text("/admin/")
    assert [step for step in todo if step in after] == []
    assert "Give the site its address" in after
    assert "Database PostgreSQL SQLite too little" in after
    assert "--workers 2" in after
    # Who may not do a step does not see it.
    moderator = browser_of(quick_site, quick_site.person("Mo", "moderator"))
    assert "A machine for what" not in moderator.text("/admin/")


def test_the_advice_grows_with_what_is_expected() -> None:
    small, large = size_for(5, 10), size_for(200, 1000)
    assert (small.cores, small.servers, small.own_database, small.own_engine) == (
        2,
        1,
        False,
        False,
    )
    assert (large.cores, large.servers, large.line_mbit) == (25, 5, 2000)
    assert large.own_database
    assert large.own_engine
    assert size_for(21, 0).own_database
