"""The wallet's statement tells each credit that came and went; paid time is one line (AC-09)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ppvcms.books_check import check_all
from tests.web.office import browser_of, paid_show, tip

if TYPE_CHECKING:
    from tests.live import Site


def test_the_statement_sums_a_session_and_keeps_to_its_owner(site: Site) -> None:
    mara, ben = site.person("Mara", "performer"), site.person("Ben", credits=10_000)
    room = site.room(mara, "Evening piano")
    seat_id = paid_show(room, str(ben.user_id), seconds=90, rate=200)
    tip(room, str(ben.user_id), 300)
    payer = browser_of(site, ben)

    said, page = payer.text("/account/wallet"), payer.get("/account/wallet").text

    assert page.count(f"/account/sessions/{seat_id}") == 1
    assert "Private show with Mara Session" in said
    assert "-2.00 cr" in said
    assert "-3.00 cr" in said
    assert "+100.00 cr" in said
    assert payer.get("/account/wallet/wallet.csv").text.count("\n") == 4
    overview = payer.text("/account")
    assert "Sessions in 30 days 1 2.00 cr" in overview
    assert "Why this amount" in overview
    assert "Credits in and out" in overview
    assert "Nothing has moved yet" in browser_of(site, mara).text("/account/wallet")
    assert check_all(site.app).ok
