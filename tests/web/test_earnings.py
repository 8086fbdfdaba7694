"""What a performer earned, and when it comes (CM-05, CM-12)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.kit import books_problems
from tests.web.office import browser_of, paid_show, tip

if TYPE_CHECKING:
    from tests.live import Site


def test_earnings_are_read_by_source_and_day_with_what_is_on_hold(quick_site: Site) -> None:
    mara = quick_site.person("Mara", "performer")
    ben = quick_site.person("Ben", credits=5_000)
    room = quick_site.room(mara, "Mara")
    seat_id = paid_show(room, str(ben.user_id), seconds=90, rate=200)
    tip(room, str(ben.user_id), 500)
    pages = browser_of(quick_site, mara)

    page = pages.text("/perform/earnings")
    assert "6.10" in page
    assert "4.50" in page
    assert "Thank you" not in pages.text("/perform/earnings?kind=private")
    assert "Nothing fits" in pages.text("/perform/earnings?until=2020-01-01")
    assert "6.10" in pages.text("/perform/")
    assert "1.60" in pages.text(f"/perform/earnings/{seat_id}")
    lines = pages.get("/perform/earnings/earnings.csv?kind=tip").text.strip().splitlines()
    assert len(lines) == 2
    assert ",4.50," in lines[1]
    assert pages.get("/perform/earnings/earnings.pdf").data.startswith(b"%PDF")
    assert books_problems() == []


def test_nobody_reads_what_another_earned(quick_site: Site) -> None:
    mara, iva = (quick_site.person(name, "performer") for name in ("Mara", "Iva"))
    ben = quick_site.person("Ben", credits=5_000)
    room = quick_site.room(mara, "Mara")
    seat_id = paid_show(room, str(ben.user_id), seconds=90, rate=200)
    other = browser_of(quick_site, iva)

    assert other.get(f"/perform/earnings/{seat_id}").status_code == 404
    assert "1.60" not in other.text("/perform/earnings")
    assert browser_of(quick_site, ben).get("/perform/earnings").status_code == 403
