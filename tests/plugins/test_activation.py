"""AC-05: the checks that the owner picks stand before the first paid act."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from ppvcms.accounts.models import AuditLog
from ppvcms.db import db, transaction
from ppvcms.host import registry, settings
from ppvcms.metering import requests
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
    assert set(registry.activation_checks()) == {"activation.manual", "activation.wire"}

    transaction(lambda s: settings.save(s, "activation", "needed", ["phone.code"]))

    assert refused(refusal_to_spend(ben, "item", 1)) == "activation"
