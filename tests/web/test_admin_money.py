"""The owner reads the money: sessions, income, books (AC-10, MT-14, CM-01)."""

from __future__ import annotations

import csv
import io
import math
from typing import TYPE_CHECKING

from ppvcms.db import db, now_ms
from ppvcms.host import app as host_app
from ppvcms.host import settings
from ppvcms.web.admin.queries import commissions, ledger, money
from ppvcms.web.admin.queries import seats as read
from ppvcms.web.admin.queries.seats import PlainState, SeatFilters
from ppvcms.web.sheets import safe_cell
from tests.kit import books_problems
from tests.web.office import Statements, browser_of, paid_show, plain, tip

if TYPE_CHECKING:
    import pytest

    from tests.live import Site


def test_a_session_is_listed_with_what_billing_needs(site: Site) -> None:
    """AC-10: start, end, counted and paused time, rate, tips, total, and one plain state."""
    mara = site.person("Mara", "performer")
    ben = site.person("Ben", credits=5_000)
    room = site.room(mara, "Mara")
    seat_id = paid_show(room, str(ben.user_id), seconds=90, rate=200)

    row = read.seat_page(SeatFilters()).items[0]

    assert (row.id, row.performer, row.client) == (seat_id, "Mara", "Ben")
    assert (row.counted_s, row.rate, row.total, row.paused_s) == (90, 200, 200, 0)
    assert row.state is PlainState.ENDED_BY_CLIENT
    assert read.seat_sums(SeatFilters()) == (90, 200)
    assert books_problems() == []


def test_filters_find_the_sessions_of_a_day_a_person_and_a_state(site: Site) -> None:
    mara, iva = site.person("Mara", "performer"), site.person("Iva", "performer")
    ben, cleo = site.person("Ben", credits=5_000), site.person("Cleo", credits=5_000)
    first = paid_show(site.room(mara, "Mara"), str(ben.user_id))
    second = paid_show(site.room(iva, "Iva"), str(cleo.user_id))
    now = now_ms(db.session())

    def found(**filters: object) -> set[str]:
        return {row.id for row in read.seat_page(SeatFilters(**filters)).items}  # type: ignore[arg-type]

    assert found(performer_id=mara.user_id) == {first}
    assert found(client_id=cleo.user_id) == {second}
    assert found(state="ended_by_client") == {first, second}
    assert found(state="line_lost") == found(state="running") == set()
    assert found(until=now - 86_400_000) == set()
    assert found(since=now - 86_400_000) == {first, second}


def test_income_by_type_is_what_was_spent_and_what_the_site_keeps(site: Site) -> None:
    """CM-01: 80 % of shows and 90 % of tips are earned, the rest is the site's."""
    mara = site.person("Mara", "performer")
    ben = site.person("Ben", credits=5_000)
    room = site.room(mara, "Mara")
    paid_show(room, str(ben.user_id), seconds=90, rate=200)
    tip(room, str(ben.user_id), 500)

    found = {one.kind: (one.charges, one.gross, one.commission) for one in money.income(0)}

    assert found == {"tip": (1, 500, 50), "private": (1, 200, 40)}
    today = money.by_day(now=now_ms(db.session()), days=2, offset_ms=0)[-1]
    assert (today.gross, today.commission) == (700, 90)


def test_commissions_say_who_got_which_part_of_what_was_spent(site: Site) -> None:
    """CM-04: by kind and by person, and what was taken back is taken off."""
    mara = site.person("Mara", "performer")
    ben = site.person("Ben", credits=5_000)
    room = site.room(mara, "Mara")
    paid_show(room, str(ben.user_id), seconds=90, rate=200)
    tip(room, str(ben.user_id), 500)
    now = now_ms(db.session()) + 1

    def divided() -> dict[str, tuple[int, int, int, int]]:
        rows = commissions.by_kind(0, now + 60_000)
        return {row.kind: (row.charges, row.gross, row.performers, row.site) for row in rows}

    assert divided() == {"tip": (1, 500, 450, 50), "private": (1, 200, 160, 40)}
    (only,) = commissions.by_party("performer", 0, now)
    assert (only.name, only.charges, only.gross, only.amount) == ("Mara", 2, 700, 610)
    assert commissions.by_party("studio", 0, now) == []
    page = browser_of(site, site.person("Olga", "owner")).text("/admin/commissions")
    assert "Mara" in page
    assert "610" not in page
    assert "6.10" in page


