"""WL-16: people limit themselves, the owner limits everybody, and the pages say what holds."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import pytest

from ppvcms.db import db
from ppvcms.host import lifecycle
from ppvcms.ledger.limits import Period
from ppvcms.ledger.own_limits import set_spend_limit, spend_limits
from ppvcms.metering import requests
from tests import kit
from tests.live import refused, site_at
from tests.plugins.test_tips import send
from tests.web.office import browser_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.live import Site


@pytest.fixture
def limited(tmp_path: Path) -> Iterator[Site]:
    """A site with the pages of limits, whose books hold at the end."""
    with site_at(f"sqlite:///{tmp_path / 'site.sqlite3'}", tmp_path, "limits") as site:
        yield site
        assert kit.books_problems() == []


def test_a_person_lowers_at_once_and_raises_tomorrow(limited: Site) -> None:
    ben = limited.person("Ben", credits=10_000)
    page = browser_of(limited, ben)

    page.post("/limits/", day="5", week="", month="30")
    page.post("/limits/", day="8", week="", month="20")
    wrong = page.post("/limits/", day="much", week="", month="")

    text = page.text("/limits/")
    assert wrong.status_code == 422
    assert "Until then 5.00 cr holds" in text
    found = {limit.period: limit.amount for limit in spend_limits(str(ben.user_id))}
    assert found == {Period.DAY: 500, Period.WEEK: None, Period.MONTH: 2_000}
    assert kit.available(str(ben.user_id)) == 500
    assert "Your spending limits" in page.text("/account")


def test_a_tip_and_a_show_are_refused_at_the_limit_and_say_so(limited: Site) -> None:
    anna, ben = limited.person("Anna", "performer"), limited.person("Ben", credits=10_000)
    room = limited.room(anna)
    limited.go_live(room, anna)
    set_spend_limit(str(ben.user_id), Period.DAY, 550)

    answer = requests.ask(limited.offer(room, ben).token, "", ben, uuid.uuid4().hex)
    assert refused(answer) == "limit"
    assert refused(send(room, ben, 600)) == "limit"
    assert send(room, ben, 500)["available"] == 50

    assert "5.00 cr of 5.50 cr" in browser_of(limited, ben).text("/limits/")


def test_the_owner_limits_everybody_and_switching_off_keeps_what_was_set(limited: Site) -> None:
    ben, boss = limited.person("Ben", credits=10_000), limited.person("Olga", "owner")
    page = browser_of(limited, boss)

    page.post("/limits/everybody", day="", week="3", month="")
    assert kit.available(str(ben.user_id)) == 300
    assert "The site allows 3.00 cr" in browser_of(limited, ben).text("/limits/")
    assert browser_of(limited, ben).get("/limits/everybody").status_code == 403
    assert lifecycle.deactivate("limits", actor_id=None) is None

    db.session.rollback()
    assert kit.available(str(ben.user_id)) == 300
