"""The receipt says what a session cost and why, to those it concerns (R-05, MT-14, PS-09)."""

from __future__ import annotations

import csv
import io
import time
from typing import TYPE_CHECKING

import pytest

from ppvcms.accounts.models import User
from ppvcms.books_check import check_all
from ppvcms.db import db, transaction
from ppvcms.metering.models import Receipt
from tests.metering.stage import Stage
from tests.web.office import browser_of, paid_show, tip

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from tests.live import Site
    from tests.web.office import Browser


@pytest.fixture
def shop(site: Site) -> Shop:
    """A performer with a room, and somebody who has credits."""
    return Shop(site)


@pytest.fixture
def quick_shop(quick_site: Site) -> Shop:
    """The same, on SQLite alone."""
    return Shop(quick_site)


class Shop:
    """Mara's room, and Ben who pays."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.mara = site.person("Mara", "performer")
        self.ben = site.person("Ben", credits=10_000)
        self.room = site.room(self.mara, "Evening piano")

    def show(self, **how: int) -> str:
        """Let Ben take a private show of Mara's."""
        return paid_show(self.room, str(self.ben.user_id), **how)

    @property
    def payer(self) -> Browser:
        """Ben's browser."""
        return browser_of(self.site, self.ben)

    @property
    def performer(self) -> Browser:
        """Mara's browser."""
        return browser_of(self.site, self.mara)


def test_a_receipt_gives_the_reason_in_words_and_numbers(shop: Shop) -> None:
    seat_id = shop.show(seconds=90, rate=200)

    said = shop.payer.text(f"/account/sessions/{seat_id}")

    assert "Private show with Mara" in said
    assert "90 seconds were counted" in said
    assert "60 s x 2.00 a minute / 60 = 2.00, rounded down" in said
    assert "of it came back" in said
    assert "Free 0:30" in said
    assert "Counted 1:00" in said
    assert "Paid from your wallet 2.00 cr" in said
    assert f"/rooms/{shop.room.slug}" in shop.payer.get(f"/account/sessions/{seat_id}").text


def test_tips_of_the_show_stand_on_its_receipt_and_in_its_total(shop: Shop) -> None:
    stage = Stage(shop.room.performer_id, "none", shop.room.id)
    stage.zero = time.time_ns() // 1_000_000 - 60_000
    ben = str(shop.ben.user_id)
    seat_id = stage.open(ben, rate_per_minute=200, grace_s=0)
    for moment in range(0, 60, 5):
        stage.signs(seat_id, moment, moment + 5)
        stage.meter(moment + 5)
    tip(shop.room, ben, 300)
    stage.end(seat_id, 75)

    said = shop.payer.text(f"/account/sessions/{seat_id}")

    assert "Thank you 3.00 cr" in said
    total = 300 + amount_of(seat_id)
    assert f"Paid from your wallet {total // 100}.{total % 100:02} cr" in said
    assert check_all(shop.site.app).ok


def test_nobody_but_the_payer_reads_the_payers_receipt(quick_shop: Shop) -> None:
    shop = quick_shop
    seat_id = shop.show()
    other = browser_of(shop.site, shop.site.person("Cleo"))

    for reader in (other, shop.performer):
        assert reader.get(f"/account/sessions/{seat_id}").status_code == 404
    assert other.get("/account/sessions/none").status_code == 404
    assert shop.site.app.test_client().get(f"/account/sessions/{seat_id}").status_code == 302


def test_the_performer_sees_the_division_and_no_balance_of_the_payer(quick_shop: Shop) -> None:
    shop = quick_shop
    seat_id = shop.show(seconds=90, rate=200)

    said = shop.performer.text(f"/perform/earnings/{seat_id}")

    assert "Private show with Ben" in said
    assert "90 seconds were counted" in said
    assert "You, " in said
    assert "Set aside" not in said
    assert "was set aside" not in said
    assert shop.payer.get(f"/perform/earnings/{seat_id}").status_code in {403, 404}


def test_a_show_that_never_began_says_that_nothing_was_charged(quick_shop: Shop) -> None:
    shop = quick_shop
    stage = Stage(shop.room.performer_id, "none", shop.room.id)
    seat_id = stage.open(str(shop.ben.user_id), rate_per_minute=200)
    stage.end(seat_id, 20)

    said = shop.payer.text(f"/account/sessions/{seat_id}")

    assert "nothing was charged" in said
    assert "Paid from your wallet 0.00 cr" in said


def test_a_running_show_leads_to_its_page(quick_shop: Shop) -> None:
    shop = quick_shop
    stage = Stage(shop.room.performer_id, "none", shop.room.id)
    seat_id = stage.open(str(shop.ben.user_id), rate_per_minute=200)

    answer = shop.payer.get(f"/account/sessions/{seat_id}")

    assert answer.status_code == 302
    assert answer.location.endswith(f"/rooms/{shop.room.slug}/private/{seat_id}")


def test_the_list_is_the_payers_own_and_can_be_narrowed(quick_shop: Shop) -> None:
    shop = quick_shop
    shop.show()
    iva = shop.site.person("Iva", "performer")
    paid_show(shop.site.room(iva, "Chess"), str(shop.ben.user_id))
    cleo = shop.site.person("Cleo", credits=5_000)
    paid_show(shop.room, str(cleo.user_id))

    everything = shop.payer.text("/account/sessions")
    narrowed = shop.payer.text(f"/account/sessions?who={iva.user_id}")

    assert "2 in all" in everything
    assert "1 in all" in narrowed
    assert "No session fits" in shop.payer.text("/account/sessions?who=nobody")


def test_the_download_runs_no_formula_of_anybodys_name(quick_shop: Shop) -> None:
    shop = quick_shop
    shop.show()

    def rename(session: Session) -> None:
        session.get_one(User, shop.mara.user_id).display_name = "=1+1"

    transaction(rename)
    answer = shop.payer.get("/account/sessions/sessions.csv")
    head, row = csv.reader(io.StringIO(answer.text.lstrip("\N{ZERO WIDTH NO-BREAK SPACE}")))

    assert answer.mimetype == "text/csv"
    sheet = shop.payer.get("/account/sessions/sessions.pdf")
    assert (sheet.mimetype, sheet.data[:5]) == ("application/pdf", b"%PDF-")
    earned = shop.performer.get("/perform/earnings/earnings.pdf")
    assert (earned.mimetype, earned.data[:5]) == ("application/pdf", b"%PDF-")
    assert row[head.index("with")] == "'=1+1"
    assert row[head.index("amount")] == "2.00"


def amount_of(seat_id: str) -> int:
    """Return what the minutes of a seat cost, in minor units."""
    db.session.rollback()
    return int(db.session.get_one(Receipt, seat_id).amount)