def test_all_accounts_sum_to_nothing_and_the_page_says_so(site: Site) -> None:
    """R-02, by the balances of accounts instead of by their entries."""
    mara = site.person("Mara", "performer")
    ben = site.person("Ben", credits=5_000)
    paid_show(site.room(mara, "Mara"), str(ben.user_id))

    totals: dict[str, int] = {}
    for one in ledger.sums_by_kind():
        totals[one.currency] = totals.get(one.currency, 0) + one.balance

    assert totals == {"CRD": 0, "USD": 0}
    revenue = [row for row in ledger.accounts(kind="revenue").items if row.owner_id == "private"]
    assert [row.balance for row in revenue] == [40]


def test_the_page_of_a_session_says_why_it_cost_what_it_cost(site: Site) -> None:
    """R-05: terms, counted seconds, formula, shares, transfers."""
    owner = browser_of(site, site.person("Olga", "owner"))
    mara = site.person("Mara", "performer")
    ben = site.person("Ben", credits=5_000)
    seat_id = paid_show(site.room(mara, "Mara"), str(ben.user_id), seconds=90, rate=200)

    page = owner.text(f"/admin/sessions/{seat_id}")

    assert "90 seconds were counted" in page
    assert "The first 30 seconds are free" in page
    assert "60 s x 2.00 a minute / 60 = 2.00" in page
    assert "80.00 % 1.60 cr" in page
    assert "20.00 % 0.40 cr" in page


def test_the_books_are_checked_by_a_button_and_nothing_is_changed(site: Site) -> None:
    owner = browser_of(site, site.person("Olga", "owner"))
    mara = site.person("Mara", "performer")
    ben = site.person("Ben", credits=5_000)
    paid_show(site.room(mara, "Mara"), str(ben.user_id))
    assert books_problems() == []

    page = plain(owner.post("/admin/ledger/check").text)

    assert "The books hold" in page
    assert "I1 holds" in page


def test_the_export_holds_the_list_and_runs_no_formula(site: Site) -> None:
    owner = browser_of(site, site.person("Olga", "owner"))
    mara = site.person("Mara", "performer")
    ben = site.person("Ben", credits=5_000)
    seat_id = paid_show(site.room(mara, "Mara"), str(ben.user_id), seconds=90, rate=200)

    answer = owner.get("/admin/sessions.csv")
    row = next(csv.DictReader(io.StringIO(answer.text.lstrip("\ufeff"))))

    assert answer.mimetype == "text/csv"
    assert (row["id"], row["total"], row["currency"]) == (seat_id, "2.00", "CRD")
    assert safe_cell("=1+1") == "'=1+1"
    assert safe_cell("@cmd") == "'@cmd"
    assert safe_cell("-2.50") == "-2.50"


def test_lists_take_the_same_number_of_queries_however_long_they_are(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What is read once a second would be counted with a slow page.
    monkeypatch.setattr(settings, "KEEP_S", math.inf)
    monkeypatch.setattr(host_app, "READ_EVERY_S", math.inf)
    owner = browser_of(site, site.person("Olga", "owner"))
    mara = site.person("Mara", "performer")
    room = site.room(mara, "Mara")
    pages = (
        "/admin/sessions",
        "/admin/shows",
        "/admin/people",
        "/admin/rooms",
        "/admin/ledger/transfers",
        "/admin/ledger/accounts",
    )

    def count(path: str) -> int:
        with Statements() as statements:
            assert owner.get(path).status_code == 200
        return statements.count

    def counts() -> list[int]:
        return [min(count(path) for _time in range(2)) for path in pages]

    paid_show(room, str(site.person("Ben", credits=5_000).user_id), seconds=40)
    few = counts()
    for name in ("Cleo", "Dana", "Eli"):
        paid_show(room, str(site.person(name, credits=5_000).user_id), seconds=40)
        site.room(site.person(f"{name}s", "performer"), name)

    assert counts() == few
