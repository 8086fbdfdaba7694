"""A balance shown is never older than the viewer's own last act, wherever it is shown (R-05)."""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING

from ppvcms.db import transaction
from ppvcms.host import settings
from tests.rooms.test_wire import Page
from tests.web.office import browser_of

if TYPE_CHECKING:
    from tests.live import Site

SHOWN = re.compile(r'data-pv-available="(\d+)"')


def test_every_place_shows_the_balance_after_the_last_act(site: Site) -> None:
    anna, ben = site.person("Anna", "performer"), site.person("Ben", credits=5_000)
    room = site.room(anna)
    site.go_live(room, anna)
    page, other_tab, pages = Page(site, ben), Page(site, ben), browser_of(site, ben)
    page.ok("join", room=room.slug, page="public")
    transaction(lambda session: settings.save(session, "tips", "gap_s", 0))
    left = 5_000
    for amount in (100, 700):
        act = {"amount": amount, "note": "", "key": uuid.uuid4().hex, "confirm": True}
        answer = page.ok("action", name="tips.send", data=act)["result"]
        left -= amount
        assert answer["available"] == left
        assert page.heard("balance")[-1]["available"] == left
        assert other_tab.heard("balance")[-1]["available"] == left
        joined = other_tab.ok("join", room=room.slug, page="public")
        assert joined["me"]["balance"]["available"] == left
        for path in ("/account", "/credits", "/"):
            assert set(SHOWN.findall(pages.get(path).text)) == {str(left)}, path
