"""AC-16: free shows are watched for so long a day, and the end is an offer, not an error."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from ppvcms.db import db, now_ms, transaction
from ppvcms.host import settings
from ppvcms.media.models import Grant
from tests import kit
from tests.live import site_at
from tests.rooms.test_wire import Page

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ppvcms.accounts.actor import Actor
    from tests.live import Site

MINUTE_MS = 60_000


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Site]:
    """A site on which free viewing is bounded, with Anna on air."""
    with site_at(f"sqlite:///{tmp_path / 'site.sqlite3'}", tmp_path, "free_viewing") as site:
        anna = site.person("Anna", "performer")
        site.go_live(site.room(anna), anna)
        yield site


def page_of(site: Site, actor: Actor | None = None) -> Page:
    page = Page(site, actor)
    page.ok("join", room="anna", page="public")
    return page


def watched(minutes: int, user_id: str | None) -> None:
    """Let the grants of somebody have begun so long ago."""
    mine = (Grant.role == "viewer") & (Grant.user_id == user_id)
    transaction(
        lambda s: s.execute(
            sa.update(Grant).where(mine).values(made_at=now_ms(s) - minutes * MINUTE_MS)
        )
    )


def ends_in_min(user_id: str | None) -> int | None:
    db.session.rollback()
    query = sa.select(Grant.ends_at).where(Grant.role == "viewer", Grant.user_id == user_id)
    found = db.session.scalars(query.order_by(Grant.made_at.desc())).first()
    return None if found is None else round((found - now_ms(db.session())) / MINUTE_MS)


def test_a_visitor_watches_an_hour_a_day_in_however_many_tabs(live: Site) -> None:
    page = page_of(live)
    page.ok("watch")
    assert ends_in_min(None) == 60

    watched(40, None)
    page.ok("watch")
    assert ends_in_min(None) == 20
    watched(61, None)

    for tab in (page, page_of(live)):
        error = tab.send("watch")["error"]
        assert (error["code"], error["details"]) == ("free_over", {"cover": "sign_in"})
        assert "Nothing was taken" in error["reason"]
    ben = live.person("Ben")
    page_of(live, ben).ok("watch")
    assert ends_in_min(str(ben.user_id)) == 720


def test_credits_lift_the_bound_and_work_has_none(live: Site) -> None:
    ben, mod = live.person("Ben"), live.person("Mo", "moderator")
    page = page_of(live, ben)
    page.ok("watch")
    watched(721, str(ben.user_id))
    assert page.send("watch")["error"]["details"] == {"cover": "topup"}

    kit.fund(str(ben.user_id), 999)
    assert page.no("watch") == "free_over"
    kit.fund(str(ben.user_id), 1)
    page.ok("watch")
    page_of(live, mod).ok("watch")

    assert ends_in_min(str(ben.user_id)) is None
    assert ends_in_min(str(mod.user_id)) is None


def test_yesterday_is_forgotten_and_the_owner_may_lift_or_close_it(live: Site) -> None:
    page = page_of(live)
    page.ok("watch")
    watched(24 * 60 + 5, None)
    day_ago = 24 * 60 * MINUTE_MS
    transaction(
        lambda s: s.execute(
            sa.update(Grant)
            .where(Grant.role == "viewer")
            .values(revoked_at=now_ms(s) - day_ago, state="revoked")
        )
    )
    page.ok("watch")
    assert ends_in_min(None) == 60

    for minutes, answer in ((1440, "ok"), (0, "error")):
        transaction(lambda s, m=minutes: settings.save(s, "free_viewing", "visitor_min", m))
        assert answer in page.send("watch")
