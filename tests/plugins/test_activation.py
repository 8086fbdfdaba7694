"""AC-05: the checks that the owner picks stand before the first paid act."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa

from plugins.activation.services import problem
from ppvcms.accounts.models import AuditLog
from ppvcms.db import db, transaction
from ppvcms.host import lifecycle, registry, settings
from ppvcms.metering import requests
from ppvcms.payments.attempts import look_up_open
from ppvcms.payments.holds import release_due
from ppvcms.payments.models import PaymentOp
from ppvcms.results import Refusal
from ppvcms.sales.orders import refusal_to_spend
from tests import kit
from tests.live import refused, site_at
from tests.web.office import browser_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.live import Site


@pytest.fixture
def checked(tmp_path: Path) -> Iterator[Site]:
    """A site whose owner asks for an approval."""
    with site_at(f"sqlite:///{tmp_path / 'site.sqlite3'}", tmp_path, "activation") as site:
        transaction(lambda s: settings.save(s, "activation", "needed", ["activation.manual"]))
        yield site
        assert kit.books_problems() == []


def test_nothing_is_paid_before_staff_approves(checked: Site) -> None:
    anna, ben = checked.person("Anna", "performer"), checked.person("Ben", credits=5_000)
    mod = checked.person("Mo", "moderator")
    room = checked.room(anna)
    checked.go_live(room, anna)
    offer = checked.offer(room, ben)

    answer = requests.ask(offer.token, "", ben, uuid.uuid4().hex)
    assert refused(answer) == "activation"
    assert refused(refusal_to_spend(ben, "item", 100)) == "activation"
    page = browser_of(checked, ben)
    assert "approval by the site" in page.text("/account")
    page.post("/activation/ask/manual")
    desk = browser_of(checked, mod)
    assert "Ben" in desk.text("/activation/desk")
    desk.post(f"/activation/desk/{ben.user_id}/manual", verdict="done", reason="Seen")

    assert not isinstance(requests.ask(offer.token, "", ben, uuid.uuid4().hex), Refusal)
    query = sa.select(AuditLog).where(AuditLog.action == "activation.check.ticked")
    (row,) = db.session.scalars(query)
    assert (row.actor_id, row.reason) == (mod.user_id, "Seen")


def test_a_card_is_held_and_given_back_before_the_first_purchase(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'site.sqlite3'}"
    with site_at(url, tmp_path, "activation", "gateway_sandbox") as site:
        transaction(lambda s: settings.save(s, "activation", "needed", ["activation.card"]))
        ben = site.person("Ben")
        page = browser_of(site, ben)
        assert refused(refusal_to_spend(ben, "item", 100)) == "activation"
        assert "1.00" in page.text("/activation/card")

        way = page.post("/activation/card", key="k").location
        assert page.post("/activation/card", key="k").location == way, "once for each key"
        gateway = urlsplit(page.get(way).location).path
        assert "only held on the card" in page.text(gateway)
        page.post(gateway, script="timeout")
        transaction(lambda s: s.execute(sa.update(PaymentOp).values(next_try_at=0)))
        look_up_open()

        back = way.replace("checkout", "return")
        assert "is held and given back now" in page.text(back)
        assert refusal_to_spend(ben, "item", 100) is None
        assert release_due() == 1
        transaction(lambda s: s.execute(sa.update(PaymentOp).values(next_try_at=0)))
        release_due()
        assert "was held and given back. Nothing was taken." in page.text(back)
        assert "Your card is confirmed" in page.text("/activation/card")
        assert page.post("/activation/card").status_code == 422
        office = browser_of(site, site.person("Olga", "owner"))
        assert "hold given back" in office.text("/admin/payments")
        lifecycle.deactivate("gateway_sandbox", actor_id=None, insist=True)
        assert problem() is not None
        assert "No card can be checked" in browser_of(site, site.person("Eve")).text(
            "/activation/card"
        )
        assert kit.books_problems() == []


def test_a_refusal_needs_a_reason_and_a_wire_is_ticked_by_name(checked: Site) -> None:
    ben, boss = checked.person("Ben"), checked.person("Olga", "owner")
    page = browser_of(checked, boss)
    page.post(f"/activation/desk/{ben.user_id}/manual", verdict="refused", reason="")
    assert refused(refusal_to_spend(ben, "item", 1)) == "activation"

    transaction(lambda s: settings.save(s, "activation", "needed", ["activation.wire"]))
    page.post("/activation/desk/by-name", person="ben", name="wire", reason="REF 1")

    assert refusal_to_spend(ben, "item", 1) is None
    assert browser_of(checked, ben).post("/activation/desk/by-name").status_code == 403


def test_a_needed_check_whose_plugin_is_off_is_not_passed(checked: Site) -> None:
    ben = checked.person("Ben")
    own = {"activation.card", "activation.manual", "activation.wire"}
    assert set(registry.activation_checks()) == own

    transaction(lambda s: settings.save(s, "activation", "needed", ["phone.code"]))

    assert refused(refusal_to_spend(ben, "item", 1)) == "activation"
